//! The set of rules that an audit runs: the built-in ones, and those of users' folders.

use std::collections::{BTreeMap, BTreeSet};

use super::builtin::FILES;
use super::error::{LoadError, Problem};
use super::load::load;
use super::mutation::{Mutation, mutations};
use super::place::range;
use super::rule::Rule;
use super::run::{run, subjects};
use super::testing::{TestOutcome, changed, run_tests};
use crate::access::Access;
use crate::arn::Arn;
use crate::finding::{Finding, RuleInfo, Severity, Undecided};
use crate::inventory::Inventory;
use crate::rotation::{Rotation, side_by_side};

/// Rules, by id.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    rules: BTreeMap<String, Rule>,
}

impl RuleSet {
    /// The rules that are compiled in.
    pub fn builtin() -> Result<Self, LoadError> {
        let mut set = Self::default();
        for (path, text) in FILES {
            set.insert(path, text)?;
        }
        Ok(set)
    }

    /// Adds the rules of these files, given by path (whose last folder is the category and whose name is the id) and text, and runs their tests. No
    /// rule replaces another. On an error the set is as before.
    pub fn add(&mut self, files: &[(String, String)]) -> Result<(), LoadError> {
        let mut larger = self.clone();
        for (path, text) in files {
            let rule = larger.insert(path, text)?;
            if let Some((failed, test)) = run_tests(rule).into_iter().zip(&rule.tests).find(|(outcome, _)| !outcome.passed) {
                let problem = Problem::TestFails { name: failed.test, detail: failed.detail };
                return Err(LoadError::new(path, text, problem, range(text, test.name.referenced)));
            }
        }
        *self = larger;
        Ok(())
    }

    fn insert(&mut self, path: &str, text: &str) -> Result<&Rule, LoadError> {
        let rule = load(path, text)?;
        let id = rule.info.id.clone();
        if self.rules.contains_key(&id) {
            let start = text.find("id:").unwrap_or_default();
            let place = start..(start + 4 + id.len()).min(text.len());
            return Err(LoadError::new(path, text, Problem::Duplicate(id), Some(place))
                .with_help("a rule of your own needs an id of its own".to_owned()));
        }
        Ok(self.rules.entry(id).or_insert(rule))
    }

    /// What is told about every rule, by id.
    pub fn infos(&self) -> impl Iterator<Item = &RuleInfo> {
        self.rules.values().map(|rule| &rule.info)
    }

    /// What is told about the rule of that id.
    pub fn get(&self, id: &str) -> Option<&RuleInfo> {
        self.rules.get(id).map(|rule| &rule.info)
    }

    /// How bad the findings of a rule are as its author wrote it, whatever was changed since.
    pub fn written_severity(&self, id: &str) -> Option<Severity> {
        self.rules.get(id).map(|rule| rule.written)
    }

    /// Changes how bad the findings of a rule are, or with `None` takes the rule out; whether there is such a rule.
    pub fn change(&mut self, id: &str, severity: Option<Severity>) -> bool {
        match (self.rules.get_mut(id), severity) {
            (Some(rule), Some(severity)) => rule.info.severity = severity,
            (Some(_), None) => drop(self.rules.remove(id)),
            (None, _) => return false,
        }
        true
    }

    /// The rule of that id alone; nothing if there is none.
    #[must_use]
    pub fn only(&self, id: &str) -> Self {
        Self { rules: self.rules.get_key_value(id).map(|(id, rule)| (id.clone(), rule.clone())).into_iter().collect() }
    }

    /// The accounts that the rules are tested with, each with the rule's id and the test's name: for whoever wants to know more of them than the test asks.
    pub fn test_accounts(&self) -> impl Iterator<Item = (&str, &str, Inventory)> {
        let tests = self.rules.values().flat_map(|rule| rule.tests.iter().map(move |test| (rule, test)));
        tests.filter_map(|(rule, test)| Some((rule.info.id.as_str(), test.name.value.as_str(), changed(test).ok()?)))
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Runs every rule over these rotations of `inventory`: findings by severity (worst first), rule and resource, one for each thing to fix, and what
    /// could not be decided.
    pub fn run(&self, inventory: &Inventory, rotations: &[Rotation<'_>], access: &Access<'_>) -> (Vec<Finding>, Vec<Undecided>) {
        run(self.rules.values(), inventory, rotations, access, None)
    }

    /// What the rules look at where they look at the rotation of this secret: the secret, its function, role, key, network and so on, as far as it has them in this inventory.
    pub fn subjects(&self, inventory: &Inventory, rotations: &[Rotation<'_>], secret: &Arn) -> BTreeSet<Arn> {
        subjects(self.rules.values(), inventory, rotations, secret)
    }

    /// The part of what [`Self::run`] says that is about these `subjects`, and whatever rules say of a role because of all the secrets that its function does not rotate.
    pub fn run_about(
        &self,
        inventory: &Inventory,
        rotations: &[Rotation<'_>],
        access: &Access<'_>,
        subjects: &BTreeSet<Arn>,
    ) -> (Vec<Finding>, Vec<Undecided>) {
        run(self.rules.values(), inventory, rotations, access, Some(subjects))
    }

    /// Runs the tests of the rules whose id contains `filter`, or of all.
    pub fn run_tests(&self, filter: Option<&str>) -> Vec<TestOutcome> {
        self.rules.values().filter(|rule| filter.is_none_or(|filter| rule.info.id.contains(filter))).flat_map(run_tests).collect()
    }

    /// Takes every part of the rules of these ids away in turn, and tells whether their tests notice: rule by rule, in the order of the files' keys.
    pub fn mutations(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<Mutation> {
        let wanted: Vec<&Rule> = self.rules.values().filter(|rule| is_wanted(&rule.info.id)).collect();
        side_by_side(&wanted, usize::MAX, |rule| mutations(rule)).into_iter().flatten().collect()
    }
}

/// The JSON schema of rule files, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(super::file::RuleFile).to_value()
}
