//! What is told about a rule: the words of a rule file that reports, documentation and thresholds use.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a finding is. What breaks rotation or lets an outsider read a secret is high or critical.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Info,
    /// Tidy it up when you are there.
    Low,
    /// Plan to fix it.
    Medium,
    /// Fix it now.
    High,
    /// Fix it before anything else.
    Critical,
}

/// What a finding means for the rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Rotation fails, or will.
    Breaks,
    /// Somebody can do what they should not.
    Exposure,
    /// Wider or older than it needs to be.
    Hygiene,
}

/// How sure a rule is of its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A rule of thumb.
    Heuristic,
    /// True unless something unusual is in place that the audit cannot see.
    Likely,
    /// Decided from what was read.
    Certain,
}

/// What one finding of a rule is about: the thing that has to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// A secret with its function, role and key.
    Rotation,
    /// The secret alone.
    Secret,
    /// The secret with which the rotation logs in.
    Master,
    /// The rotation function.
    Function,
    /// The execution role.
    Role,
    /// The KMS key.
    Key,
    /// A VPC endpoint that the function's calls go through.
    Endpoint,
    /// What stops the function's traffic: a security group, a route table, an endpoint, …
    Network,
    /// What people configured of rotaudit itself: a waiver.
    Configuration,
}

/// The part of the chain that a rule looks at; also the folder of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// A service that is tricked into acting for somebody else.
    ConfusedDeputy,
    /// Whether Secrets Manager may invoke the function.
    Invoke,
    /// What the execution role lacks.
    ExecutionRole,
    /// What binds a key permission to one secret.
    EncryptionContext,
    /// The key and its policy.
    Key,
    /// Grants on the key.
    Grant,
    /// The secret's resource policy.
    SecretPolicy,
    /// What the execution role has too much of.
    LeastPrivilege,
    /// Who beside the rotation can make it theirs.
    Takeover,
    /// How the secret rotates.
    Rotation,
    /// When the secret rotates.
    Schedule,
    /// The function's own configuration.
    Function,
    /// The way from the function to what it connects to.
    Network,
    /// Waivers.
    Configuration,
}

macro_rules! words {
    ($($type:ident { $($variant:ident => $word:literal),+ $(,)? })+) => {$(
        impl $type {
            /// The word for it in rule files and reports.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.word())
            }
        }
    )+};
}

words! {
    Severity { Info => "info", Low => "low", Medium => "medium", High => "high", Critical => "critical" }
    Class { Breaks => "breaks", Exposure => "exposure", Hygiene => "hygiene" }
    Confidence { Heuristic => "heuristic", Likely => "likely", Certain => "certain" }
    About { Rotation => "rotation", Secret => "secret", Master => "master", Function => "function", Role => "role", Key => "key", Endpoint => "endpoint", Network => "network", Configuration => "configuration" }
    Category {
        ConfusedDeputy => "confused-deputy",
        Invoke => "invoke",
        ExecutionRole => "execution-role",
        EncryptionContext => "encryption-context",
        Key => "key",
        Grant => "grant",
        SecretPolicy => "secret-policy",
        LeastPrivilege => "least-privilege",
        Takeover => "takeover",
        Rotation => "rotation",
        Schedule => "schedule",
        Function => "function",
        Network => "network",
        Configuration => "configuration",
    }
}

/// Whose mapping to a compliance framework it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MapSource {
    /// AWS publishes it (for the Security Hub control that asks the same).
    Aws,
    /// Our own reading.
    Ours,
}

/// Controls of compliance frameworks that a rule speaks to: framework id → control ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maps {
    /// Whose mapping it is.
    pub source: MapSource,
    /// Control ids by framework, such as `nist-800-53-r5` or `cwe`.
    #[serde(default)]
    pub controls: BTreeMap<String, Vec<String>>,
}

impl MapSource {
    /// The word for it in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Ours => "ours",
        }
    }
}

impl Maps {
    /// Each control as people say it, with its framework and, where the mapping is not AWS's, that it is ours.
    pub fn told(&self) -> impl Iterator<Item = String> {
        let source = if self.source == MapSource::Aws { "" } else { " (our reading)" };
        let of = move |(framework, controls): (&'_ String, &'_ Vec<String>)| {
            controls.iter().map(|control| format!("{framework}: {control}{source}")).collect::<Vec<_>>()
        };
        self.controls.iter().flat_map(of)
    }
}

/// All that is told about a rule, without how it decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuleInfo {
    /// Stable, kebab-case, never reused.
    pub id: String,
    /// A sentence without a full stop.
    pub title: String,
    /// The part of the chain.
    pub category: Category,
    /// What a finding means.
    pub class: Class,
    /// How bad it is.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// What one finding is about.
    pub about: About,
    /// What an attacker or an outage makes of it.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// AWS's pages.
    pub references: Vec<String>,
    /// Compliance controls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maps: Option<Maps>,
    /// The fixer that can write the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}
