//! A request and its answer as the spool keeps them: what tells a request from others, and of the answer only what is needed to hear it again.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::label::Label;
use crate::inventory::{Api, ENDPOINT_VARIABLES};

/// The headers that are needed to read an answer.
const HEADERS: [&str; 3] = ["content-type", "x-amzn-errortype", "x-amzn-requestid"];

/// The services whose answers are stored: those of which it is known that they tell no secret, but for the environments of functions, which are taken out.
/// Templates and parameters of stacks may hold passwords.
const KEPT: [&str; 8] = ["ec2", "iam", "kms", "lambda", "rds", "route53", "route53resolver", "secretsmanager"];

/// What tells a request from others. Signature, time and host are no part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    account: String,
    region: String,
    /// `service:Operation`.
    call: String,
    /// Method, path with query, and body.
    request: String,
}

impl Key {
    /// `None` for what is never stored: answers of other services than those that are kept, and all before it is known whose they are. Who asks (STS) is
    /// found out anew by every run.
    pub(super) fn of(account: &str, label: &Label, request: &HttpRequest) -> Option<Self> {
        let service = label.api.spec().name.split(':').next().unwrap_or_default();
        if account.is_empty() || !KEPT.contains(&service) {
            return None;
        }
        let body = std::str::from_utf8(request.body().bytes()?).ok()?;
        let request = format!("{} {}\n{body}", request.method(), path(request.uri()));
        Some(Self { account: account.to_owned(), region: label.region.to_string(), call: label.api.spec().name.to_owned(), request })
    }
}

/// A URI without scheme and host.
fn path(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.find('/').map_or("/", |start| &rest[start..])
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Stored {
    /// What is kept of an answer; `None` when it cannot be read well enough to know what it holds.
    pub(super) fn of(api: Api, response: &HttpResponse) -> Option<Self> {
        let header = |name: &str| Some((name.to_owned(), response.headers().get(name)?.to_owned()));
        let body = std::str::from_utf8(response.body().bytes()?).ok()?;
        Some(Self {
            status: response.status().as_u16(),
            headers: HEADERS.into_iter().filter_map(header).collect(),
            body: if api.spec().name.starts_with("lambda:") { without_environment(body)? } else { body.to_owned() },
        })
    }

    /// The answer, to be heard again.
    pub(super) fn response(self) -> Option<HttpResponse> {
        let mut response = HttpResponse::new(StatusCode::try_from(self.status).ok()?, SdkBody::from(self.body));
        for (name, value) in self.headers {
            response.headers_mut().try_insert(name, value).ok()?;
        }
        Some(response)
    }
}

/// An answer of Lambda's without the variables of functions, but for those that the inventory keeps.
fn without_environment(body: &str) -> Option<String> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                if let Some(Value::Object(environment)) = fields.get_mut("Environment") {
                    environment.retain(|name, _| name == "Variables");
                    if let Some(Value::Object(variables)) = environment.get_mut("Variables") {
                        variables.retain(|name, _| ENDPOINT_VARIABLES.contains(&name.as_str()));
                    }
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value: Value = serde_json::from_str(body).ok()?;
    strip(&mut value);
    Some(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri(uri).unwrap();
        request.set_method("POST").unwrap();
        request.headers_mut().insert("authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/kms/aws4_request");
        request
    }

    #[test]
    fn a_request_is_the_same_whoever_signs_it_and_wherever_it_is_sent() {
        let label = Label { api: Api::DescribeKey, region: "eu-west-1".into() };
        let one = Key::of("111122223333", &label, &request("https://kms.eu-west-1.amazonaws.com/", "{}")).unwrap();
        assert_eq!(Key::of("111122223333", &label, &request("http://127.0.0.1:1234/", "{}")), Some(one.clone()));
        assert_ne!(Key::of("444455556666", &label, &request("http://127.0.0.1:1234/", "{}")), Some(one.clone()));
        assert_ne!(Key::of("111122223333", &label, &request("http://127.0.0.1:1234/", r#"{"KeyId":"1"}"#)), Some(one.clone()));
        assert_ne!(Key::of("111122223333", &label, &request("http://127.0.0.1:1234/?a=b", "{}")), Some(one.clone()));
        assert!(!serde_json::to_string(&one).unwrap().contains("AKID"));
        for api in [Api::GetTemplate, Api::DescribeStacks, Api::GetCallerIdentity] {
            let label = Label { api, region: "eu-west-1".into() };
            assert_eq!(Key::of("111122223333", &label, &request("http://127.0.0.1:1234/", "{}")), None, "{}", api.spec().name);
        }
        assert_eq!(Key::of("", &label, &request("http://127.0.0.1:1234/", "{}")), None);
    }

    #[test]
    fn of_an_environment_only_what_decides_an_endpoint_is_kept() {
        let variables = r#"{"DB_PASSWORD":"hunter2","SECRETS_MANAGER_ENDPOINT":"https://x"}"#;
        let body = format!(r#"{{"Functions":[{{"Role":"r","Environment":{{"Variables":{variables},"Error":{{"Message":"hunter2"}}}}}}]}}"#);
        let kept = without_environment(&body).unwrap();
        assert!(!kept.contains("hunter2") && kept.contains("https://x") && kept.contains("\"Role\":\"r\""), "{kept}");
        assert_eq!(without_environment("Environment: hunter2"), None);
    }

    #[test]
    fn an_answer_is_heard_again_as_it_was() {
        let mut response = HttpResponse::new(StatusCode::try_from(404).unwrap(), SdkBody::from(r#"{"Message":"gone"}"#));
        response.headers_mut().insert("x-amzn-errortype", "ResourceNotFoundException");
        response.headers_mut().insert("set-cookie", "x");
        let again = Stored::of(Api::GetFunctionPolicy, &response).unwrap().response().unwrap();
        assert_eq!((again.status().as_u16(), again.body().bytes()), (404, Some(br#"{"Message":"gone"}"#.as_slice())));
        assert_eq!(again.headers().get("x-amzn-errortype"), Some("ResourceNotFoundException"));
        assert_eq!(again.headers().get("set-cookie"), None);
    }
}
