//! What the environment variables of a function tell: which of them change what runs in it or whom it trusts, which look like secrets, and how AWS's
//! templates make passwords with them. Called by `details`.

use crate::inventory::Variables;

/// They have other code run in the function's process (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html>), or are those by which the
/// dynamic linker and the interpreters load it.
const INJECTING: [&str; 9] = [
    "AWS_LAMBDA_EXEC_WRAPPER",
    "DOTNET_STARTUP_HOOKS",
    "JAVA_TOOL_OPTIONS",
    "LD_AUDIT",
    "LD_PRELOAD",
    "NODE_OPTIONS",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYOPT",
];

/// They name a proxy or certificates to be trusted (<https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html>; the others are those of the
/// languages' HTTP libraries). The endpoints that a function may be given are looked at where its network is.
const REROUTING: [&str; 12] = [
    "ALL_PROXY",
    "AWS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "PYTHONHTTPSVERIFY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "GRPC_PROXY",
];

/// How names of variables end that hold a secret.
const LIKE_SECRETS: [&str; 12] = [
    "ACCESS_KEY",
    "API_KEY",
    "APIKEY",
    "AUTH_TOKEN",
    "CREDENTIALS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "SECRET_KEY",
    "TOKEN",
];

/// `DICT_KEY_PASSWORD` is the name of a field in the secret of a directory, not a password
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html>).
const NAMES_OF_FIELDS: &str = "DICT_KEY_";

pub(super) fn injecting(variables: &Variables) -> impl Iterator<Item = &str> {
    named(variables, |name| INJECTING.contains(&name))
}

/// Proxies are read in small letters too.
pub(super) fn rerouting(variables: &Variables) -> impl Iterator<Item = &str> {
    named(variables, |name| REROUTING.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

pub(super) fn named_like_secrets(variables: &Variables) -> impl Iterator<Item = &str> {
    named(variables, |name| {
        let name = name.to_ascii_uppercase();
        let ends = |ending: &&str| name.strip_suffix(*ending).is_some_and(|before| before.is_empty() || before.ends_with('_'));
        !name.starts_with(NAMES_OF_FIELDS) && LIKE_SECRETS.iter().any(ends)
    })
}

fn named(variables: &Variables, wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
    variables.names.iter().map(String::as_str).filter(move |name| wanted(name))
}

/// What AWS's templates ask of `GetRandomPassword`
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html>).
pub(super) struct PasswordSettings {
    length: u32,
    /// How many characters may come.
    alphabet: u32,
}

/// What the templates leave out unless told otherwise: characters that connection strings and databases do not take.
const LEFT_OUT: [&str; 5] = ["/", "@", "\"", "'", "\\"];
/// The length unless told otherwise; some templates have 30 or 20, which is as good.
const LENGTH: u32 = 32;
const MOST_LENGTH: u32 = 4_096;
/// A variable by which the templates leave out a kind of characters, and whether a character is of it.
type Kind = (&'static str, fn(&char) -> bool);

const KINDS: [Kind; 4] = [
    ("EXCLUDE_LOWERCASE", char::is_ascii_lowercase),
    ("EXCLUDE_UPPERCASE", char::is_ascii_uppercase),
    ("EXCLUDE_NUMBERS", char::is_ascii_digit),
    ("EXCLUDE_PUNCTUATION", char::is_ascii_punctuation),
];

impl PasswordSettings {
    /// `None` when the template, or `GetRandomPassword`, would stop at them.
    pub(super) fn of(variables: &Variables) -> Option<Self> {
        let setting = |name: &str| variables.password_settings.get(name).map(String::as_str);
        let is_on =
            |name: &str| setting(name).is_some_and(|value| ["true", "1", "y", "yes"].contains(&value.to_ascii_lowercase().as_str()));
        let length = match setting("PASSWORD_LENGTH") {
            None => LENGTH,
            // Python's `int` takes spaces around a number.
            Some(text) => text.trim().parse().ok().filter(|length| (1..=MOST_LENGTH).contains(length))?,
        };
        let default = LEFT_OUT.concat();
        let excluded = setting("EXCLUDE_CHARACTERS").unwrap_or(&default);
        let comes = |c: &char| !excluded.contains(*c) && KINDS.iter().any(|(variable, is_of)| is_of(c) && !is_on(variable));
        let alphabet = u32::try_from(('!'..='~').filter(comes).count()).unwrap_or_default();
        (alphabet > 0).then_some(Self { length, alphabet })
    }

    /// Bits of chance, rounded down: the length times the logarithm of the number of characters, which the power keeps to a twentieth of a bit.
    pub(super) fn bits(&self) -> Option<i64> {
        const POWER: u32 = 18;
        let of_one = u128::from(self.alphabet).checked_pow(POWER)?.checked_ilog2()?;
        Some(i64::from(self.length.checked_mul(of_one)? / POWER))
    }

    /// What the templates leave out for good reason and a list of one's own brings back.
    pub(super) fn risky_characters(variables: &Variables) -> impl Iterator<Item = &'static str> + use<> {
        let own = variables.password_settings.get("EXCLUDE_CHARACTERS");
        let punctuation = variables.password_settings.get("EXCLUDE_PUNCTUATION").is_some_and(|it| it.eq_ignore_ascii_case("true"));
        let missing: Vec<&str> = match own {
            Some(own) if !punctuation => LEFT_OUT.into_iter().filter(|c| !own.contains(c)).collect(),
            _ => Vec::new(),
        };
        missing.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        Variables {
            names: pairs.iter().map(|(name, _)| (*name).to_owned()).collect(),
            password_settings: pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    fn bits(pairs: &[(&str, &str)]) -> Option<i64> {
        PasswordSettings::of(&variables(pairs)).and_then(|it| it.bits())
    }

    #[test]
    fn bits_follow_from_length_and_characters() {
        assert_eq!(bits(&[]), Some(206), "32 of 89 characters");
        assert_eq!(bits(&[("PASSWORD_LENGTH", " 16 "), ("EXCLUDE_PUNCTUATION", "True")]), Some(95), "16 of 62");
        assert_eq!(bits(&[("PASSWORD_LENGTH", "8"), ("EXCLUDE_CHARACTERS", "")]), Some(52), "8 of 94");
        assert_eq!(bits(&[("EXCLUDE_LOWERCASE", "no"), ("PASSWORD_LENGTH", "4096")]), Some(26_396));
        let digits = [("EXCLUDE_LOWERCASE", "1"), ("EXCLUDE_UPPERCASE", "y"), ("EXCLUDE_PUNCTUATION", "YES"), ("PASSWORD_LENGTH", "9")];
        assert_eq!(bits(&digits), Some(29), "9 of 10");
    }

    #[test]
    fn settings_that_no_template_takes_are_none() {
        for nonsense in ["", "0", "-1", "4097", "32.0", "eighteen", "99999999999999999999"] {
            assert_eq!(bits(&[("PASSWORD_LENGTH", nonsense)]), None, "{nonsense}");
        }
        let nothing = KINDS.map(|(name, _)| (name, "true"));
        assert_eq!(bits(&nothing), None);
    }

    #[test]
    fn a_list_of_ones_own_may_bring_back_what_breaks_connection_strings() {
        let back = |pairs: &[(&str, &str)]| PasswordSettings::risky_characters(&variables(pairs)).collect::<String>();
        assert_eq!(back(&[]), "");
        assert_eq!(back(&[("EXCLUDE_CHARACTERS", ":/@\"'\\")]), "");
        assert_eq!(back(&[("EXCLUDE_CHARACTERS", "/")]), "@\"'\\");
        assert_eq!(back(&[("EXCLUDE_CHARACTERS", ""), ("EXCLUDE_PUNCTUATION", "true")]), "");
    }

    #[test]
    fn names_tell_secrets_from_settings() {
        let all = variables(&[
            ("DB_PASSWORD", ""),
            ("PASSWORD", ""),
            ("GITHUB_TOKEN", ""),
            ("dd_api_key", ""),
            ("MASTER_SECRET", ""),
            ("PASSWORD_LENGTH", ""),
            ("SECRET_ARN", ""),
            ("SECRETS_MANAGER_ENDPOINT", ""),
            ("DICT_KEY_PASSWORD", ""),
            ("NOPASSWORD", ""),
            ("MONKEY", ""),
        ]);
        assert_eq!(
            named_like_secrets(&all).collect::<Vec<_>>(),
            ["DB_PASSWORD", "GITHUB_TOKEN", "MASTER_SECRET", "PASSWORD", "dd_api_key"]
        );
    }
}
