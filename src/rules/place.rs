//! Places in a rule file's text: where YAML says a value is, and where a byte of a scalar's value stands among its indentation and line breaks.

use std::ops::Range;

use serde_saphyr::Location;

/// The bytes of `text` that `location` names; `None` when it names none.
pub(super) fn range(text: &str, location: Location) -> Option<Range<usize>> {
    let span = location.span();
    let start = match span.byte_offset().and_then(|offset| usize::try_from(offset).ok()) {
        Some(offset) => offset,
        None => at(text, location.line(), location.column())?,
    };
    let start = boundary(text, start);
    let length = span.byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    Some(start..boundary(text, start.saturating_add(length)))
}

/// The byte at a line and column, both from 1.
fn at(text: &str, line: u64, column: u64) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.checked_sub(1)?;
    let start = if line == 0 { 0 } else { text.match_indices('\n').nth(line - 1)?.0 + 1 };
    Some(text[start..].char_indices().nth(column).map_or(text.len(), |(offset, _)| start + offset))
}

/// The last character boundary at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Where `inner`, a range of bytes of a scalar's value, stands in the text of the scalar. Plain, quoted and block scalars differ from their value in
/// white space, quotes and escapes only, so both are walked in step and what has no partner in the value is passed over.
pub(super) fn in_scalar(text: &str, scalar: Range<usize>, value: &str, inner: Range<usize>) -> Range<usize> {
    let mut raw = text[scalar.clone()].char_indices().peekable();
    let mut places = vec![scalar.start; value.len() + 1];
    skip_block_header(&mut raw);
    let mut end = scalar.start;
    for (offset, wanted) in value.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        let Some((at, found)) = raw.by_ref().find(|(_, c)| *c == wanted) else { return scalar };
        places[offset] = scalar.start + at;
        end = scalar.start + at + found.len_utf8();
    }
    places[value.len()] = end;
    let place = |offset: usize, fallback: usize| match value[boundary(value, offset)..].char_indices().find(|(_, c)| !c.is_whitespace()) {
        Some((further, _)) => places[boundary(value, offset) + further],
        None => fallback,
    };
    let start = place(inner.start, end);
    let last = value[..boundary(value, inner.end)].char_indices().rfind(|(_, c)| !c.is_whitespace());
    let stop = match last {
        Some((offset, c)) if offset >= inner.start => places[offset] + c.len_utf8(),
        _ => start,
    };
    start..stop.max(start)
}

/// Passes over the `|` or `>` of a block scalar and what follows on its line.
fn skip_block_header(raw: &mut std::iter::Peekable<std::str::CharIndices<'_>>) {
    if raw.peek().is_some_and(|(_, c)| matches!(c, '|' | '>')) {
        raw.by_ref().find(|(_, c)| *c == '\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(text: &'t str, scalar: &str, value: &str, inner: &str) -> &'t str {
        let start = text.find(scalar).unwrap();
        let offset = value.find(inner).unwrap();
        &text[in_scalar(text, start..start + scalar.len(), value, offset..offset + inner.len())]
    }

    #[test]
    fn a_place_in_a_plain_scalar_is_found() {
        assert_eq!(found("when: a.b && c.d\n", "a.b && c.d", "a.b && c.d", "c.d"), "c.d");
    }

    #[test]
    fn a_place_in_a_folded_block_is_found_on_its_line() {
        let text = "when: >-\n  a.b &&\n  c.d\nmore: 1\n";
        assert_eq!(found(text, ">-\n  a.b &&\n  c.d\n", "a.b && c.d", "c.d"), "c.d");
        assert_eq!(found(text, ">-\n  a.b &&\n  c.d\n", "a.b && c.d", "a.b && c.d"), "a.b &&\n  c.d");
    }

    #[test]
    fn a_place_in_a_quoted_scalar_is_found() {
        assert_eq!(found("when: 'a == ''x'''\n", "'a == ''x'''", "a == 'x'", "=="), "==");
        assert_eq!(found("when: \"a == \\\"x\\\"\"\n", "\"a == \\\"x\\\"\"", "a == \"x\"", "x"), "x");
    }

    #[test]
    fn nonsense_gives_some_place_and_no_panic() {
        let text = "when: é 漢\n";
        for start in 0..6 {
            let _ = in_scalar(text, 6..text.len(), "é 漢x", start..start + 3);
        }
        assert_eq!(at(text, 1, 7), Some(6));
        assert_eq!(at(text, 9, 1), None);
        assert_eq!(at(text, 0, 0), None);
    }
}
