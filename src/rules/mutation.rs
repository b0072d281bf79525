//! Whether the tests of a rule hold every part of it: each part is taken away in turn, and then a test has to fail. The set of rules asks here, for
//! `rotaudit rules test --mutations` and for the test of the built-in rules.

use std::sync::Arc;

use super::expression::Expression;
use super::file::TestFile;
use super::rule::{Request, Rule};
use super::testing::{changed, decided};
use crate::access::Access;
use crate::rotation::rotations;

/// A part of a rule that was taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutation {
    /// The id of the rule.
    pub rule: String,
    /// The part: a term of `when` or `expect`, a request of `unless`, an action of a request, or a key under `with`.
    pub part: String,
    /// Whether a test of the rule fails without it. If none does, nobody would notice that it is gone.
    pub held: bool,
}

/// One of the lists of requests of a rule.
type RequestsOf = fn(&mut Rule) -> &mut Vec<Request>;

/// Takes away every part of `rule` in turn.
pub(super) fn mutations(rule: &Rule) -> Vec<Mutation> {
    let mut mutants: Vec<(Rule, Mutation)> =
        mutants(rule).into_iter().map(|(mutant, part)| (mutant, Mutation { rule: rule.info.id.clone(), part, held: false })).collect();
    for test in &rule.tests {
        hold(&mut mutants, test);
    }
    mutants.into_iter().map(|(_, mutation)| mutation).collect()
}

/// Marks those that `test` tells from the rule.
fn hold(mutants: &mut [(Rule, Mutation)], test: &TestFile) {
    let Ok(inventory) = changed(test) else { return };
    let rotations = rotations(&inventory);
    let access = Access::new(&inventory);
    for (mutant, mutation) in mutants.iter_mut().filter(|(_, mutation)| !mutation.held) {
        mutation.held = decided(mutant, &inventory, &rotations, &access) != test.expect;
    }
}

/// The rule without one of its parts, for each part.
fn mutants(rule: &Rule) -> Vec<(Rule, String)> {
    let terms = |key: &str, at: usize, source: Option<&str>| format!("term {} of `{key}`: {}", at + 1, source.unwrap_or_default());
    let mut found = Vec::new();
    for at in 0..rule.when.as_ref().map_or(0, Expression::terms) {
        let mut mutant = rule.clone();
        mutant.when = rule.when.as_ref().map(|when| when.without_term(at));
        found.push((mutant, terms("when", at, rule.when.as_ref().and_then(|when| when.term_source(at)))));
    }
    let expect = rule.assertions.expect.as_ref();
    for at in 0..expect.map_or(0, Expression::terms) {
        let mut mutant = rule.clone();
        mutant.assertions.expect = expect.map(|expect| expect.without_term(at));
        found.push((mutant, terms("expect", at, expect.and_then(|expect| expect.term_source(at)))));
    }
    for at in 0..rule.assertions.unless.len() {
        let mut mutant = rule.clone();
        mutant.assertions.unless.remove(at);
        found.push((mutant, format!("request {} of `unless`", at + 1)));
    }
    let keys: [(&str, RequestsOf); 4] = [
        ("unless", |rule| &mut rule.assertions.unless),
        ("require", |rule| &mut rule.assertions.require),
        ("forbid", |rule| &mut rule.assertions.forbid),
        ("together", |rule| &mut rule.assertions.together),
    ];
    for (key, requests) in keys {
        without_context_keys(rule, key, requests, &mut found);
        without_actions(rule, key, requests, &mut found);
    }
    found
}

/// One action of several is taken away; a single one is replaced by another of its service, which a policy allows only where it allows all of them.
fn without_actions(rule: &Rule, key: &str, requests: RequestsOf, found: &mut Vec<(Rule, String)>) {
    for (place, request) in requests(&mut rule.clone()).iter().enumerate() {
        for (at, action) in request.actions.iter().enumerate() {
            let mut mutant = rule.clone();
            let actions = &mut requests(&mut mutant)[place].actions;
            if actions.len() > 1 {
                actions.remove(at);
            } else {
                actions[at] = another_action(action);
            }
            found.push((mutant, format!("{action} in request {} of `{key}`", place + 1)));
        }
    }
}

fn another_action(action: &str) -> Arc<str> {
    let service = action.split_once(':').map_or(action, |(service, _)| service);
    format!("{service}:AnotherAction").into()
}

fn without_context_keys(rule: &Rule, key: &str, requests: RequestsOf, found: &mut Vec<(Rule, String)>) {
    for (place, request) in requests(&mut rule.clone()).iter().enumerate() {
        for name in request.context.keys() {
            let mut mutant = rule.clone();
            requests(&mut mutant)[place].context.remove(name);
            found.push((mutant, format!("{name} under `with` of request {} of `{key}`", place + 1)));
        }
    }
}
