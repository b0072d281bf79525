//! Patterns in which `*` and `?` stand for text. Waivers, configuration and the command line name things so.

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

#[cfg(test)]
mod tests {
    use super::*;

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
