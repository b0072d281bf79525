//! A request and its answer as the spool keeps them: what tells a request from others, and of the answer only what is needed to hear it again.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::label::Label;
use crate::inventory::{Api, ENDPOINT_VARIABLES, PASSWORD_VARIABLES};
use crate::source::aws::values::without_credentials;

/// The headers that are needed to read an answer.
const HEADERS: [&str; 3] = ["content-type", "x-amzn-errortype", "x-amzn-requestid"];

/// The services whose answers are stored: those of which it is known that they tell no secret, but for the environments of functions, which are taken out.
/// Templates and parameters of stacks may hold passwords.
const KEPT: [&str; 9] = ["ec2", "iam", "kms", "lambda", "organizations", "rds", "route53", "route53resolver", "secretsmanager"];

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
        if account.is_empty() || !KEPT.contains(&service(label.api)) {
            return None;
        }
        let body = std::str::from_utf8(request.body().bytes()?).ok()?;
        let request = format!("{} {}\n{body}", request.method(), path(request.uri()));
        Some(Self { account: account.to_owned(), region: label.region.to_string(), call: label.api.spec().name.to_owned(), request })
    }
}

/// The service of a call.
fn service(api: Api) -> &'static str {
    api.spec().name.split(':').next().unwrap_or_default()
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
            body: kept(service(api), body)?,
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

/// Members of JSON answers that are not stored: the inventory keeps none of them, and each may hold a password.
const HIDDEN_MEMBERS: [&str; 6] =
    ["ExternalSecretRotationMetadata", "ImageConfigResponse", "LastUpdateStatusReason", "SecretBinary", "SecretString", "StateReason"];

/// Elements of XML answers that are not stored, for the same reason.
const HIDDEN_ELEMENTS: [&str; 6] =
    ["DBSubnetGroupDescription", "Description", "MasterUsername", "PendingModifiedValues", "description", "groupDescription"];

/// What is stored of a body; `None` when it cannot be read well enough to know what it holds.
fn kept(service: &str, body: &str) -> Option<String> {
    if body.trim_start().starts_with('<') {
        return HIDDEN_ELEMENTS.iter().try_fold(body.to_owned(), |body, name| without_element(&body, name));
    }
    if body.trim().is_empty() {
        return Some(String::new());
    }
    let mut value: Value = serde_json::from_str(body).ok()?;
    // Only of secrets the inventory keeps what people say of them.
    strip(&mut value, service != "secretsmanager");
    Some(value.to_string())
}

/// XML without the elements of that name; `None` when one of them does not end.
fn without_element(xml: &str, name: &str) -> Option<String> {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let mut parts = xml.split(start.as_str());
    let mut text = parts.next()?.to_owned();
    for part in parts {
        text += part.split_once(end.as_str())?.1;
    }
    Some(text)
}

/// What is stored of a variable's value.
fn kept_of_variable(name: &str, value: &str) -> String {
    if ENDPOINT_VARIABLES.contains(&name) {
        without_credentials(value)
    } else if PASSWORD_VARIABLES.contains(&name) {
        value.to_owned()
    } else {
        String::new()
    }
}

fn strip(value: &mut Value, descriptions: bool) {
    match value {
        Value::Object(fields) => {
            let is_hidden = |name: &str| HIDDEN_MEMBERS.contains(&name) || (descriptions && name == "Description");
            fields.retain(|name, _| !is_hidden(name));
            if let Some(Value::Object(environment)) = fields.get_mut("Environment") {
                environment.retain(|name, _| name == "Variables" || name == "Error");
                if let Some(Value::Object(error)) = environment.get_mut("Error") {
                    error.retain(|name, _| name == "ErrorCode");
                }
                if let Some(Value::Object(variables)) = environment.get_mut("Variables") {
                    for (name, value) in variables.iter_mut() {
                        *value = kept_of_variable(name, value.as_str().unwrap_or_default()).into();
                    }
                }
            }
            fields.values_mut().for_each(|value| strip(value, descriptions));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| strip(value, descriptions)),
        _ => {}
    }
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
    fn of_an_environment_the_names_are_kept_and_the_values_that_are_no_secret() {
        let variables = r#"{"DB_PASSWORD":"hunter2","PASSWORD_LENGTH":"20","SECRETS_MANAGER_ENDPOINT":"https://me:hunter2@x"}"#;
        let error = r#"{"ErrorCode":"KMSAccessDenied","Message":"hunter2"}"#;
        let body = format!(r#"{{"Functions":[{{"Role":"r","Environment":{{"Variables":{variables},"Error":{error}}}}}]}}"#);
        let kept = kept("lambda", &body).unwrap();
        assert!(!kept.contains("hunter2") && kept.contains("https://***@x") && kept.contains("\"Role\":\"r\""), "{kept}");
        assert!(
            kept.contains("\"DB_PASSWORD\":\"\"") && kept.contains("\"PASSWORD_LENGTH\":\"20\"") && kept.contains("KMSAccessDenied"),
            "{kept}"
        );
        assert_eq!(super::kept("lambda", "Environment: hunter2"), None);
    }

    #[test]
    fn what_may_hold_a_password_is_not_stored() {
        let json = r#"{"Description":"hunter2","SecretString":"hunter2","Name":"n"}"#;
        assert_eq!(kept("kms", json).as_deref(), Some(r#"{"Name":"n"}"#));
        assert_eq!(kept("secretsmanager", json).as_deref(), Some(r#"{"Description":"hunter2","Name":"n"}"#));
        let xml = "<a><b>1</b><description>hunter2</description><c/><PendingModifiedValues><x>hunter2</x></PendingModifiedValues></a>";
        assert_eq!(kept("rds", xml).as_deref(), Some("<a><b>1</b><c/></a>"));
        assert_eq!(kept("rds", "<a><description>hunter2"), None);
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
