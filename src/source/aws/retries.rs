//! How often a call is tried: as the options say, as AWS's own settings say, or eight times. `session` asks here.

use aws_config::SdkConfig;
use aws_config::retry::{RetryConfig, RetryMode};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::source::error::SourceError;

/// How often a call is tried before it becomes a gap, unless somebody says otherwise.
pub(super) const MAX_ATTEMPTS: u32 = 8;

/// The settings of every AWS tool, in the environment and, as `max_attempts` and `retry_mode`, in the profile
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>).
const ATTEMPTS: [&str; 2] = ["AWS_MAX_ATTEMPTS", "max_attempts"];
const MODE: [&str; 2] = ["AWS_RETRY_MODE", "retry_mode"];

/// How calls are tried with this configuration; `told` by the options comes before what the user has set for all tools.
///
/// # Errors
/// A setting is none that an AWS tool understands.
pub(super) fn retries(config: &SdkConfig, told: Option<u32>) -> Result<RetryConfig, SourceError> {
    let settings = config.service_config();
    let attempts = match told {
        Some(told) => told.max(1),
        None => attempts(set(settings, ATTEMPTS).as_deref())?,
    };
    Ok(mode(set(settings, MODE).as_deref())?.with_max_attempts(attempts))
}

fn set(settings: Option<&dyn LoadServiceConfig>, [variable, of_profile]: [&str; 2]) -> Option<String> {
    // The settings of one service are none of ours: what is asked for here holds for all of them.
    let key = ServiceConfigKey::builder().service_id("rotaudit").env(variable).profile(of_profile).build().ok()?;
    settings?.load_config(key).map(|value| value.trim().to_owned())
}

fn attempts(set: Option<&str>) -> Result<u32, SourceError> {
    let Some(text) = set.filter(|text| !text.is_empty()) else { return Ok(MAX_ATTEMPTS) };
    text.parse().ok().filter(|attempts| *attempts > 0).ok_or_else(|| unusable(ATTEMPTS, text, "a whole number of at least 1"))
}

/// `legacy` is that of tools from before 2020; the SDK under us does not have it, and its attempts are those of `standard`.
fn mode(set: Option<&str>) -> Result<RetryConfig, SourceError> {
    match set.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "standard" | "legacy") => Ok(RetryConfig::standard()),
        Some("adaptive") => Ok(RetryConfig::standard().with_retry_mode(RetryMode::Adaptive)),
        Some(other) => Err(unusable(MODE, other, "standard, adaptive or legacy")),
    }
}

fn unusable([variable, of_profile]: [&'static str; 2], value: &str, wanted: &'static str) -> SourceError {
    SourceError::Setting { variable, of_profile, value: value.to_owned(), wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_for_every_tool_holds_for_us_and_else_we_try_eight_times() {
        assert_eq!(attempts(None).unwrap(), 8);
        assert_eq!(attempts(Some("3")).unwrap(), 3);
        assert_eq!(mode(Some("Adaptive")).unwrap().mode(), RetryMode::Adaptive);
        assert_eq!([None, Some("standard"), Some("legacy")].map(|set| mode(set).unwrap().mode()), [RetryMode::Standard; 3]);
    }

    #[test]
    fn what_cannot_be_meant_is_an_error_that_names_the_setting() {
        for text in ["0", "-1", "many", "1.5"] {
            let error = attempts(Some(text)).unwrap_err().to_string();
            assert!(error.contains("AWS_MAX_ATTEMPTS") && error.contains(text) && error.contains("at least 1"), "{error}");
        }
        let error = mode(Some("patient")).unwrap_err().to_string();
        assert!(error.contains("AWS_RETRY_MODE") && error.contains("patient"), "{error}");
    }

    #[test]
    fn options_come_before_settings_and_no_call_is_tried_less_than_once() {
        let config = SdkConfig::builder().build();
        assert_eq!(retries(&config, Some(0)).unwrap().max_attempts(), 1);
        assert_eq!(retries(&config, None).unwrap().max_attempts(), 8);
    }
}
