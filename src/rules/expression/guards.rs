//! Which optional fields are known to be there at a place of an expression, because a `has(…)` beside it says so. Called by `check`.

use std::collections::{BTreeMap, BTreeSet};

use super::syntax::{Name, Node, NodeKind};

/// The paths of fields that are there whenever the value of this place matters.
pub(super) type Guards = BTreeSet<String>;

/// Whether one of the guards answers for `path`: `has(key.name)` answers for `key` too.
pub(super) fn cover(guards: &Guards, path: &str) -> bool {
    let longer = format!("{path}.");
    guards.contains(path) || guards.range(longer.clone()..).next().is_some_and(|guard| guard.starts_with(&longer))
}

/// The dotted form of a path.
pub(super) fn dotted(names: &[Name]) -> String {
    names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
}

/// The guards of each part of a chain, whose parts all have to be `truth` for the part to matter: those around the chain, and what the other
/// parts say when they are `truth`. The order of the parts does not matter, because in Kleene logic one part decides from wherever it stands.
pub(super) fn beside(parts: &[Node], truth: bool, around: &Guards) -> Vec<Guards> {
    let told: Vec<Guards> = parts.iter().map(|part| told_by(part, truth)).collect();
    let mut tellers: BTreeMap<&str, usize> = BTreeMap::new();
    for path in told.iter().flatten() {
        *tellers.entry(path).or_default() += 1;
    }
    let others = |own: &Guards| {
        let told_elsewhere = |(path, count): (&&str, &usize)| (*count > usize::from(own.contains(*path))).then(|| (*path).to_owned());
        around.iter().cloned().chain(tellers.iter().filter_map(told_elsewhere)).collect()
    };
    told.iter().map(others).collect()
}

/// The paths that are there whenever this part is `truth`.
fn told_by(node: &Node, truth: bool) -> Guards {
    let each = |parts: &[Node]| parts.iter().map(|part| told_by(part, truth)).collect::<Vec<_>>();
    match (&node.kind, truth) {
        (NodeKind::Call { name, arguments }, true) if name.text == "has" => match arguments.as_slice() {
            [Node { kind: NodeKind::Path(names), .. }] => Guards::from([dotted(names)]),
            _ => Guards::new(),
        },
        (NodeKind::Not(inner), _) => told_by(inner, !truth),
        (NodeKind::All(parts), true) | (NodeKind::Any(parts), false) => each(parts).into_iter().flatten().collect(),
        (NodeKind::All(parts), false) | (NodeKind::Any(parts), true) => {
            each(parts).into_iter().reduce(|common, told| &common & &told).unwrap_or_default()
        }
        _ => Guards::new(),
    }
}
