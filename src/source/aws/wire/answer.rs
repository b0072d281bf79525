//! What an HTTP answer is, as far as the wire must know: an answer of AWS, a throttle, rejected credentials, or none of these.

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use serde::de::IgnoredAny;
use serde_json::Value;

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A definite answer: the same request would get it again.
    Answer,
    /// Too many requests.
    Throttle,
    /// The credentials were valid once.
    Expired,
    /// The caller, its signature or its page token is not accepted now; that says nothing about what was asked.
    Rejected,
    /// A web page or other text in place of an answer of AWS.
    Foreign,
    /// No answer, a part of one, or an error on AWS's side.
    Failure,
}

/// The codes by which services say that credentials are too old
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>, <https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>).
pub(super) const EXPIRED: [&str; 4] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

/// The codes by which services say that they do not know who asks, or not at this time of day.
const REJECTED: [&str; 12] = [
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "OptInRequired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// The error code of an answer, in whichever form its protocol tells it.
pub(super) fn code(header: Option<&str>, body: &[u8]) -> Option<String> {
    let bare = |code: &str| code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
    if let Some(code) = header {
        return Some(bare(code));
    }
    if let Ok(Value::Object(fields)) = serde_json::from_slice(body) {
        return ["__type", "code", "Code"].iter().find_map(|name| fields.get(*name)?.as_str()).map(bare);
    }
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.trim().to_owned())
}

/// What an answer with this status, content type, error code and body is. `retried` are the page tokens' codes and all else that is AWS's: an `Answer`.
pub(super) fn outcome(status: u16, kind: &str, code: Option<&str>, body: &[u8]) -> Outcome {
    let known = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
    match status {
        429 => Outcome::Throttle,
        _ if known(THROTTLING_ERRORS) => Outcome::Throttle,
        _ if known(&EXPIRED) => Outcome::Expired,
        _ if known(&REJECTED) || code.is_some_and(is_token_error) => Outcome::Rejected,
        500.. => Outcome::Failure,
        200..300 if !is_whole(kind, body) => Outcome::Foreign,
        200..300 => Outcome::Answer,
        _ if code.is_none() => Outcome::Foreign,
        _ => Outcome::Answer,
    }
}

/// Whether an error code says that a page token is not valid (any more): `InvalidNextTokenException`, KMS's `InvalidMarkerException`, EC2's `InvalidNextToken`, …
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html>, <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html>).
pub(crate) fn is_token_error(code: &str) -> bool {
    let told = ["NextToken", "Marker", "PaginationToken"].iter().any(|name| code.contains(name));
    told && (code.contains("Invalid") || code.contains("Expired"))
}

/// Whether a body is JSON or looks like XML; an empty one says nothing and is whole. The content type decides only where the body does not: a whole JSON object is
/// no web page, whatever a server that stands in for AWS calls it.
fn is_whole(kind: &str, body: &[u8]) -> bool {
    let is_page = kind.contains("html");
    match body.trim_ascii_start().first() {
        None => !is_page,
        Some(b'<') => !is_page && !body.trim_ascii_start().get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype")),
        Some(b'{') => serde_json::from_slice::<IgnoredAny>(body).is_ok(),
        Some(_) => !is_page && serde_json::from_slice::<IgnoredAny>(body).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, kind: &str, body: &str) -> Outcome {
        outcome(status, kind, code(None, body.as_bytes()).as_deref(), body.as_bytes())
    }

    #[test]
    fn every_protocol_tells_its_errors_in_its_own_form() {
        let json = r#"{"__type":"com.amazonaws.kms#NotFoundException","message":"x"}"#;
        assert_eq!(code(None, json.as_bytes()).as_deref(), Some("NotFoundException"));
        assert_eq!(code(Some("TooManyRequestsException:http://x"), b"{}").as_deref(), Some("TooManyRequestsException"));
        let xml = "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>";
        assert_eq!(code(None, xml.as_bytes()).as_deref(), Some("RequestLimitExceeded"));
        assert_eq!(code(None, b"<html>"), None);
    }

    #[test]
    fn a_definite_answer_is_told_from_what_another_attempt_may_change() {
        assert_eq!(of(200, "application/json", "{}"), Outcome::Answer);
        assert_eq!(of(200, "application/json", r#"{"a":"#), Outcome::Foreign);
        assert_eq!(of(200, "text/html; charset=utf-8", r#"{"SecretList":[]}"#), Outcome::Answer);
        assert_eq!(of(200, "text/html", r#"{"SecretList":["#), Outcome::Foreign);
        assert_eq!(
            [of(200, "", ""), of(200, "text/html", ""), of(200, "text/html", "0")],
            [Outcome::Answer, Outcome::Foreign, Outcome::Foreign]
        );
        assert_eq!(of(200, "text/html", "<html/>"), Outcome::Foreign);
        assert_eq!(of(200, "text/xml", "<!DOCTYPE html><html/>"), Outcome::Foreign);
        assert_eq!(of(404, "text/html", "<html/>"), Outcome::Foreign);
        assert_eq!(of(400, "", r#"{"__type":"AccessDeniedException"}"#), Outcome::Answer);
        assert_eq!(of(400, "", r#"{"__type":"ThrottlingException"}"#), Outcome::Throttle);
        assert_eq!(
            of(503, "", "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>"),
            Outcome::Throttle
        );
        assert_eq!(of(500, "", r#"{"__type":"InternalFailure"}"#), Outcome::Failure);
        assert_eq!(of(400, "", r#"{"__type":"ExpiredTokenException"}"#), Outcome::Expired);
        assert_eq!(of(400, "", r#"{"__type":"InvalidNextTokenException"}"#), Outcome::Rejected);
        assert_eq!(of(400, "", r#"{"__type":"InvalidSignatureException"}"#), Outcome::Rejected);
    }
}
