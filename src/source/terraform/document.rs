//! The JSON of a plan, as `terraform show -json PLAN` and `tofu show -json PLAN` write it
//! (<https://developer.hashicorp.com/terraform/internals/json-format>, <https://opentofu.org/docs/internals/json-format>). `world` makes of it what will be there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use thiserror::Error;

use crate::policy::without_marks;

/// The most bytes of a plan that are read.
pub(crate) const MOST_BYTES: usize = 256 << 20;

/// The major version of the format that is read. Another one is not compatible with it, as the page above says.
const FORMAT: &str = "1";

/// So many of what is left for later are named.
const SHOWN: usize = 10;

/// Why a file is no plan that can be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum PlanError {
    /// It is longer than is read.
    #[error("it is longer than {MOST_BYTES} bytes")]
    TooLong,
    /// It is a plan as `-out` saves it.
    #[error(
        "it is a saved plan, which only Terraform itself can read: write `terraform show -json FILE > plan.json` (or `tofu show`), and name plan.json"
    )]
    Saved,
    /// It is no UTF-8.
    #[error("it is no UTF-8, which JSON is written in; where PowerShell's `>` wrote it, write it with `| Out-File -Encoding utf8`")]
    Encoding,
    /// It is what Terraform prints while it plans.
    #[error(
        "it is the log that `terraform plan -json` prints: save the plan with `-out FILE`, and write `terraform show -json FILE > plan.json`"
    )]
    Log,
    /// It is a state.
    #[error("it is a state and no plan: `terraform plan -out FILE`, then `terraform show -json FILE > plan.json`")]
    State,
    /// It is JSON of another form.
    #[error("it is no plan, which `terraform show -json FILE` prints: {0}")]
    Malformed(String),
    /// It is of a version that is not known.
    #[error("its format_version is {0:?}, and this build reads {FORMAT}.x")]
    Version(String),
    /// The plan was given up.
    #[error("Terraform ended with an error while it made this plan, so it does not say what would be there")]
    Errored,
    /// A file of the configuration cannot be read.
    #[error("{0}: {1}")]
    Configuration(String, String),
    /// Nobody says where it is for.
    #[error("it does not say which account it is for: give --account ID")]
    NoAccount,
    /// Nobody says where it is for.
    #[error("it does not say which region it is for: give --region NAME")]
    NoRegion,
}

/// A plan.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Plan {
    format_version: Option<String>,
    errored: bool,
    /// Whether an apply leaves nothing for a later plan; not told by every version.
    complete: Option<bool>,
    /// What it leaves for a later one because too little is known yet.
    deferred_changes: Vec<Deferred>,
    /// The values of the root module's variables.
    pub(crate) variables: BTreeMap<String, Variable>,
    /// What was there before, and data that was read while planning.
    pub(crate) prior_state: State,
    /// What will happen to each resource.
    pub(crate) resource_changes: Vec<Change>,
    /// What is written in the configuration.
    pub(crate) configuration: Configuration,
}

/// A change that is left for a later plan.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Deferred {
    resource_change: Change,
}

impl Plan {
    /// What it leaves for a later plan, in a sentence.
    pub(crate) fn left(&self) -> Option<String> {
        let deferred: Vec<&str> = self.deferred_changes.iter().map(|it| it.resource_change.address.as_str()).collect();
        let names = deferred.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
        match deferred.len().checked_sub(SHOWN) {
            _ if deferred.is_empty() => (self.complete == Some(false)).then(|| {
                "The plan is of a part of its configuration (-target, or changes that are deferred): what it leaves for a later one is not audited.".to_owned()
            }),
            Some(more) if more > 0 => Some(format!("The plan leaves {names} and {more} more for a later one, and they are not audited.")),
            _ => Some(format!("The plan leaves {names} for a later one, and that is not audited.")),
        }
    }
}

/// The value of a variable.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Variable {
    pub(crate) value: Json,
}

/// A state.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) values: Values,
}

/// The resources of a state.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Values {
    pub(crate) root_module: StateModule,
}

/// The resources of one module instance, and those of the modules in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StateModule {
    /// Empty for the root.
    pub(crate) address: String,
    pub(crate) resources: Vec<Resource>,
    pub(crate) child_modules: Vec<StateModule>,
}

/// A resource of a state.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Resource {
    pub(crate) address: String,
    pub(crate) mode: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) index: Option<Json>,
    pub(crate) values: Json,
    /// Set for an object that a replacement left behind.
    pub(crate) deposed_key: Option<String>,
}

/// What will happen to a resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Change {
    pub(crate) address: String,
    /// Where it stood before it was moved.
    pub(crate) previous_address: Option<String>,
    pub(crate) module_address: String,
    /// `managed` or `data`.
    pub(crate) mode: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    /// Its key, for one of several.
    pub(crate) index: Option<Json>,
    /// Set for an object that a replacement left behind.
    pub(crate) deposed: Option<String>,
    #[serde(rename = "change")]
    pub(crate) values: ChangedValues,
}

/// The values before and after.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ChangedValues {
    /// `no-op`, `create`, `read`, `update`, `delete`, `forget`; two of them for a replacement.
    pub(crate) actions: Vec<String>,
    pub(crate) before: Json,
    pub(crate) after: Json,
    /// The same shape as `after`, with `true` where nothing is known.
    pub(crate) after_unknown: Json,
}

/// What is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Configuration {
    /// By `aws`, `aws.ALIAS`, `module.NAME:aws`.
    pub(crate) provider_config: BTreeMap<String, Provider>,
    pub(crate) root_module: Module,
}

/// A provider's block.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Provider {
    /// `registry.terraform.io/hashicorp/aws`
    pub(crate) full_name: String,
    /// The module that it stands in, as it is called.
    pub(crate) module_address: String,
    pub(crate) expressions: Json,
}

/// A module as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Module {
    pub(crate) outputs: BTreeMap<String, Output>,
    pub(crate) resources: Vec<ConfiguredResource>,
    #[serde(rename = "module_calls")]
    pub(crate) calls: BTreeMap<String, ModuleCall>,
    pub(crate) variables: BTreeMap<String, DeclaredVariable>,
}

/// A variable as a module declares it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DeclaredVariable {
    pub(crate) default: Option<Json>,
}

/// An output of a module.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Output {
    pub(crate) expression: Json,
    pub(crate) depends_on: Vec<String>,
}

/// A resource as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ConfiguredResource {
    pub(crate) mode: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) provider_config_key: String,
    /// By attribute: `{"constant_value": …}` or `{"references": […]}`; nested blocks are lists or objects of such.
    pub(crate) expressions: Json,
    pub(crate) for_each_expression: Json,
    pub(crate) count_expression: Json,
    /// What it waits for beside what it refers to.
    pub(crate) depends_on: Vec<String>,
}

/// A call of a module.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ModuleCall {
    /// Where its files come from: a folder beside the caller's, or a registry.
    pub(crate) source: String,
    pub(crate) expressions: Json,
    pub(crate) for_each_expression: Json,
    pub(crate) count_expression: Json,
    /// What all of the module waits for.
    pub(crate) depends_on: Vec<String>,
    pub(crate) module: Module,
}

/// The value that an expression of the configuration is written with. Of configurations in JSON, Terraform tells the text of a template as if it were one, beside its
/// references: that is none.
pub(crate) fn constant(expression: &Json) -> Option<&Json> {
    let constant = expression.get("constant_value").filter(|_| expression.get("references").is_none())?;
    (!holds_template(constant)).then_some(constant)
}

fn holds_template(value: &Json) -> bool {
    match value {
        Json::String(text) => text.contains("${") || text.contains("%{"),
        Json::Array(items) => items.iter().any(holds_template),
        Json::Object(fields) => fields.iter().any(|(key, value)| key.contains("${") || holds_template(value)),
        _ => false,
    }
}

/// What tells apart the files that people take for a plan's JSON.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Outline {
    format_version: Option<String>,
    resource_changes: Option<serde::de::IgnoredAny>,
    planned_values: Option<serde::de::IgnoredAny>,
    prior_state: Option<serde::de::IgnoredAny>,
    values: Option<serde::de::IgnoredAny>,
    encrypted_data: Option<serde::de::IgnoredAny>,
    lineage: Option<serde::de::IgnoredAny>,
}

/// Whether something of this mode is there when Terraform is done.
pub(crate) fn is_kept(mode: &str) -> bool {
    matches!(mode, "managed" | "data" | "")
}

/// Reads a plan.
pub(crate) fn read(bytes: &[u8]) -> Result<Plan, PlanError> {
    if bytes.len() > MOST_BYTES {
        return Err(PlanError::TooLong);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(PlanError::Saved);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| PlanError::Encoding)?;
    let text = without_marks(text.trim_start_matches('\u{feff}'));
    let text = text.as_ref();
    // The log is one object a line.
    if text.lines().next().is_some_and(|line| line.starts_with("{\"@level\"")) {
        return Err(PlanError::Log);
    }
    let malformed = |error: serde_json::Error| PlanError::Malformed(error.to_string());
    let outline: Outline = serde_json::from_str(text).map_err(malformed)?;
    // A plan that only reads what is there again names no changes; one of an empty configuration has its empty values.
    if [&outline.resource_changes, &outline.planned_values, &outline.prior_state].iter().all(|part| part.is_none()) {
        return Err(match outline {
            // OpenTofu saves encrypted plans as JSON (<https://opentofu.org/docs/language/state/encryption/>).
            Outline { encrypted_data: Some(_), .. } => PlanError::Saved,
            Outline { lineage: Some(_), .. } | Outline { values: Some(_), .. } => PlanError::State,
            _ => PlanError::Malformed("it has neither resource_changes nor planned_values".to_owned()),
        });
    }
    match outline.format_version {
        Some(version) if version.split('.').next() == Some(FORMAT) => {}
        // Before version 1.0 of the format, Terraform 0.12 to 1.0 wrote 0.1 and 0.2, which have the same parts.
        Some(version) if matches!(version.as_str(), "0.1" | "0.2") => {}
        version => return Err(PlanError::Version(version.unwrap_or_default())),
    }
    let mut plan: Plan = serde_json::from_str(text).map_err(malformed)?;
    // What is open only while Terraform runs is nothing that is there (<https://opentofu.org/docs/language/ephemerality/>).
    plan.resource_changes.retain(|change| is_kept(&change.mode));
    if plan.errored { Err(PlanError::Errored) } else { Ok(plan) }
}
