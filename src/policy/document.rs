//! A policy's text as AWS gave it, with its parsed form beside it. Inventories hold documents; evaluation reads the policy.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::PolicyError;
use super::model::Policy;
use super::parse;

/// The text of a policy, parsed once, when it is first looked into: most roles of an account are never asked about. Cheap to clone. A malformed policy is a document too: [`policy`](Document::policy) then says what is wrong with it.
#[derive(Clone)]
pub struct Document(Arc<Inner>);

struct Inner {
    text: Arc<str>,
    policy: OnceLock<Result<Policy, PolicyError>>,
}

impl Document {
    /// The document of this text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(Arc::new(Inner { text: text.into(), policy: OnceLock::new() }))
    }

    /// The text as AWS gave it.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The shared text, for those who keep it.
    pub fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0.text)
    }

    /// The parsed policy, or why the text is none.
    pub fn policy(&self) -> Result<&Policy, &PolicyError> {
        self.0.policy.get_or_init(|| parse::policy(&self.0.text)).as_ref()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Document {}

impl PartialOrd for Document {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Document {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text().cmp(other.text())
    }
}

impl Hash for Document {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text().hash(state);
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Document").field(&self.text()).finish()
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(String::deserialize(deserializer)?))
    }
}

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "PolicyDocument".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}
