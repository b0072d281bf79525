//! A closed question as one line of JSON, with the answer that is expected of it. `simulate` reads cases, findings print them, the suites are made of them.
//!
//! The format is described in `tests/suites/decisions/FORMAT.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::context::{Context, Entry};
use super::decide::Decision;
use super::document::Document;
use super::model::{Policy, Statement};
use super::request::{Principal, Request};
use super::set::{Attached, Body, PolicyKind, PolicySet};
use super::text::Text;

/// A line is no case.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaseError {
    /// Not JSON, or a member that is missing, unknown or of another type.
    #[error("this line is no decision case: {0}")]
    Shape(#[from] serde_json::Error),
    /// The principal lacks what its type needs.
    #[error("a principal of type {kind:?} needs {member:?}")]
    Principal {
        /// The type.
        kind: &'static str,
        /// What is missing.
        member: &'static str,
    },
    /// A context value is neither text nor a list of texts.
    #[error("the value of context key {key:?} must be text, a number, a truth value or an array of these")]
    Context {
        /// The key.
        key: String,
    },
    /// A question cannot be written as a case.
    #[error("this question cannot be written as a case: {0}")]
    Unwritable(&'static str),
}

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Case {
    /// What to call it.
    pub id: String,
    /// For readers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where that is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who asks for what.
    pub request: CaseRequest,
    /// What has a say.
    #[serde(default)]
    pub policies: CasePolicies,
    /// The answer that is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Decision>,
}

/// The request of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct CaseRequest {
    /// Who asks.
    pub principal: CasePrincipal,
    /// `service:action`, in any letter case.
    pub action: String,
    /// What is asked for.
    pub resource: CaseResource,
    /// The action has no resource-level permissions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wildcard_only: bool,
    /// Every key that the request carries: a text, or an array for a multivalued key.
    #[serde(default)]
    pub context: BTreeMap<String, Value>,
    /// Keys of which nobody knows whether and with which value the request carries them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// The principal of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct CasePrincipal {
    /// Which kind it is, and so which of the members below it needs.
    #[serde(rename = "type")]
    pub kind: CasePrincipalKind,
    /// Of users and sessions; of a role, its own ARN or one of its sessions'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<Text>,
    /// Of sessions and roles: the role with its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<Text>,
    /// Of users, sessions and roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Text>,
    /// `AIDA…` or `AROA…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<Text>,
    /// Of services.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Text>,
}

/// The kinds of principals in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CasePrincipalKind {
    /// An IAM user or root user.
    User,
    /// A role session.
    Session,
    /// The role itself.
    Role,
    /// An AWS service.
    Service,
    /// Nobody.
    Anonymous,
}

/// The resource of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseResource {
    /// Its ARN, or `*`.
    pub arn: Text,
    /// The account that owns it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Text>,
}

/// The policies of a case. A policy is a document as JSON, its text in a string, or `null` when it could not be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasePolicies {
    /// Attached to the principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Vec<Value>>,
    /// The permissions boundary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<Vec<Value>>,
    /// Session policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Vec<Value>>,
    /// Service control policies per level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scps: Option<Vec<Vec<Value>>>,
    /// Resource control policies per level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rcps: Option<Vec<Vec<Value>>>,
    /// The resource's policy; several in an array.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub resource: Option<Value>,
    /// The endpoint's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Vec<Value>>,
}

/// Keeps `"resource": null` (there is a policy, unreadable) apart from no member at all.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Case {
    /// Reads one line.
    pub fn parse(line: &str) -> Result<Self, CaseError> {
        Ok(serde_json::from_str(line)?)
    }

    /// The case as one line, without a line end.
    pub fn to_line(&self) -> Result<String, CaseError> {
        Ok(serde_json::to_string(self)?)
    }

    /// The question in it.
    pub fn question(&self) -> Result<(Request, PolicySet), CaseError> {
        let mut context = Context::closed();
        for (key, value) in &self.request.context {
            context.set(key, entry(key, value)?);
        }
        for key in &self.request.unknown {
            context.set(key, Entry::Unknown);
        }
        let CaseRequest { principal, action, resource, wildcard_only, .. } = &self.request;
        let mut request = Request::new(principal.principal()?, action, resource.arn.clone(), resource.account.clone(), context);
        request.wildcard_only = *wildcard_only;
        Ok((request, self.policies.set()))
    }

    /// Writes a question as a case, with every key that was set and every other that the policies look at. Fails when a key has alternatives: the format has
    /// no words for that.
    pub fn of(id: &str, request: &Request, policies: &PolicySet) -> Result<Self, CaseError> {
        let mut context = BTreeMap::new();
        let mut unknown = Vec::new();
        let mut complete = request.context.clone();
        for key in policies.iter().filter_map(Attached::policy).flat_map(Policy::statements).flat_map(Statement::keys) {
            complete.set_if_new(key);
        }
        for (key, entry) in complete.iter() {
            match entry {
                Entry::Absent => {}
                Entry::Single(text) => {
                    context.insert(key.to_owned(), Value::String(text.to_string()));
                }
                Entry::Multi(texts) => {
                    context.insert(key.to_owned(), texts.iter().map(|text| Value::String(text.to_string())).collect());
                }
                Entry::Unknown => unknown.push(key.to_owned()),
                Entry::OneOf(_) => return Err(CaseError::Unwritable("a context key has alternatives")),
            }
        }
        Ok(Self {
            id: id.to_owned(),
            tags: Vec::new(),
            title: None,
            source: None,
            request: CaseRequest {
                principal: CasePrincipal::of(&request.principal),
                action: request.action.to_string(),
                resource: CaseResource { arn: request.resource.clone(), account: request.resource_account.clone() },
                wildcard_only: request.wildcard_only,
                context,
                unknown,
            },
            policies: CasePolicies::of(policies),
            expected: None,
        })
    }
}

fn entry(key: &str, value: &Value) -> Result<Entry, CaseError> {
    let scalar = |value: &Value| match value {
        Value::String(text) => Ok(Text::parse(text)),
        Value::Number(_) | Value::Bool(_) => Ok(Text::literal(value.to_string())),
        _ => Err(CaseError::Context { key: key.to_owned() }),
    };
    match value {
        Value::Array(values) => Ok(Entry::Multi(values.iter().map(scalar).collect::<Result<_, _>>()?)),
        value => Ok(Entry::Single(scalar(value)?)),
    }
}

impl CasePrincipal {
    fn principal(&self) -> Result<Principal, CaseError> {
        let need = |value: &Option<Text>, kind, member| value.clone().ok_or(CaseError::Principal { kind, member });
        let unique_id = self.unique_id.clone();
        Ok(match self.kind {
            CasePrincipalKind::User => {
                Principal::User { arn: need(&self.arn, "user", "arn")?, account: need(&self.account, "user", "account")?, unique_id }
            }
            CasePrincipalKind::Session => Principal::Session {
                arn: need(&self.arn, "session", "arn")?,
                role_arn: need(&self.role_arn, "session", "role_arn")?,
                account: need(&self.account, "session", "account")?,
                unique_id,
            },
            CasePrincipalKind::Role => self.role(unique_id)?,
            CasePrincipalKind::Service => Principal::Service(need(&self.service, "service", "service")?),
            CasePrincipalKind::Anonymous => Principal::Anonymous,
        })
    }

    /// A role that asks in a session which the case names is that session.
    fn role(&self, unique_id: Option<Text>) -> Result<Principal, CaseError> {
        let account = self.account.clone().ok_or(CaseError::Principal { kind: "role", member: "account" })?;
        Ok(match (self.arn.clone(), self.role_arn.clone()) {
            (Some(arn), Some(role_arn)) if arn != role_arn => Principal::Session { arn, role_arn, account, unique_id },
            (_, Some(arn)) | (Some(arn), None) => Principal::Role { arn, account, unique_id },
            (None, None) => return Err(CaseError::Principal { kind: "role", member: "role_arn" }),
        })
    }

    fn of(principal: &Principal) -> Self {
        let blank = Self { kind: CasePrincipalKind::Anonymous, arn: None, role_arn: None, account: None, unique_id: None, service: None };
        match principal.clone() {
            Principal::User { arn, account, unique_id } => {
                Self { kind: CasePrincipalKind::User, arn: Some(arn), account: Some(account), unique_id, ..blank }
            }
            Principal::Session { arn, role_arn, account, unique_id } => Self {
                kind: CasePrincipalKind::Session,
                arn: Some(arn),
                role_arn: Some(role_arn),
                account: Some(account),
                unique_id,
                ..blank
            },
            Principal::Role { arn, account, unique_id } => {
                Self { kind: CasePrincipalKind::Role, role_arn: Some(arn), account: Some(account), unique_id, ..blank }
            }
            Principal::Service(service) => Self { kind: CasePrincipalKind::Service, service: Some(service), ..blank },
            Principal::Anonymous => blank,
        }
    }
}

impl CasePolicies {
    fn set(&self) -> PolicySet {
        let list = |values: &[Value], kind: PolicyKind, name: &str| -> Vec<Attached> {
            values.iter().enumerate().map(|(at, value)| attached(value, kind, format!("{name}[{at}]"))).collect()
        };
        let levels = |levels: &Option<Vec<Vec<Value>>>, kind: PolicyKind, name: &str| -> Vec<Vec<Attached>> {
            levels.iter().flatten().enumerate().map(|(at, values)| list(values, kind, &format!("{name}[{at}]"))).collect()
        };
        PolicySet {
            identity: list(self.identity.as_deref().unwrap_or_default(), PolicyKind::Identity, "identity"),
            // An empty list is no boundary; a boundary that allows nothing still has a document.
            boundary: self
                .boundary
                .as_deref()
                .filter(|values| !values.is_empty())
                .map(|values| list(values, PolicyKind::Boundary, "boundary")),
            session: self.session.as_deref().filter(|values| !values.is_empty()).map(|values| list(values, PolicyKind::Session, "session")),
            scps: levels(&self.scps, PolicyKind::Scp, "scps"),
            rcps: levels(&self.rcps, PolicyKind::Rcp, "rcps"),
            resource: match &self.resource {
                None => Vec::new(),
                Some(Value::Array(values)) => list(values, PolicyKind::Resource, "resource"),
                Some(value) => vec![attached(value, PolicyKind::Resource, "resource".into())],
            },
            endpoint: self
                .endpoint
                .as_deref()
                .filter(|values| !values.is_empty())
                .map(|values| list(values, PolicyKind::Endpoint, "endpoint")),
        }
    }

    fn of(set: &PolicySet) -> Self {
        let list = |attached: &[Attached]| attached.iter().map(value).collect::<Vec<_>>();
        let levels = |levels: &[Vec<Attached>]| (!levels.is_empty()).then(|| levels.iter().map(|level| list(level)).collect());
        Self {
            identity: (!set.identity.is_empty()).then(|| list(&set.identity)),
            boundary: set.boundary.as_deref().map(list),
            session: set.session.as_deref().map(list),
            scps: levels(&set.scps),
            rcps: levels(&set.rcps),
            resource: match set.resource.as_slice() {
                [] => None,
                [one] => Some(value(one)),
                many => Some(Value::Array(list(many))),
            },
            endpoint: set.endpoint.as_deref().map(list),
        }
    }
}

fn attached(value: &Value, kind: PolicyKind, name: String) -> Attached {
    match value {
        Value::Null => Attached::unreadable(kind, name),
        Value::String(text) => Attached::document(kind, name, Document::new(text.as_str())),
        value => Attached::document(kind, name, Document::new(value.to_string())),
    }
}

/// The policy as JSON if that says the same, otherwise its text.
fn value(attached: &Attached) -> Value {
    match &attached.body {
        Body::Unreadable => Value::Null,
        Body::Document(document) => match (document.policy(), serde_json::from_str(document.text())) {
            (Ok(_), Ok(value)) => value,
            _ => Value::String(document.text().to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::decide::evaluate;
    use super::*;

    #[test]
    fn a_key_that_is_unknown_by_default_is_written_as_unknown() {
        let statement = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:iam::1:role/${aws:username}",
            "Condition": {"StringEquals": {"aws:SourceVpc": "${aws:PrincipalTag/vpc}"}}}}"#;
        let identity = vec![Attached::document(PolicyKind::Identity, "p", Document::new(statement))];
        let policies = PolicySet { identity, ..PolicySet::default() };
        let mut context = Context::open();
        context.set_family("aws:PrincipalTag/", Entry::single("vpc-1"));
        let principal = Principal::User { arn: "arn:aws:iam::1:user/u".into(), account: "1".into(), unique_id: None };
        let request = Request::new(principal, "iam:PassRole", "arn:aws:iam::1:role/r".into(), Some("1".into()), context);
        let case = Case::of("c", &request, &policies).unwrap();
        assert_eq!(case.request.unknown, ["aws:SourceVpc", "aws:username"]);
        assert_eq!(case.request.context["aws:PrincipalTag/vpc"], "vpc-1");
        let (again, policies) = case.question().unwrap();
        assert_eq!(evaluate(&again, &policies).decision(), Decision::Undecided);
    }
}
