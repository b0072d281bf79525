//! What can be asked of which service, and how each protocol writes a request.

use std::fmt::Write as _;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::inventory::Api;

/// What stays as it is in a form and in a query
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html>, <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>).
const ENCODED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The verbs with which the name of an operation that reads begins. No other operation can be called from here.
const READING: [&str; 4] = ["Describe", "Get", "List", "Search"];

/// A service that is called without a crate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// EC2, by its own Query protocol.
    Ec2,
    /// RDS, by the Query protocol.
    Rds,
    /// CloudFormation, by the Query protocol.
    CloudFormation,
    /// Route 53, by REST and XML; it has one endpoint for all regions of a partition.
    Route53,
    /// Route 53 Resolver, by JSON.
    Resolver,
    /// Secrets Manager, by JSON: for the operations that its crate does not have yet.
    SecretsManager,
    /// Organizations, by JSON; it has one endpoint for all regions of a partition.
    Organizations,
}

impl Service {
    /// The name in signatures, IAM actions and host names
    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>).
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Rds => "rds",
            Self::CloudFormation => "cloudformation",
            Self::Route53 => "route53",
            Self::Resolver => "route53resolver",
            Self::SecretsManager => "secretsmanager",
            Self::Organizations => "organizations",
        }
    }

    /// The name in `AWS_ENDPOINT_URL_…` and, in small letters, in the `services` sections of the configuration file
    /// (<https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html>).
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Ec2 => "EC2",
            Self::Rds => "RDS",
            Self::CloudFormation => "CloudFormation",
            Self::Route53 => "Route 53",
            Self::Resolver => "Route53Resolver",
            Self::SecretsManager => "Secrets Manager",
            Self::Organizations => "Organizations",
        }
    }

    /// The version of the API.
    const fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::Rds => "2014-10-31",
            Self::CloudFormation => "2010-05-15",
            Self::Route53 => "2013-04-01",
            Self::Resolver => "2018-04-01",
            Self::SecretsManager => "2017-10-17",
            Self::Organizations => "2016-11-28",
        }
    }

    /// What stands before an operation's name in a request by JSON; the other protocols have none.
    const fn target(self) -> &'static str {
        match self {
            Self::Resolver => "Route53Resolver",
            Self::SecretsManager => "secretsmanager",
            Self::Organizations => "AWSOrganizationsV20161128",
            Self::Ec2 | Self::Rds | Self::CloudFormation | Self::Route53 => "",
        }
    }
}

/// An operation that reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operation {
    service: Service,
    name: &'static str,
}

impl Operation {
    /// The operation of a row of the table of calls, if `service` has it and it reads.
    pub(super) fn of(api: Api, service: Service) -> Option<Self> {
        let (prefix, name) = api.spec().name.split_once(':')?;
        let reads = READING.iter().any(|verb| name.starts_with(verb));
        (prefix == service.name() && reads).then_some(Self { service, name })
    }

    pub(super) const fn name(self) -> &'static str {
        self.name
    }

    pub(super) const fn service(self) -> Service {
        self.service
    }

    /// The HTTP request.
    pub(super) fn request(self, asked: &Request) -> HttpRequest {
        let mut request = match self.service {
            Service::Ec2 | Service::Rds | Service::CloudFormation => {
                let head = [("Action", self.name), ("Version", self.service.version())];
                let body = encoded(head.into_iter().chain(asked.pairs()));
                let mut request = HttpRequest::new(SdkBody::from(body));
                request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
                request
            }
            Service::Route53 => HttpRequest::new(SdkBody::empty()),
            Service::Resolver | Service::SecretsManager | Service::Organizations => {
                let mut request = HttpRequest::new(SdkBody::from(asked.json.to_string()));
                request.headers_mut().insert("content-type", "application/x-amz-json-1.1");
                request.headers_mut().insert("x-amz-target", format!("{}.{}", self.service.target(), self.name));
                request
            }
        };
        let (method, uri) = if self.service == Service::Route53 {
            ("GET", format!("/{}/{}?{}", self.service.version(), asked.path, encoded(asked.pairs())))
        } else {
            ("POST", "/".to_owned())
        };
        // Names of methods are methods, and a path of ours with what is encoded for a query is a URI.
        request.set_method(method).unwrap_or_default();
        request.set_uri(uri).unwrap_or_default();
        request
    }
}

fn encoded<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        let separator = if text.is_empty() { "" } else { "&" };
        // Writing to a string does not fail.
        let _ = write!(text, "{separator}{name}={}", utf8_percent_encode(value, &ENCODED));
    }
    text
}

/// What is asked, without the name of the operation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    path: String,
    pairs: Vec<(String, String)>,
    json: Value,
    filters: usize,
}

impl Request {
    /// Nothing in particular.
    pub(crate) fn all() -> Self {
        Self::default()
    }

    /// A path below the API's version, for Route 53; each part is encoded.
    pub(crate) fn path(parts: &[&str]) -> Self {
        let parts: Vec<String> = parts.iter().map(|part| utf8_percent_encode(part, &ENCODED).to_string()).collect();
        Self { path: parts.join("/"), ..Self::default() }
    }

    /// A JSON document, for the services that are called by JSON.
    pub(crate) fn json(json: Value) -> Self {
        Self { json, ..Self::default() }
    }

    /// With a parameter.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let Value::Object(fields) = &mut self.json {
            fields.insert(name.to_owned(), value.into());
        }
        self.pairs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a filter of EC2's: what has one of these values
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html>).
    #[must_use]
    pub(crate) fn filter<'a>(mut self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        self.filters += 1;
        let filter = self.filters;
        self.pairs.push((format!("Filter.{filter}.Name"), name.to_owned()));
        for (index, value) in values.into_iter().enumerate() {
            self.pairs.push((format!("Filter.{filter}.Value.{}", index + 1), value.to_owned()));
        }
        self
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_operations_that_read_have_a_name_here() {
        for api in Api::ALL {
            let services = [
                Service::Ec2,
                Service::Rds,
                Service::CloudFormation,
                Service::Route53,
                Service::Resolver,
                Service::SecretsManager,
                Service::Organizations,
            ];
            let operations: Vec<_> = services.into_iter().filter_map(|service| Operation::of(api, service)).collect();
            assert!(operations.iter().all(|operation| READING.iter().any(|verb| operation.name().starts_with(verb))));
            let (prefix, _) = api.spec().name.split_once(':').unwrap();
            assert_eq!(operations.len(), usize::from(services.iter().any(|service| service.name() == prefix)), "{}", api.spec().name);
        }
        assert_eq!(Operation::of(Api::GetFunctionPolicy, Service::Ec2), None);
        assert_eq!(Operation::of(Api::DescribeVpcs, Service::Rds), None);
    }

    #[test]
    fn each_protocol_writes_its_own_request() {
        let body = |request: &HttpRequest| String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        let request = Request::all().filter("vpc-id", ["vpc-1", "a&b=c d"]).filter("state", ["é"]).with("MaxResults", "5");
        let written = Operation::of(Api::DescribeSubnets, Service::Ec2).unwrap().request(&request);
        assert_eq!((written.method(), written.uri()), ("POST", "/"));
        assert_eq!(
            body(&written),
            "Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.1.Value.2=a%26b%3Dc%20d\
             &Filter.2.Name=state&Filter.2.Value.1=%C3%A9&MaxResults=5"
        );

        let request = Request::path(&["hostedzone", "Z/1?", "rrset"]).with("name", "*.a");
        let written = Operation::of(Api::ListRecordSets, Service::Route53).unwrap().request(&request);
        assert_eq!((written.method(), written.uri()), ("GET", "/2013-04-01/hostedzone/Z%2F1%3F/rrset?name=%2A.a"));

        let request = Request::json(json!({"MaxResults": 100})).with("NextToken", "t");
        let written = Operation::of(Api::ListResolverRules, Service::Resolver).unwrap().request(&request);
        assert_eq!(written.headers().get("x-amz-target"), Some("Route53Resolver.ListResolverRules"));
        assert_eq!(body(&written), r#"{"MaxResults":100,"NextToken":"t"}"#);

        let request = Request::json(json!({"SecretId": "s"})).with("PolicyName", "p");
        let written = Operation::of(Api::GetSecretPolicy, Service::SecretsManager).unwrap().request(&request);
        assert_eq!(written.headers().get("x-amz-target"), Some("secretsmanager.GetResourcePolicy"));
        assert_eq!(body(&written), r#"{"PolicyName":"p","SecretId":"s"}"#);

        let written = Operation::of(Api::ListRoots, Service::Organizations).unwrap().request(&Request::json(json!({})));
        assert_eq!(written.headers().get("x-amz-target"), Some("AWSOrganizationsV20161128.ListRoots"));
    }
}
