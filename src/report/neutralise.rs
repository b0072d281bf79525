//! Text that came from AWS made safe for where it is printed: a terminal obeys escape sequences, and a reader is misled by
//! marks that reorder or hide text. Every text renderer calls `terminal_safe`; the JSON writer asks `is_deceptive`.

use std::borrow::Cow;

use crate::policy::{Part, Text};

/// `text` with what a template leaves open as people read it: a made-up name by what it belongs to, characters that AWS makes up as question marks, and what
/// nobody knows in braces.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    let parsed = Text::parse(text);
    if parsed.as_literal().is_some() {
        return Cow::Borrowed(text);
    }
    let part = |part: Part| match part {
        Part::Literal(text) => text.to_string(),
        Part::Symbol(symbol) if !symbol.is_fresh() => format!("{{{}}}", symbol.id()),
        Part::Symbol(symbol) => symbol.length().map_or_else(|| symbol.id().to_owned(), |length| "?".repeat(length.min(MOST_MARKS))),
    };
    Cow::Owned(parsed.parts().into_iter().map(part).collect())
}

/// So many characters that are not known are shown one by one.
const MOST_MARKS: usize = 12;

/// `text` on one line, with every character that a terminal obeys or a reader cannot see written as `\u{…}`, and cut to
/// `max` characters; what is cut ends in `…` and its size in bytes.
pub fn terminal_safe(text: &str, max: usize) -> String {
    let text = &*shown(text);
    let mut safe = String::with_capacity(text.len().min(max));
    let mut room = max;
    for c in text.chars() {
        let escaped = is_deceptive(c);
        let takes = if escaped { c.escape_unicode().len() } else { 1 };
        if takes > room {
            safe.push_str("… (");
            safe.push_str(&size(text.len()));
            safe.push(')');
            return safe;
        }
        room -= takes;
        if escaped {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Whether `c` must not reach a reader as it is: control, format and bidirectional marks, separators of lines, blanks other
/// than the space, private-use and unassigned code points, and marks that draw nothing.
pub(super) fn is_deceptive(c: char) -> bool {
    !matches!(c, ' '..='~') && (draws_nothing(c) || !is_printable(c))
}

/// What the standard library prints unescaped is assigned, has a glyph and is neither control, format nor private use. The
/// letter in front keeps combining accents printable: only a leading one is escaped.
fn is_printable(c: char) -> bool {
    let mut pair = [b'a'; 5];
    let end = 1 + c.encode_utf8(&mut pair[1..]).len();
    std::str::from_utf8(&pair[..end]).is_ok_and(|pair| pair.escape_debug().nth(1) == Some(c))
}

/// Assigned and called printable, but drawn as nothing: joiners, fillers and variation selectors
/// (Unicode's `Default_Ignorable_Code_Point`).
const fn draws_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// A number of bytes as people say it.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written down apart from the code above, so that the two can disagree.
    fn forbidden(c: char) -> bool {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}' | '\u{ad}')
            || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
    }

    #[test]
    fn an_escape_sequence_is_shown_and_not_obeyed() {
        assert_eq!(terminal_safe("a\u{1b}[2Jb\r\n\tc\u{7f}", 99), r"a\u{1b}[2Jb\u{d}\u{a}\u{9}c\u{7f}");
        assert_eq!(terminal_safe("\u{9b}31m", 99), r"\u{9b}31m");
    }

    #[test]
    fn text_that_would_be_shown_in_another_order_is_spelled_out() {
        assert_eq!(terminal_safe("prod\u{202e}bd", 99), r"prod\u{202e}bd");
        assert_eq!(terminal_safe("a\u{2066}b\u{2069}\u{200f}\u{61c}", 99), r"a\u{2066}b\u{2069}\u{200f}\u{61c}");
    }

    #[test]
    fn text_that_cannot_be_seen_is_spelled_out() {
        for c in ['\u{200b}', '\u{200d}', '\u{feff}', '\u{fe0f}', '\u{3164}', '\u{a0}', '\u{e000}', '\u{378}', '\u{e0041}', '\u{2028}'] {
            assert_eq!(terminal_safe(&c.to_string(), 99), c.escape_unicode().to_string());
        }
    }

    #[test]
    fn the_letters_of_the_world_stay_as_they_are() {
        for text in ["Zürich", "東京", "मुंबई", "Ω — “quoted” \\ \"'", "e\u{301}", "🔑"] {
            assert_eq!(terminal_safe(text, 99), text);
        }
    }

    #[test]
    fn what_a_template_leaves_open_is_shown_as_people_read_it() {
        assert_eq!(terminal_safe("secret:⟦Db⟧-⟦Db#6⟧ in ⟦?parameter Stage⟧", 99), "secret:Db-?????? in {parameter Stage}");
        assert_eq!(terminal_safe("⟦\u{1b}⟧", 99), r"\u{1b}");
        assert_eq!(terminal_safe("⟦broken", 99), "⟦broken");
    }

    #[test]
    fn long_text_is_cut_between_characters_and_says_how_long_it_was() {
        assert_eq!(terminal_safe(&"é".repeat(32_000), 3), "ééé… (64 kB)");
        assert_eq!(terminal_safe("\u{1b}\u{1b}", 7), r"\u{1b}… (2 B)");
        assert_eq!(terminal_safe("abc", 3), "abc");
    }

    proptest! {
        #[test]
        fn whatever_goes_in_nothing_dangerous_comes_out(text in "\\PC*|[\\x00-\\xff\u{2000}-\u{206f}\u{e000}-\u{e0200}]*", max in 0_usize..200) {
            let safe = terminal_safe(&text, max);
            prop_assert!(!safe.chars().any(forbidden), "{safe:?}");
            prop_assert!(safe.chars().count() <= max + 12);
        }

        #[test]
        fn no_single_character_comes_through_that_must_not(c in any::<char>()) {
            prop_assert_eq!(forbidden(c) && !is_deceptive(c), false);
        }
    }
}
