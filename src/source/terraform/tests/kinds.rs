//! The lists of resource types against the readers and the documentation.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::source::terraform::kinds;

fn quoted(text: &str, quote: char) -> BTreeSet<String> {
    let pieces = text.split(quote).skip(1).step_by(2);
    pieces
        .filter(|piece| piece.starts_with("aws_") && piece.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
        .map(str::to_owned)
        .collect()
}

/// The types that stand in the files of this folder, in lines that are no comments.
fn named_in(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(named_in(&path));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            names.extend(quoted(line, '"'));
        }
    }
    names
}

fn looked_at() -> BTreeSet<String> {
    let read = [&kinds::SECRETS[..], &kinds::FUNCTIONS, &kinds::IDENTITIES, &kinds::KEYS, &kinds::NETWORKS].concat();
    read.into_iter()
        .chain(kinds::NOT_FOLLOWED.map(|(kind, _)| kind))
        .chain(kinds::CONTROL_POLICIES)
        .chain(kinds::DEPLOYING)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_readers_name_no_type_that_is_in_no_list_and_each_list_is_read() {
    let named = named_in(Path::new("src/source/terraform/stack"));
    // Data, and the beginning that the default things have in common.
    let besides = ["aws_iam_policy_document", "aws_default_"].map(str::to_owned);
    let missing: Vec<&String> = named.iter().filter(|name| !kinds::is_looked_at(name) && !besides.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let others = [&kinds::CONTROL_POLICIES[..], &kinds::DEPLOYING].concat();
    let is_open = |kind: &str| kinds::NOT_FOLLOWED.iter().any(|(other, _)| *other == kind) || others.contains(&kind);
    let followed = looked_at().into_iter().filter(|kind| !is_open(kind));
    let unread: Vec<String> = followed.filter(|kind| !named.contains(kind)).collect();
    assert!(unread.is_empty(), "{unread:?}");
}

#[test]
fn the_documentation_lists_the_types_that_are_looked_at() {
    let text = fs::read_to_string("docs/plans.md").unwrap();
    let section = text.split("\n## Resource types\n").nth(1).unwrap().split("\nWhatever else").next().unwrap();
    assert_eq!(quoted(section, '`'), looked_at());
}
