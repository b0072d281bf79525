//! `docs/coverage.md` tells of every entry of the catalogue once, and of every built-in rule.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::collections::BTreeSet;

use rotaudit::rules::RuleSet;

/// The catalogue: what is known to go wrong with rotation, by group and how many entries it has.
const CATALOGUE: [(&str, usize); 16] = [
    ("CD", 10),
    ("INV", 12),
    ("ROLE", 17),
    ("KMS", 27),
    ("GRT", 11),
    ("SEC", 12),
    ("PRIV", 9),
    ("ESC", 6),
    ("NET", 21),
    ("ROT", 13),
    ("SCH", 7),
    ("FN", 18),
    ("IAC", 1),
    ("MST", 1),
    ("ART", 1),
    ("REP", 1),
];

const DOCUMENT: &str = include_str!("../docs/coverage.md");

fn between(mark: &str) -> &'static str {
    let (_, after) = DOCUMENT.split_once(&format!("<!-- {mark} -->\n")).unwrap();
    after.split_once(&format!("<!-- /{mark} -->")).unwrap().0
}

/// The rows of the table: id, what goes wrong, rules, remark.
fn rows() -> Vec<[&'static str; 4]> {
    let cells = |line: &'static str| <[&str; 4]>::try_from(line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>()).unwrap();
    between("catalogue").lines().skip(2).map(cells).collect()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_entry_of_the_catalogue_is_told_once_and_in_order() {
    let entries = CATALOGUE.iter().flat_map(|(group, count)| (1..=*count).map(move |number| format!("{group}-{number:02}")));
    let expected: Vec<String> = entries.collect();
    assert_eq!(expected.len(), 167);
    assert_eq!(rows().iter().map(|[id, ..]| *id).collect::<Vec<_>>(), expected);
}

#[test]
fn an_entry_names_rules_that_there_are_or_says_why_there_is_none() {
    let rules = RuleSet::builtin().unwrap();
    for [id, what, named, remark] in rows() {
        assert!(!what.is_empty(), "{id}");
        for rule in quoted(named) {
            assert!(rules.get(rule).is_some(), "{id} names {rule}, which is no rule");
        }
        assert_eq!(quoted(named).next().is_none(), named == "–", "{id}: {named}");
        assert!(named != "–" || !remark.is_empty(), "{id} has neither a rule nor a reason");
    }
}

#[test]
fn every_rule_stands_in_the_catalogue_or_beside_it() {
    let rules = RuleSet::builtin().unwrap();
    let rows = rows();
    let told: BTreeSet<&str> = rows.iter().flat_map(|[_, _, named, _]| quoted(named)).collect();
    let beside: BTreeSet<&str> = quoted(between("beyond")).collect();
    let all: BTreeSet<&str> = rules.infos().map(|info| info.id.as_str()).collect();
    assert_eq!(told.union(&beside).copied().collect::<BTreeSet<_>>(), all);
    assert_eq!(told.intersection(&beside).count(), 0, "what stands in the catalogue is not beyond it");
}
