//! Shell-like patterns for the names of secrets: `*` for anything, `?` for one character. The pipeline filters with it.

/// Whether all of `text` matches `pattern`. Takes time in proportion to the product of their lengths at worst.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Behind the last star, and how much of the text it has swallowed: where to go on when what follows does not fit.
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((behind, swallowed)) = retry else { return false };
                retry = Some((behind, swallowed + 1));
                p = behind;
                t = swallowed + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_matches_anything_and_a_question_mark_one_character() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("prod/*", "prod/db"),
            ("*db", "prod/db"),
            ("p*/d?", "prod/db"),
            ("a*b*c", "aXbXbc"),
            ("prod/db", "prod/db"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("", "a"), ("prod", "prod/db"), ("?", ""), ("a*b*c", "aXbXb"), ("Prod/*", "prod/db")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        assert!(!matches(&"a*".repeat(200), &format!("{}b", "a".repeat(150))));
    }
}
