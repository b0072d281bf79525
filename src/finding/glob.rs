//! Patterns in which `*` and `?` stand for text. Waivers, configuration and the command line name things so.

use crate::arn::Arn;

/// Whether `text` is `pattern`, where `*` stands for any text and `?` for one character. After a failed match only the last `*`
/// is tried again, one character further, so the work is bounded by the product of the lengths.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut last_star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                last_star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match last_star {
                Some((star, from)) => {
                    last_star = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Whether a pattern names this resource, which people call `name`: by its ARN, a secret's also without the random suffix, or by its name.
pub fn names(pattern: &str, resource: &Arn, name: &str) -> bool {
    if !pattern.starts_with("arn:") {
        return glob(pattern, name);
    }
    let arn = resource.as_str();
    let without_suffix = arn.rfind('-').filter(|_| resource.service() == "secretsmanager");
    glob(pattern, arn) || without_suffix.is_some_and(|end| glob(pattern, &arn[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_named_by_name_arn_or_glob() {
        let named = |pattern: &str, text: &str| {
            let arn = Arn::parse(text).unwrap();
            names(pattern, &arn, arn.name())
        };
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/main-db-AbCdEf";
        for pattern in ["prod/main-db", "prod/*", "*", "pr?d/*b", secret, &secret[..secret.len() - 7], "arn:*:secret:prod/*"] {
            assert!(named(pattern, secret), "{pattern}");
        }
        for pattern in ["", "prod", "prod/main", "prod/main-db-AbCdEf", "prod/main-db?", "arn:*:secret:test/*", "PROD/MAIN-DB"] {
            assert!(!named(pattern, secret), "{pattern}");
        }
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-db";
        assert!(named("rotate-*", function) && named(function, function));
        assert!(!named("rotate", function) && !named("arn:aws:lambda:eu-west-1:111122223333:function:rotate", function));
    }

    #[test]
    fn stars_stand_for_any_text_and_question_marks_for_one_character() {
        for (pattern, text) in [("", ""), ("*", ""), ("*", "a/b"), ("a*c", "abbc"), ("a?c", "abc"), ("*b*", "abc"), ("**", "x")] {
            assert!(glob(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("a", ""), ("a?", "a"), ("A", "a"), ("a*d", "abc")] {
            assert!(!glob(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_ends() {
        assert!(!glob(&format!("{}b", "*a".repeat(500)), &"a".repeat(5_000)));
    }
}
