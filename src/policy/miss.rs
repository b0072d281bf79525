//! Which elements of a statement do not match a request, with what they ask for and what the request has. `trace.rs` asks for every statement.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::condition;
use super::context::{Context, Entry};
use super::matching::Question;
use super::model::{Condition, Statement};
use super::naming::Naming;
use super::request::Principal;
use super::set::PolicyKind;
use super::truth::Truth;

/// An element of a statement that does not match, or may not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Miss {
    /// Surely not, or unknown; never true.
    pub truth: Truth,
    /// The element.
    #[serde(flatten)]
    pub element: Element,
}

/// What an element asks for and what the request has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "element")]
pub enum Element {
    /// Principal or `NotPrincipal`; nothing wanted when it is missing.
    Principal {
        /// It is `NotPrincipal`.
        negated: bool,
        /// Its entries as written.
        wanted: Vec<Arc<str>>,
        /// Who asks.
        found: String,
    },
    /// Action or `NotAction`.
    Action {
        /// It is `NotAction`.
        negated: bool,
        /// Its values as written.
        wanted: Vec<Arc<str>>,
        /// The action asked for.
        found: String,
    },
    /// Resource or `NotResource`.
    Resource {
        /// It is `NotResource`.
        negated: bool,
        /// Its values as written.
        wanted: Vec<Arc<str>>,
        /// The resource asked for.
        found: String,
        /// The variables in it whose values nobody knows.
        unknown: Vec<Arc<str>>,
    },
    /// One operator on one key.
    Condition {
        /// The operator as written.
        operator: Arc<str>,
        /// The key as written.
        key: Arc<str>,
        /// The values as written.
        wanted: Vec<Arc<str>>,
        /// What the request carries.
        #[serde(serialize_with = "as_text")]
        found: Entry,
        /// The keys whose values nobody knows: this one, or variables in the values.
        unknown: Vec<Arc<str>>,
    },
}

fn as_text<S: Serializer>(entry: &Entry, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(entry)
}

impl Miss {
    /// How far a miss puts a statement from matching. A statement about another service is far away; a condition is the nearest thing to fail.
    pub(super) fn distance(&self) -> usize {
        let far = match &self.element {
            Element::Condition { .. } => 2,
            Element::Resource { .. } => 4,
            Element::Principal { .. } => 5,
            Element::Action { wanted, found, .. } => {
                let service = found.split(':').next().unwrap_or_default();
                let same = wanted.iter().any(|action| action.split(':').next().is_some_and(|prefix| prefix.eq_ignore_ascii_case(service)));
                if same { 6 } else { 12 }
            }
        };
        if self.truth.is_unknown() { far / 2 } else { far }
    }
}

/// The elements of a statement that do not surely match. `naming`: how it names who asks, in a policy that names principals.
pub(super) fn misses(question: Question<'_>, statement: Statement<'_>, kind: PolicyKind, naming: Option<Naming>) -> Vec<Miss> {
    let request = question.request;
    let mut misses = Vec::new();
    let mut note = |truth: Truth, element: &dyn Fn() -> Element| {
        if !truth.is_true() {
            misses.push(Miss { truth, element: element() });
        }
    };
    note(naming.map_or(Truth::True, Naming::at_all), &|| Element::Principal {
        negated: statement.is_not_principal(),
        wanted: statement.principals().map(|entry| entry.written().into()).collect(),
        found: described(&request.principal),
    });
    note(question.action(statement), &|| Element::Action {
        negated: statement.is_not_action(),
        wanted: statement.actions().map(Arc::from).collect(),
        found: request.action.to_string(),
    });
    note(question.resource(statement, kind), &|| Element::Resource {
        negated: statement.is_not_resource(),
        wanted: statement.resources().map(Arc::from).collect(),
        found: request.resource.to_string(),
        unknown: statement.resource_variables().filter(|name| is_open(request.context.get(name))).map(Arc::from).collect(),
    });
    for condition in statement.conditions() {
        note(condition::holds(condition, &request.context), &|| Element::Condition {
            operator: condition.operator().into(),
            key: condition.key().into(),
            wanted: condition.values().map(Arc::from).collect(),
            found: request.context.get(condition.key()).clone(),
            unknown: unknown_keys(condition, &request.context),
        });
    }
    misses
}

/// The keys that a condition looks at and nobody knows.
fn unknown_keys(condition: Condition<'_>, context: &Context) -> Vec<Arc<str>> {
    let mut keys: Vec<Arc<str>> = Vec::new();
    if is_open(context.get(condition.key())) {
        keys.push(condition.key().into());
    }
    keys.extend(condition.variables().filter(|name| is_open(context.get(name))).map(Arc::from));
    keys.sort();
    keys.dedup();
    keys
}

/// Whether nobody knows exactly what an entry is.
fn is_open(entry: &Entry) -> bool {
    match entry {
        Entry::Absent => false,
        Entry::Single(text) => text.as_literal().is_none(),
        Entry::Multi(texts) => texts.iter().any(|text| text.as_literal().is_none()),
        Entry::Unknown | Entry::OneOf(_) => true,
    }
}

fn described(principal: &Principal) -> String {
    match principal {
        Principal::User { arn, .. } | Principal::Session { arn, .. } | Principal::Role { arn, .. } => arn.to_string(),
        Principal::Service(name) => name.to_string(),
        Principal::Anonymous => "anonymous".to_owned(),
    }
}
