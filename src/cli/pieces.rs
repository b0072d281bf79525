//! The parts of the program that the commands call and that are not in this tree yet: one function each, with the shape of the
//! real one. Each says that it is missing, and exits with 1; none pretends.

use serde_json::Value;

use super::error::CliError;
use crate::audit::Report;
use crate::finding::RuleInfo;
use crate::inventory::Inventory;

/// The JSON Schema of rule files.
pub(super) fn rule_schema() -> Result<Value, CliError> {
    Err(CliError::Missing("the schema of rule files"))
}

/// Audits an inventory.
pub(super) fn audit(_inventory: &Inventory, _rules: &RuleSet) -> Result<Report, CliError> {
    Err(CliError::Missing("the audit"))
}

/// The rules; there are none yet, so there is no value of this type either.
pub(super) enum RuleSet {}

/// How a test of a rule file went.
pub(super) struct TestOutcome {
    /// The rule's id.
    pub(super) rule: String,
    /// The test's name.
    pub(super) test: String,
    /// Whether it came out as expected.
    pub(super) passed: bool,
    /// What came out instead.
    pub(super) detail: String,
}

impl RuleSet {
    /// The built-in rules.
    pub(super) fn builtin() -> Result<Self, CliError> {
        Err(CliError::Missing("the rules"))
    }

    /// Adds rule files, as (path, text).
    pub(super) fn add(&mut self, _files: &[(String, String)]) -> Result<(), CliError> {
        match *self {}
    }

    /// What is told about each rule.
    pub(super) fn infos(&self) -> std::iter::Empty<&RuleInfo> {
        match *self {}
    }

    /// Runs the tests of the rules.
    pub(super) fn run_tests(&self, _rule: Option<&str>) -> Vec<TestOutcome> {
        match *self {}
    }
}
