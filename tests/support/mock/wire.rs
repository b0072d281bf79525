//! The protocols: awsJson (Secrets Manager, KMS, Route 53 Resolver, Organizations), awsQuery (IAM, STS, RDS), ec2Query, restXml (Route 53) and restJson
//! (Lambda); which operation a request is, and how an answer or a failure is written.

use std::collections::{BTreeMap, BTreeSet};

use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use rotaudit::inventory::{Api, Inventory};
use serde_json::{Value, json};

use super::scope::{Failure, Scope, without_nulls};
use super::{databases, ec2, identities, keys, lambda, names, organizations, roles, secrets, stacks, xml};

/// The names of the parameter that asks for a further page.
const TOKENS: [&str; 4] = ["NextToken", "Marker", "nexttoken", "name"];

/// The names of the parameters that say what is asked about.
const SUBJECTS: [&str; 18] = [
    "SecretId",
    "KeyId",
    "PolicyName",
    "FunctionName",
    "Qualifier",
    "VpcId",
    "Attribute",
    "PrefixListId",
    "TransitGatewayRouteTableId",
    "HostedZoneId",
    "vpcid",
    "vpcregion",
    "StackName",
    "RoleArn",
    "ParentId",
    "PolicyId",
    "ResourceId",
    "Filter",
];

/// The protocol of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Json,
    Query,
    Ec2,
    RestXml,
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
    /// The credentials are of a session, and the token is another's.
    unknown_session: bool,
}

/// What a service answers: fields for the JSON protocols, elements for XML.
pub(super) enum Answer {
    Json(Value),
    /// What the result element holds.
    Xml(String),
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
        let [key, region, signed_for] = signer(head);
        let token = head.headers.get("x-amz-security-token").and_then(|token| token.to_str().ok());
        let (account, unknown_session) = match roles::account_of(&key) {
            Some(account) => (account.to_owned(), token != Some(roles::token(account).as_str())),
            None => (key, false),
        };
        let asked = |operation: String, fields| Asked { operation, account, region, fields, unknown_session };
        if let Some(target) = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
            let (prefix, operation) = target.split_once('.').unwrap_or((target, ""));
            let service = match prefix {
                "TrentService" => "kms",
                "Route53Resolver" => "route53resolver",
                "AWSOrganizationsV20161128" => "organizations",
                _ => "secretsmanager",
            };
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let fields = body.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect();
            return (Self::Json, asked(format!("{service}:{operation}"), fields));
        }
        if head.uri.path() == "/" {
            let fields = form(&String::from_utf8_lossy(body));
            let action = fields.get("Action").cloned().unwrap_or_default();
            let wire = if signed_for == "ec2" { Self::Ec2 } else { Self::Query };
            return (wire, asked(format!("{signed_for}:{action}"), fields));
        }
        let mut fields = form(head.uri.query().unwrap_or_default());
        if signed_for == "route53" {
            let operation = names::operation(head.uri.path(), &mut fields);
            return (Self::RestXml, asked(format!("route53:{operation}"), fields));
        }
        let operation = lambda::operation(head.method.as_str(), head.uri.path(), &mut fields);
        (Self::Rest, asked(format!("lambda:{operation}"), fields))
    }

    pub(super) fn denied(self, operation: &str) -> Failure {
        let (status, code) = match self {
            Self::Json => (400, "AccessDeniedException"),
            Self::Query | Self::RestXml => (403, "AccessDenied"),
            Self::Ec2 => (403, "UnauthorizedOperation"),
            Self::Rest => (403, "AccessDeniedException"),
        };
        Failure::new(status, code, &format!("not authorized to perform {operation}"))
    }

    pub(super) fn expired(self) -> &'static str {
        match self {
            Self::Json | Self::Rest => "ExpiredTokenException",
            Self::Query | Self::RestXml => "ExpiredToken",
            Self::Ec2 => "RequestExpired",
        }
    }

    pub(super) fn throttled(self) -> Failure {
        match self {
            Self::Json => Failure::new(400, "ThrottlingException", "Rate exceeded"),
            Self::Query | Self::RestXml => Failure::new(400, "Throttling", "Rate exceeded"),
            Self::Ec2 => Failure::new(503, "RequestLimitExceeded", "Request limit exceeded."),
            Self::Rest => Failure::new(429, "TooManyRequestsException", "Rate exceeded"),
        }
    }

    /// The answer to an operation (`service:Operation`).
    pub(super) fn reply(self, operation: &str, answer: Result<Answer, Failure>) -> Reply {
        let (_, action) = operation.split_once(':').unwrap_or_default();
        let kind = match self {
            Self::Json => "application/x-amz-json-1.1",
            Self::Query | Self::Ec2 | Self::RestXml => "text/xml",
            Self::Rest => "application/json",
        };
        let (status, error, body) = match answer {
            Ok(Answer::Json(value)) => (200, None, without_nulls(value).to_string()),
            Ok(Answer::Xml(result)) => {
                let inside = match self {
                    Self::Ec2 => format!("\n    <requestId>0</requestId>\n    {result}\n"),
                    Self::RestXml => result,
                    _ => format!("<{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>"),
                };
                let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
                (200, None, format!("{head}<{action}Response xmlns=\"https://example.invalid/doc/\">{inside}</{action}Response>"))
            }
            Err(failure) => self.failed(failure),
        };
        Reply { status, kind, error, body }
    }

    fn failed(self, Failure { status, code, message }: Failure) -> (u16, Option<String>, String) {
        let body = match self {
            Self::Json => json!({"__type": code, "message": message}).to_string(),
            Self::Rest => json!({"Type": "User", "Message": message}).to_string(),
            Self::Ec2 => format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{}</Message></Error></Errors><RequestID>0</RequestID></Response>",
                xml::escaped(&message)
            ),
            Self::Query | Self::RestXml => format!(
                "<ErrorResponse xmlns=\"https://example.invalid/doc/\"><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>{}</Message></Error><RequestId>0</RequestId></ErrorResponse>",
                xml::escaped(&message)
            ),
        };
        (status, (self == Self::Rest).then_some(code), body)
    }
}

impl Asked {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// The values of one of EC2's filters.
    pub(super) fn filter(&self, name: &str) -> Option<BTreeSet<String>> {
        let (key, _) = self.fields.iter().find(|(key, value)| key.ends_with(".Name") && *value == name)?;
        let values = format!("{}.Value.", key.trim_end_matches(".Name"));
        Some(self.fields.iter().filter(|(key, _)| key.starts_with(&values)).map(|(_, value)| value.clone()).collect())
    }

    /// The token of the page that is asked for, under any of its names.
    pub(super) fn token(&self) -> Option<&str> {
        TOKENS.into_iter().find_map(|name| self.field(name))
    }

    /// How many items a page may hold, under any of its names.
    pub(super) fn most(&self) -> Option<u32> {
        let names = ["MaxResults", "MaxItems", "MaxRecords", "Limit", "maxitems"];
        names.into_iter().find_map(|name| self.field(name)).and_then(|most| most.parse().ok())
    }

    /// What tells this request from others of its operation.
    pub(super) fn subject(&self) -> String {
        let fields = SUBJECTS.into_iter().chain(TOKENS).filter_map(|name| self.field(name));
        let filters = self.fields.iter().filter(|(name, _)| name.starts_with("Filter.") && name.contains(".Value."));
        fields.chain(filters.map(|(_, value)| value.as_str())).collect::<Vec<_>>().join(" ")
    }

    /// The same request for the first page.
    pub(super) fn on_the_first_page(&self) -> Self {
        let mut asked = self.clone();
        asked.fields.retain(|name, _| !TOKENS.contains(&name.as_str()));
        asked
    }

    pub(super) fn answer(&self, inventory: &Inventory, page: usize) -> Result<Answer, Failure> {
        if Api::named(&self.operation).is_none() {
            return Err(Failure::new(400, "NotInTheTable", &format!("{} is not in the table of calls", self.operation)));
        }
        if self.unknown_session {
            return Err(Failure::new(403, "InvalidClientTokenId", "The security token included in the request is invalid."));
        }
        let scope = Scope { inventory, account: &self.account, region: &self.region, page };
        match self.operation.split_once(':').unwrap_or_default() {
            ("secretsmanager", operation) => secrets::answer(&scope, operation, self).map(Answer::Json),
            ("kms", operation) => keys::answer(&scope, operation, self).map(Answer::Json),
            ("lambda", operation) => lambda::answer(&scope, operation, self).map(Answer::Json),
            ("route53resolver", operation) => names::resolver(&scope, operation, self).map(Answer::Json),
            ("route53", operation) => names::answer(&scope, operation, self).map(Answer::Xml),
            ("organizations", operation) => organizations::answer(&scope, operation, self).map(Answer::Json),
            ("sts", "AssumeRole") => roles::assumed(&scope, self).map(Answer::Xml),
            ("ec2", operation) => ec2::answer(&scope, operation, self).map(Answer::Xml),
            ("rds", operation) => databases::answer(&scope, operation, self).map(Answer::Xml),
            ("cloudformation", operation) => stacks::answer(&scope, operation, self),
            (_, operation) => identities::answer(&scope, operation, self).map(Answer::Xml),
        }
    }
}

/// Access key id, region and service of `Credential=AKID/date/region/service/aws4_request`.
fn signer(head: &Parts) -> [String; 3] {
    let text = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let credential = text.split_once("Credential=").map_or("", |(_, rest)| rest);
    let parts: Vec<&str> = credential.split([',', ' ']).next().unwrap_or_default().split('/').collect();
    [0, 2, 3].map(|part| parts.get(part).copied().unwrap_or_default().to_owned())
}

fn form(text: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decoded(name), decoded(value))).collect()
}
