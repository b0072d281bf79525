//! Runs the tests of a rule: each is one change to the clean account and the outcome that the rule then has.

use serde_json::Value;

use super::change::{Change, ChangeError, apply};
use super::file::{Expected, TestFile};
use super::rule::Rule;
use super::run::run;
use crate::access::Access;
use crate::finding::{Finding, Undecided};
use crate::inventory::{Inventory, clean};
use crate::rotation::{Rotation, rotations};

/// How one test of a rule went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOutcome {
    /// The id of the rule.
    pub rule: String,
    /// The name of the test.
    pub test: String,
    /// Whether the outcome was the expected one.
    pub passed: bool,
    /// What came instead, or why the test could not run; empty when it passed.
    pub detail: String,
}

/// Runs every test of `rule`.
pub(super) fn run_tests(rule: &Rule) -> Vec<TestOutcome> {
    rule.tests.iter().map(|test| run_test(rule, test)).collect()
}

fn run_test(rule: &Rule, test: &TestFile) -> TestOutcome {
    let detail = match changed(test) {
        Err(why) => why,
        Ok(inventory) => {
            let (found, said) = outcome(rule, &inventory);
            if found == test.expect { String::new() } else { format!("expected {}, but it is {}{said}", test.expect.word(), found.word()) }
        }
    };
    TestOutcome { rule: rule.info.id.clone(), test: test.name.value.clone(), passed: detail.is_empty(), detail }
}

/// The clean account with the changes of `test`.
pub(super) fn changed(test: &TestFile) -> Result<Inventory, String> {
    let account = if test.in_vpc {
        clean::account_in_vpc().map_err(|error| error.to_string())?
    } else {
        clean::account().map_err(|error| error.to_string())?
    };
    let mut json = serde_json::to_value(account).map_err(|error| error.to_string())?;
    changes(test, &mut json).map_err(|error| error.to_string())?;
    serde_json::from_value(json).map_err(|error| format!("the changed account is not an inventory: {error}"))
}

fn changes(test: &TestFile, json: &mut Value) -> Result<(), ChangeError> {
    for (path, value) in &test.change {
        apply(json, path, Change::Set(value.clone()))?;
    }
    for path in &test.absent {
        apply(json, path, Change::Remove)?;
    }
    for (path, gap) in &test.unreadable {
        apply(json, path, Change::failing(gap)?)?;
    }
    Ok(())
}

/// What the rule says of this inventory, with words for a failed test.
fn outcome(rule: &Rule, inventory: &Inventory) -> (Expected, String) {
    let (findings, undecided) = run([rule], inventory, &rotations(inventory), &Access::new(inventory), None);
    let said = match (findings.first(), undecided.first()) {
        (Some(finding), _) => format!(": {} {:?}", finding.message, finding.evidence),
        (None, Some(undecided)) => format!(": it hangs on {:?} {:?}", undecided.missing, undecided.hinges),
        (None, None) => String::new(),
    };
    (expected(&findings, &undecided), said)
}

/// What the rule says of these rotations.
pub(super) fn decided(rule: &Rule, inventory: &Inventory, rotations: &[Rotation<'_>], access: &Access<'_>) -> Expected {
    let (findings, undecided) = run([rule], inventory, rotations, access, None);
    expected(&findings, &undecided)
}

fn expected(findings: &[Finding], undecided: &[Undecided]) -> Expected {
    match (findings, undecided) {
        ([_, ..], _) => Expected::Finding,
        ([], [_, ..]) => Expected::Undecided,
        ([], []) => Expected::Pass,
    }
}
