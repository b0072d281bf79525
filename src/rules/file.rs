//! A rule file as it is written: what `load` reads, and what the JSON schema for editors is made from.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::words::{Asker, Destination, Object};
use crate::finding::{About, Category, Class, Confidence, Maps, Severity};

/// A rule: an assertion about the requests and facts of one rotation.
#[derive(Debug, Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFile {
    /// Stable, kebab-case, never reused; also the name of the file.
    #[schemars(with = "String")]
    pub(crate) id: Spanned<String>,
    /// A sentence without a full stop.
    pub(crate) title: String,
    /// The part of the chain; also the folder of the file.
    #[schemars(with = "Category")]
    pub(crate) category: Spanned<Category>,
    /// What a finding means.
    pub(crate) class: Class,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// How sure the rule is.
    pub(crate) confidence: Confidence,
    /// What one finding is about: the thing that has to be changed.
    pub(crate) about: About,
    /// An expression: where it is false, the rule does not apply.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) when: Option<Spanned<String>>,
    /// Requests of which another rule tells: where one of them is allowed, this rule does not apply.
    #[serde(default)]
    #[schemars(with = "Vec<RequestFile>")]
    pub(crate) unless: Vec<Spanned<RequestFile>>,
    /// Requests that must be allowed, whatever the values that nobody can know. One that is denied is a finding.
    #[serde(default)]
    #[schemars(with = "Vec<RequestFile>")]
    pub(crate) require: Vec<Spanned<RequestFile>>,
    /// Requests that must not be allowed, whatever the values that nobody can know. One that is allowed is a finding.
    #[serde(default)]
    #[schemars(with = "Vec<RequestFile>")]
    pub(crate) forbid: Vec<Spanned<RequestFile>>,
    /// Requests that must not all be allowed: a chain is broken by any of its links.
    #[serde(default)]
    #[schemars(with = "Vec<RequestFile>")]
    pub(crate) together: Vec<Spanned<RequestFile>>,
    /// An expression that must be true. Where it is false, that is a finding.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(crate) expect: Option<Spanned<String>>,
    /// What must not stop the function's traffic.
    #[serde(default)]
    #[schemars(with = "Option<PathFile>")]
    pub(crate) path: Option<Spanned<PathFile>>,
    /// What is wrong, in one sentence, with fields between braces.
    #[schemars(with = "String")]
    pub(crate) message: Spanned<String>,
    /// What an attacker or an outage makes of it.
    pub(crate) why: String,
    /// The fixer that can write the change.
    #[serde(default)]
    pub(crate) fix: Option<String>,
    /// What to do, in one sentence.
    pub(crate) remedy: String,
    /// Pages to read, those of AWS first.
    pub(crate) references: Vec<String>,
    /// Controls of compliance frameworks.
    #[serde(default)]
    pub(crate) maps: Option<Maps>,
    /// Single changes to the clean account, each with the outcome that the rule then has.
    pub(crate) tests: Vec<TestFile>,
}

/// What a path must not show.
#[derive(Debug, Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PathFile {
    /// Where it leads.
    pub(crate) to: Destination,
    /// The reason codes (`NET_NO_ROUTE`) that block it.
    #[serde(default)]
    pub(crate) blocked_by: Vec<String>,
    /// The codes of remarks on a path that is open.
    #[serde(default)]
    pub(crate) remarks: Vec<String>,
}

/// One or more requests.
#[derive(Debug, Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestFile {
    /// Who asks.
    #[serde(rename = "as")]
    pub(crate) asker: Asker,
    /// The IAM action, or a list of them.
    pub(crate) call: Actions,
    /// On what.
    #[serde(rename = "on")]
    pub(crate) object: Object,
    /// Context keys beside those that follow from who asks and on what: a value, or a word that stands for one.
    #[serde(default)]
    pub(crate) with: BTreeMap<String, String>,
}

/// One IAM action or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actions(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Actions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an IAM action or a list of them")
            }
            fn visit_str<E: de::Error>(self, action: &str) -> Result<Actions, E> {
                Ok(Actions(vec![action.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Actions, A::Error> {
                let mut actions = Vec::new();
                while let Some(action) = sequence.next_element()? {
                    actions.push(action);
                }
                Ok(Actions(actions))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

impl JsonSchema for Actions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Actions".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An IAM action, or a list of them.",
            "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
        })
    }
}

/// A test of a rule.
#[derive(Debug, Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestFile {
    /// What the test shows.
    #[schemars(with = "String")]
    pub(crate) name: Spanned<String>,
    /// Whether the function of the clean account is attached to the clean VPC.
    #[serde(default, rename = "in-vpc")]
    pub(crate) in_vpc: bool,
    /// Values by path: `role.policy.Rotate.Resource`.
    #[serde(default)]
    pub(crate) change: BTreeMap<String, Value>,
    /// Calls that do not answer, by the path of the fact: `secrets:Call ErrorCode`.
    #[serde(default)]
    pub(crate) unreadable: BTreeMap<String, String>,
    /// Paths of what is taken away.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
    /// What the rule says of the changed account.
    pub(crate) expect: Expected,
}

/// The outcome of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expected {
    /// Neither a finding nor anything undecided.
    Pass,
    /// At least one finding.
    Finding,
    /// No finding, but something that could not be decided.
    Undecided,
}

impl Expected {
    /// The word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Finding => "finding",
            Self::Undecided => "undecided",
        }
    }
}
