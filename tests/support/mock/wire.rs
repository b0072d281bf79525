//! The protocols: awsJson (Secrets Manager, KMS), awsQuery (IAM, STS) and restJson (Lambda); which operation a request is, and how
//! an answer or a failure is written.

use std::collections::BTreeMap;

use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use rotaudit::inventory::Inventory;
use serde_json::{Value, json};

use super::scope::{Failure, Scope, without_nulls};
use super::{identities, keys, lambda, secrets};

/// The protocol of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Json,
    Query,
    Rest,
}

/// A request, understood.
#[derive(Clone)]
pub(super) struct Asked {
    /// `service:Operation`.
    pub(super) operation: String,
    pub(super) account: String,
    pub(super) region: String,
    /// The request's parameters by name; a function's ARN is `FunctionName`.
    pub(super) fields: BTreeMap<String, String>,
}

/// What a service answers: fields for the JSON protocols, elements for XML.
pub(super) enum Answer {
    Json(Value),
    /// The operation and what its result element holds.
    Xml(&'static str, String),
}

/// An answer as it goes out.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    /// The error code for the header in which Lambda tells it.
    pub(super) error: Option<String>,
    pub(super) body: String,
}

impl Wire {
    pub(super) fn read(head: &Parts, body: &[u8]) -> (Self, Asked) {
        let (account, region) = signer(head);
        let asked = |operation: String, fields| Asked { operation, account, region, fields };
        if let Some(target) = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
            let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
            let service = if prefix == "TrentService" { "kms" } else { "secretsmanager" };
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let fields = body.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect();
            return (Self::Json, asked(format!("{service}:{operation}"), fields));
        }
        if head.uri.path() == "/" {
            let fields = form(&String::from_utf8_lossy(body));
            let action = fields.get("Action").cloned().unwrap_or_default();
            let service = if action == "GetCallerIdentity" { "sts" } else { "iam" };
            return (Self::Query, asked(format!("{service}:{action}"), fields));
        }
        let mut fields = form(head.uri.query().unwrap_or_default());
        let operation = lambda::operation(head.method.as_str(), head.uri.path(), &mut fields);
        (Self::Rest, asked(format!("lambda:{operation}"), fields))
    }

    pub(super) fn denied(self, operation: &str) -> Failure {
        let (status, code) = match self {
            Self::Json => (400, "AccessDeniedException"),
            Self::Query => (403, "AccessDenied"),
            Self::Rest => (403, "AccessDeniedException"),
        };
        Failure::new(status, code, &format!("not authorized to perform {operation}"))
    }

    pub(super) fn throttled(self) -> Failure {
        match self {
            Self::Json => Failure::new(400, "ThrottlingException", "Rate exceeded"),
            Self::Query => Failure::new(400, "Throttling", "Rate exceeded"),
            Self::Rest => Failure::new(429, "TooManyRequestsException", "Rate exceeded"),
        }
    }

    pub(super) fn reply(self, answer: Result<Answer, Failure>) -> Reply {
        let kind = match self {
            Self::Json => "application/x-amz-json-1.1",
            Self::Query => "text/xml",
            Self::Rest => "application/json",
        };
        let (status, error, body) = match answer {
            Ok(Answer::Json(value)) => (200, None, without_nulls(value).to_string()),
            Ok(Answer::Xml(action, result)) => {
                let body = format!(
                    "<{action}Response xmlns=\"https://example.invalid/doc/\"><{action}Result>{result}</{action}Result>\
                     <ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{action}Response>"
                );
                (200, None, body)
            }
            Err(failure) => self.failed(failure),
        };
        Reply { status, kind, error, body }
    }

    fn failed(self, Failure { status, code, message }: Failure) -> (u16, Option<String>, String) {
        let body = match self {
            Self::Json => json!({"__type": code, "message": message}).to_string(),
            Self::Rest => json!({"Type": "User", "Message": message}).to_string(),
            Self::Query => format!(
                "<ErrorResponse xmlns=\"https://example.invalid/doc/\"><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>{}</Message></Error><RequestId>0</RequestId></ErrorResponse>",
                identities::escaped(&message)
            ),
        };
        (status, (self == Self::Rest).then_some(code), body)
    }
}

impl Asked {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// The token of the page that is asked for, under any of its names.
    pub(super) fn token(&self) -> Option<&str> {
        ["NextToken", "Marker"].into_iter().find_map(|name| self.field(name))
    }

    /// What tells this request from others of its operation.
    pub(super) fn subject(&self) -> String {
        let names = ["SecretId", "KeyId", "PolicyName", "FunctionName", "Qualifier", "NextToken", "Marker"];
        names.into_iter().filter_map(|name| self.field(name)).collect::<Vec<_>>().join(" ")
    }

    /// The same request for the first page.
    pub(super) fn on_the_first_page(&self) -> Self {
        let mut asked = self.clone();
        asked.fields.retain(|name, _| name != "NextToken" && name != "Marker");
        asked
    }

    pub(super) fn answer(&self, inventory: &Inventory, page: usize) -> Result<Answer, Failure> {
        let scope = Scope { inventory, account: &self.account, region: &self.region, page };
        match self.operation.split_once(':').unwrap_or_default() {
            ("secretsmanager", operation) => secrets::answer(&scope, operation, self).map(Answer::Json),
            ("kms", operation) => keys::answer(&scope, operation, self).map(Answer::Json),
            ("lambda", operation) => lambda::answer(&scope, operation, self).map(Answer::Json),
            (_, operation) => identities::answer(&scope, operation, self),
        }
    }
}

/// The access key id and the region of `Credential=AKID/date/region/service/aws4_request`.
fn signer(head: &Parts) -> (String, String) {
    let text = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let credential = text.split_once("Credential=").map_or("", |(_, rest)| rest);
    let mut parts = credential.split([',', ' ']).next().unwrap_or_default().split('/');
    let account = parts.next().unwrap_or_default().to_owned();
    (account, parts.nth(1).unwrap_or_default().to_owned())
}

fn form(text: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decoded(name), decoded(value))).collect()
}
