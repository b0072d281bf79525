//! Why a service did not answer what it was asked, with the code by which the SDK's layers know what to try again.

use std::error::Error;
use std::fmt;

use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::{ErrorKind, ProvideErrorKind};
use serde_json::Value;

use super::operation::Service;
use super::tree::{Element, Malformed};

/// An answer that is an error, or that is none of the service's.
#[derive(Debug)]
pub(crate) struct Refusal(ErrorMetadata);

impl Refusal {
    /// The error in the body of an answer with an HTTP status other than success; without a code when the body is not the service's.
    pub(super) fn read(service: Service, code_header: Option<&str>, body: &str) -> Self {
        let (code, message) = match service {
            Service::Resolver | Service::SecretsManager | Service::Organizations => json_error(code_header, body),
            // EC2 writes `Response/Errors/Error`, the others `ErrorResponse/Error`
            // (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
            _ => Element::from_xml(body).ok().map_or((None, None), |root| {
                let error = root.child("Errors").unwrap_or(&root).child("Error");
                let text = |name: &str| error.and_then(|error| error.text(name)).map(str::to_owned);
                (text("Code"), text("Message"))
            }),
        };
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = code {
            metadata = metadata.code(code);
            if let Some(message) = message {
                metadata = metadata.message(message);
            }
        }
        Self(metadata.build())
    }

    /// The error of an answer that is not the service's at all.
    pub(super) fn foreign() -> Self {
        Self(ErrorMetadata::builder().build())
    }
}

impl From<Malformed> for Refusal {
    /// The service's answer, but for something in it.
    fn from(malformed: Malformed) -> Self {
        Self(ErrorMetadata::builder().message(malformed.to_string()).build())
    }
}

/// The code of `__type` is behind a number sign, and may have a colon after it (<https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>).
fn json_error(header: Option<&str>, body: &str) -> (Option<String>, Option<String>) {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let code = header.map(str::to_owned).or_else(|| text("__type")).or_else(|| text("code"));
    let code = code.map(|code| code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned());
    (code, text("message").or_else(|| text("Message")))
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl ProvideErrorKind for Refusal {
    fn retryable_error_kind(&self) -> Option<ErrorKind> {
        None
    }

    fn code(&self) -> Option<&str> {
        self.0.code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(service: Service, header: Option<&str>, body: &str) -> (Option<String>, Option<String>) {
        let refusal = Refusal::read(service, header, body);
        (ProvideErrorMetadata::code(&refusal).map(str::to_owned), refusal.message().map(str::to_owned))
    }

    #[test]
    fn every_service_tells_its_errors_in_its_own_form() {
        let expected = (Some("X".to_owned()), Some("y & z".to_owned()));
        let ec2 = "<Response><Errors><Error><Code>X</Code><Message>y &amp; z</Message></Error></Errors><RequestID>0</RequestID></Response>";
        assert_eq!(told(Service::Ec2, None, ec2), expected);
        let query =
            "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>X</Code><Message>y &amp; z</Message></Error></ErrorResponse>";
        assert_eq!(told(Service::Rds, None, query), expected);
        assert_eq!(told(Service::Route53, None, query), expected);
        let json = r#"{"__type":"com.amazonaws.route53resolver#X:http://x","Message":"y & z"}"#;
        assert_eq!(told(Service::Resolver, None, json), expected);
        assert_eq!(told(Service::Resolver, Some("X"), r#"{"message":"y & z"}"#), expected);
    }

    #[test]
    fn what_is_not_the_services_has_no_code() {
        for body in ["", "<html><body>Bad gateway</body></html>", "{\"message\":\"no\"}", "<Response/>"] {
            for service in
                [Service::Ec2, Service::Rds, Service::Route53, Service::Resolver, Service::SecretsManager, Service::Organizations]
            {
                assert_eq!(told(service, None, body), (None, None), "{body}");
            }
        }
    }
}
