//! The documentation as a reader meets it: links lead somewhere, the book lists every page, the examples can be read and run.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder of its own for a test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rotaudit-documents-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn rotaudit(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(arguments).current_dir(folder).env_clear().output().unwrap()
}

/// The book as it is put together for the site: the pages of `docs`, and those of the rules.
fn book(folder: &Path) {
    let output = Command::new(".ci/site").arg(env!("CARGO_BIN_EXE_rotaudit")).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn markdown_files(folder: &Path) -> Vec<PathBuf> {
    let entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let below = entries.iter().filter(|path| path.is_dir()).flat_map(|path| markdown_files(path));
    let here = entries.iter().filter(|path| path.extension().is_some_and(|it| it == "md")).cloned();
    here.chain(below.collect::<Vec<_>>()).collect()
}

/// The text outside of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).flat_map(|part| part.split('`').step_by(2)).collect()
}

/// The targets of links that stay in the repository.
fn internal_links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

/// The anchors of a page's headings: lower case, blanks as hyphens, no punctuation.
fn anchors(text: &str) -> BTreeSet<String> {
    let outside: String = text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n");
    let headings = outside.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let slug = |c: char| if c == ' ' { Some('-') } else { (c.is_alphanumeric() || "-_".contains(c)).then(|| c.to_ascii_lowercase()) };
    headings.map(|heading| heading.chars().filter_map(slug).collect()).collect()
}

fn dead_links(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let leads_nowhere = |link: &String| {
        let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
        let target = if path.is_empty() { file.to_owned() } else { file.parent().unwrap().join(path) };
        !target.exists() || anchor.is_some_and(|anchor| !anchors(&fs::read_to_string(&target).unwrap()).contains(anchor))
    };
    internal_links(&text).into_iter().filter(leads_nowhere).map(|link| format!("{}: {link}", file.display())).collect()
}

#[test]
fn every_link_inside_the_documentation_leads_somewhere() {
    let folder = Folder::new("links");
    book(&folder.0);
    let pages = markdown_files(&folder.0);
    let links: usize = pages.iter().map(|page| internal_links(&fs::read_to_string(page).unwrap()).len()).sum();
    assert!(pages.len() > 50 && links > 100, "{} pages, {links} links", pages.len());
    let at_the_top = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(PathBuf::from);
    let dead: Vec<String> = pages.iter().chain(&at_the_top).flat_map(|page| dead_links(page)).collect();
    assert!(dead.is_empty(), "{dead:#?}");
    let page = folder.0.join("dead.md");
    fs::write(&page, "# A b, c\n[x](nowhere.md) [y](#a-b-c) [z](#d) `[code](no.md)`").unwrap();
    assert_eq!(dead_links(&page).len(), 2);
}

#[test]
fn the_book_lists_every_page_once() {
    let folder = Folder::new("contents");
    book(&folder.0);
    let contents = fs::read_to_string(folder.0.join("SUMMARY.md")).unwrap();
    let listed = internal_links(&contents);
    let pages: BTreeSet<String> = markdown_files(&folder.0)
        .into_iter()
        .map(|page| page.strip_prefix(&folder.0).unwrap().display().to_string())
        .filter(|page| page != "SUMMARY.md")
        .collect();
    assert_eq!(listed.len(), pages.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), pages);
}

#[test]
fn each_rule_has_a_page_with_its_words() {
    let folder = Folder::new("rules");
    assert_eq!(rotaudit(&["rules", "docs", "pages/rules"], &folder.0).status.code(), Some(0));
    let rules: Value = serde_json::from_slice(&rotaudit(&["rules", "list", "--format", "json"], &folder.0).stdout).unwrap();
    let index = fs::read_to_string(folder.0.join("pages/rules/index.md")).unwrap();
    for rule in rules.as_array().unwrap() {
        let id = rule["id"].as_str().unwrap();
        let page = fs::read_to_string(folder.0.join(format!("pages/rules/{id}.md"))).unwrap();
        assert!(index.contains(&format!("[{id}]({id}.md)")) && page.starts_with(&format!("# `{id}`\n")), "{id}");
        assert!(page.contains(rule["severity"].as_str().unwrap()) && page.contains("## What to do"), "{page}");
        let reference = rule["references"][0].as_str().unwrap();
        assert!(page.contains(&format!("<{reference}>")), "{page}");
    }
}

#[test]
fn the_frameworks_in_the_document_are_those_that_rules_name() {
    let folder = Folder::new("frameworks");
    let rules: Value = serde_json::from_slice(&rotaudit(&["rules", "list", "--format", "json"], &folder.0).stdout).unwrap();
    let controls = rules.as_array().unwrap().iter().filter_map(|rule| rule["maps"]["controls"].as_object());
    let named: BTreeSet<String> = controls.flat_map(|controls| controls.keys().cloned()).collect();
    let page = fs::read_to_string("docs/frameworks.md").unwrap();
    let rows = page.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned()));
    assert_eq!(rows.collect::<BTreeSet<_>>(), named);
}

#[test]
fn the_configuration_in_the_document_is_one_that_is_read() {
    let folder = Folder::new("configuration");
    let page = fs::read_to_string("docs/configuration.md").unwrap();
    let (_, after) = page.split_once("```toml\n").unwrap();
    let (file, _) = after.split_once("```").unwrap();
    fs::write(folder.0.join("rotaudit.toml"), file).unwrap();
    let audit = rotaudit(&["scan", "--demo", "--fail-on", "never"], &folder.0);
    let said = String::from_utf8_lossy(&audit.stderr);
    assert_eq!(audit.status.code(), Some(0), "{said}");
    let printed = String::from_utf8_lossy(&audit.stdout);
    assert!(printed.contains("waiver-unmatched") && !printed.contains("function-idle-between-rotations"), "{printed}");
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_examples_are_yaml_with_what_their_readers_look_for() {
    let github = yaml("docs/examples/github.yml");
    assert_eq!(github["jobs"]["audit"]["steps"][2]["id"], "rotaudit");
    let gitlab = yaml("docs/examples/gitlab-ci.yml");
    assert_eq!(gitlab["rotation"]["artifacts"]["reports"]["junit"], "rotaudit.xml");
    let codebuild = yaml("docs/examples/buildspec.yml");
    assert_eq!(codebuild["reports"]["rotation"]["file-format"], "JUNITXML");
    let scheduled = yaml("docs/examples/scheduled.yaml");
    assert_eq!(scheduled["Resources"]["Nightly"]["Type"], "AWS::Scheduler::Schedule");
    let lines = [&gitlab["rotation"]["script"], &codebuild["phases"]["build"]["commands"]];
    let arguments = scheduled["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]["Command"].as_array().unwrap();
    let of_task = arguments.iter().map(|word| word.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let of_lines = lines.into_iter().map(|line| line[0].as_str().unwrap().split(' ').skip(1).map(str::to_owned).collect());
    let github_gate = yaml("docs/examples/github-gate.yml");
    let with = &github_gate["jobs"]["gate"]["steps"][2]["with"];
    assert_eq!((&with["command"], &gitlab["gate"]["artifacts"]["reports"]["junit"]), (&"gate".into(), &"gate.xml".into()));
    let of_action = ["gate"].into_iter().chain(with["arguments"].as_str().unwrap().lines()).map(str::to_owned).collect();
    let of_gitlab = gitlab["gate"]["script"][0].as_str().unwrap().split(' ').skip(1).map(str::to_owned).collect();
    for mut words in [of_action, of_gitlab] as [Vec<String>; 2] {
        // What is proposed is named as in the demo, which has no role that turns rotation on.
        for (argument, value) in [("--secret", "legacy/erp"), ("--function", "rotate-legacy-erp")] {
            let at = words.iter().position(|word| word == argument).unwrap();
            value.clone_into(&mut words[at + 1]);
        }
        let who = words.iter().position(|word| word == "--as").unwrap();
        words.drain(who..who + 2);
        words.push("--demo".to_owned());
        let folder = Folder::new("gates");
        let code = rotaudit(&words.iter().map(String::as_str).collect::<Vec<_>>(), &folder.0).status.code();
        assert_eq!(code, Some(0), "{words:?}");
    }
    for mut words in of_lines.chain([of_task]).collect::<Vec<Vec<String>>>() {
        // The demo instead of an account; a slip in the other arguments would end with 2.
        words.retain(|word| word != "--all-regions");
        words.push("--demo".to_owned());
        let folder = Folder::new("lines");
        let code = rotaudit(&words.iter().map(String::as_str).collect::<Vec<_>>(), &folder.0).status.code();
        assert_eq!(code, Some(10), "{words:?}");
    }
}

#[test]
fn the_inputs_and_outputs_of_the_action_are_those_that_are_documented_and_used() {
    let action = yaml("action.yml");
    let names = |of: &str| action[of].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let page = fs::read_to_string("docs/ci.md").unwrap();
    for name in names("inputs").into_iter().chain(names("outputs")) {
        assert!(page.contains(&format!("\n| `{name}` |")), "{name} is not in docs/ci.md");
    }
    let given = yaml("docs/examples/github.yml")["jobs"]["audit"]["steps"][2]["with"].as_object().unwrap().keys().cloned().collect();
    assert!(names("inputs").is_superset(&given), "{given:?}");
    let scan = action["runs"]["steps"].as_array().unwrap().last().unwrap();
    let run = scan["run"].as_str().unwrap();
    assert!(run.contains("/.github/action/scan") && !run.contains("${{"), "what is given must never be taken for shell: {run}");
}

/// Runs the action's script on the demo; its code, outputs and summary.
fn action(folder: &Folder, command: &str, arguments: &str, sarif: &str) -> (Option<i32>, String, String) {
    let [outputs, summary] = ["outputs", "summary"].map(|name| folder.0.join(name));
    let program = Path::new(env!("CARGO_BIN_EXE_rotaudit")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let status = Command::new(Path::new(".github/action/scan").canonicalize().unwrap())
        .current_dir(&folder.0)
        .env("PATH", path)
        .env("ROTAUDIT_COMMAND", command)
        .env("ROTAUDIT_ARGUMENTS", arguments)
        .env("ROTAUDIT_SARIF", sarif)
        .env("GITHUB_OUTPUT", &outputs)
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap()
        .status;
    let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
    (status.code(), read(outputs), read(summary))
}

#[test]
fn the_action_ends_as_the_scan_does_and_leaves_sarif_and_a_summary() {
    let folder = Folder::new("action");
    let (code, outputs, summary) = action(&folder, "scan", "--demo\n--secret\nbilling/*\n", "a b.sarif");
    assert_eq!((code, outputs.as_str()), (Some(10), "exit-code=10\nsarif=a b.sarif\n"));
    assert!(summary.starts_with("## Rotation audit"), "{summary}");
    let sarif: Value = serde_json::from_str(&fs::read_to_string(folder.0.join("a b.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
}

#[test]
fn the_action_tells_a_wrong_argument_and_takes_nothing_for_shell() {
    let folder = Folder::new("wrong");
    fs::write(folder.0.join("old.sarif"), "{}").unwrap();
    let (code, outputs, _) = action(&folder, "", "--demo\n$(touch made); touch made\n--fail-on\nnever", "old.sarif");
    assert_eq!((code, outputs.as_str()), (Some(2), "exit-code=2\n"));
    assert!(!folder.0.join("made").exists() && !folder.0.join("old.sarif").exists());
    assert_eq!(action(&Folder::new("break"), "scan", "--demo", "a\nsarif=b").0, Some(2));
    assert_eq!(action(&Folder::new("command"), "init", "", "a").0, Some(2));
    assert_eq!(action(&Folder::new("shell"), "scan --demo; touch made", "", "a").0, Some(2));
}

#[test]
fn the_action_asks_the_gate() {
    let folder = Folder::new("gate");
    let (code, outputs, summary) = action(&folder, "gate", "--demo\n--secret\ncrm/db\n--function\nrotate-crm-db", "gate.sarif");
    assert_eq!((code, outputs.as_str()), (Some(10), "exit-code=10\nsarif=gate.sarif\n"));
    assert!(summary.contains("secrets-manager-cannot-invoke"), "{summary}");
}

#[test]
fn a_first_configuration_is_written_once_and_changes_nothing() {
    let folder = Folder::new("init");
    let scan = |folder: &Folder| rotaudit(&["scan", "--demo", "--format", "json"], &folder.0).stdout;
    let before = scan(&folder);
    assert_eq!(rotaudit(&["init"], &folder.0).status.code(), Some(0));
    assert_eq!(scan(&folder), before);
    let file = folder.0.join("rotaudit.toml");
    fs::write(&file, "fail-on = 'never'\n").unwrap();
    let again = rotaudit(&["init"], &folder.0);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--force"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "fail-on = 'never'\n");
    assert_eq!(rotaudit(&["init", "--force"], &folder.0).status.code(), Some(0));
    assert!(fs::read_to_string(&file).unwrap().contains("#fail-on"));
    assert_eq!(rotaudit(&["init", "no/such/folder.toml"], &folder.0).status.code(), Some(1));
}

#[test]
fn each_shell_completes_every_command_and_each_command_has_a_manual_page() {
    let folder = Folder::new("shells");
    let commands = [
        "scan",
        "gate",
        "explain",
        "snapshot",
        "diff",
        "simulate",
        "rules",
        "permissions",
        "schema",
        "who-can",
        "init",
        "completions",
        "man",
    ];
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = rotaudit(&["completions", shell], &folder.0);
        let script = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(commands.iter().all(|command| script.contains(command)) && script.contains("on-undecided"), "{shell}");
    }
    let syntax = Command::new("bash")
        .arg("-n")
        .arg("-c")
        .arg(String::from_utf8(rotaudit(&["completions", "bash"], &folder.0).stdout).unwrap())
        .status();
    assert!(syntax.unwrap().success());
    assert_eq!(rotaudit(&["completions", "tcsh"], &folder.0).status.code(), Some(2));
    assert_eq!(rotaudit(&["man", "pages"], &folder.0).status.code(), Some(0));
    for command in commands {
        let page = fs::read_to_string(folder.0.join(format!("pages/rotaudit-{command}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(folder.0.join("pages/rotaudit-rules-docs.1").exists());
    let top = String::from_utf8(rotaudit(&["man"], &folder.0).stdout).unwrap();
    assert!(top.starts_with(".ie") && top.contains("rotaudit\\-scan(1)"), "{top}");
}
