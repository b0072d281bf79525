//! AWS's values in the inventory's types.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::arn::Arn;

/// A time, to the millisecond, which is what AWS tells. JSON carries it as a binary fraction whose further digits are noise,
/// just below the millisecond as often as above: so it is rounded, not cut.
pub(super) fn time(time: Option<DateTime>) -> Option<Timestamp> {
    let milliseconds = time?.as_nanos().saturating_add(500_000).div_euclid(1_000_000);
    Timestamp::from_millisecond(i64::try_from(milliseconds).ok()?).ok()
}

/// An ARN, if AWS gave one.
pub(super) fn arn(text: Option<String>) -> Option<Arn> {
    Arn::parse(&text?).ok()
}

/// A text that is not empty: several services write an absent text so.
pub(super) fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A URL without what may be a password in it: the user before its host, and whatever follows its path. Neither decides where it leads.
pub(super) fn without_credentials(url: &str) -> String {
    let (base, behind) = url.find(['?', '#']).map_or((url, ""), |end| (&url[..end], "?***"));
    let Some((scheme, rest)) = base.split_once("://") else { return format!("{base}{behind}") };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}{path}{behind}"),
        None => format!("{base}{behind}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_to_the_millisecond_and_nonsense_is_no_time() {
        let of = |seconds: f64| time(Some(DateTime::from_secs_f64(seconds))).map(Timestamp::as_millisecond);
        assert_eq!(of(1_790_000_000.123), Some(1_790_000_000_123));
        assert_eq!(of(1_790_000_000.999_999_9), Some(1_790_000_001_000));
        assert_eq!(of(-0.001), Some(-1));
        assert_eq!(of(1e18), None);
    }

    #[test]
    fn a_url_is_kept_without_what_may_be_a_password_in_it() {
        for url in ["", "true", "https://vpce-1.secretsmanager.eu-west-1.vpce.amazonaws.com/a@b", "host:443/x", "é://ü/@"] {
            assert_eq!(without_credentials(url), url);
        }
        assert_eq!(without_credentials("https://me:p@ss@host:8443/x?y#z"), "https://***@host:8443/x?***");
        assert_eq!(without_credentials("https://host?token=p#q"), "https://host?***");
        assert_eq!(without_credentials("http://host#p/@q"), "http://host?***");
        assert_eq!(without_credentials("://p@"), "://***@");
    }
}
