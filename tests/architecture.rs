//! The rooms of the library keep to the table in `docs/architecture.md`: no edge that it does not allow, no cycle between files.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each room may use, beside itself and `arn`.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("arn", &[]),
    ("policy", &[]),
    ("inventory", &["policy"]),
    ("access", &["policy", "inventory"]),
    ("network", &["inventory"]),
    ("rotation", &["access", "network", "policy", "inventory"]),
    ("finding", &["inventory"]),
    ("rules", &["rotation", "access", "network", "inventory", "finding", "policy"]),
    ("audit", &["rules", "rotation", "access", "network", "finding", "inventory"]),
    ("gate", &["audit", "rules", "rotation", "access", "finding", "inventory", "policy"]),
    ("report", &["gate", "audit", "finding", "rotation", "network", "inventory", "policy"]),
    ("source", &["inventory", "policy"]),
    ("cli", &["access", "audit", "finding", "gate", "inventory", "policy", "report", "rotation", "rules", "source"]),
];

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The source without comments and string contents, and without what only tests compile.
fn code(text: &str) -> String {
    let production = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut code = String::new();
    for line in production.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let mut quoted = false;
        for part in line.split('"') {
            if !quoted {
                code.push_str(part);
            }
            quoted = !quoted;
        }
        code.push('\n');
    }
    code
}

/// The module path of a file under `src`: `policy/text.rs` is `[policy, text]`, `policy/mod.rs` is `[policy]`.
fn module_of(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix("src").unwrap().with_extension("");
    let mut parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// Every path in `code` that starts at the crate's root, a parent or a child module, with its leading modules resolved against `module`.
fn paths(code: &str, module: &[String]) -> BTreeSet<Vec<String>> {
    let flat: String = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut found = BTreeSet::new();
    let children: Vec<String> = code
        .lines()
        .filter_map(|line| line.trim_start_matches("pub(crate) ").trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .map(|child| format!("{child}::"))
        .collect();
    for start in ["crate::", "super::"].into_iter().chain(children.iter().map(String::as_str)) {
        let mut rest = flat.as_str();
        while let Some(at) = rest.find(start) {
            let before = rest[..at].chars().next_back();
            let path = &rest[at..];
            rest = &rest[at + start.len()..];
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            resolve(path, module, &mut found);
        }
    }
    found
}

fn resolve(path: &str, module: &[String], found: &mut BTreeSet<Vec<String>>) {
    let mut base: Vec<String> = module.to_vec();
    let mut rest = path;
    if let Some(after) = rest.strip_prefix("crate::") {
        base.clear();
        rest = after;
    }
    while let Some(after) = rest.strip_prefix("super::") {
        base.pop();
        rest = after;
    }
    if let Some(group) = rest.strip_prefix('{') {
        let mut depth = 1;
        let end = group.find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0
        });
        let inner = &group[..end.unwrap_or(group.len())];
        let mut depth = 0;
        for item in inner.split(|c: char| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        }) {
            let mut full = base.clone();
            full.extend(words(item.trim()));
            found.insert(full);
        }
        return;
    }
    base.extend(words(rest));
    found.insert(base);
}

/// The leading lower-case words of a path: its modules (and perhaps a function, which no module is called like).
fn words(path: &str) -> Vec<String> {
    path.split("::")
        .map(|word| word.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
        .take_while(|word| word.chars().next().is_some_and(char::is_lowercase))
        .collect()
}

fn graph() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    assert!(files.len() > 20, "the test must run at the root of the package");
    let sources: BTreeMap<Vec<String>, String> = files
        .iter()
        .filter(|file| !file.ends_with("main.rs"))
        .map(|file| (module_of(file), code(&fs::read_to_string(file).unwrap())))
        .collect();
    let mut graph = BTreeMap::new();
    for (module, code) in &sources {
        let targets = paths(code, module).into_iter().map(|mut path| {
            // Shorten to the file that holds what the path names.
            while !sources.contains_key(&path) {
                path.pop();
            }
            path
        });
        graph.insert(module.clone(), targets.filter(|target| target != module).collect());
    }
    graph
}

#[test]
fn no_room_uses_what_the_table_does_not_allow() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut wrong = Vec::new();
    for (module, targets) in graph() {
        let Some(room) = module.first() else { continue };
        let allowed = table.get(room.as_str()).unwrap_or_else(|| panic!("the room {room} is not in the table"));
        for target in targets {
            let Some(other) = target.first() else { continue };
            if other != room && other != "arn" && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{} uses {}", module.join("::"), target.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that the table does not allow:\n{}", wrong.join("\n"));
}

/// Walks depth first; `state` is false for what is on the way and true for what is done.
fn visit<'a>(
    node: &'a Vec<String>,
    graph: &'a BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    state: &mut BTreeMap<&'a Vec<String>, bool>,
    path: &mut Vec<&'a Vec<String>>,
    cycles: &mut Vec<String>,
) {
    match state.get(node) {
        Some(true) => return,
        Some(false) => {
            let from = path.iter().position(|other| *other == node).unwrap_or(0);
            let names: Vec<String> = path[from..].iter().chain([&node]).map(|module| module.join("::")).collect();
            cycles.push(names.join(" → "));
            return;
        }
        None => {}
    }
    state.insert(node, false);
    path.push(node);
    for next in graph.get(node).into_iter().flatten() {
        visit(next, graph, state, path, cycles);
    }
    path.pop();
    state.insert(node, true);
}

#[test]
fn no_file_depends_on_itself_through_others() {
    let graph = graph();
    let mut state: BTreeMap<&Vec<String>, bool> = BTreeMap::new();
    let mut cycles = Vec::new();
    for node in graph.keys() {
        visit(node, &graph, &mut state, &mut Vec::new(), &mut cycles);
    }
    assert!(cycles.is_empty(), "cycles:\n{}", cycles.join("\n"));
}

#[test]
fn the_reader_of_paths_sees_groups_parents_and_no_comments() {
    let module = ["policy".to_owned(), "text".to_owned()];
    let source =
        "use crate::{arn::Arn, inventory::Known};\nuse super::truth::{Truth, any};\n// crate::cli::nothing\nlet x = \"crate::source::no\";";
    let found: Vec<String> = paths(&code(source), &module).into_iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["arn", "inventory", "policy::truth"]);
}
