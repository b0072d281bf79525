//! Functions that make texts, and those that look into them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::policy::{Part, Text};
use crate::source::terraform::code::made::Made;

/// A text that is put together of others is no longer than this, in bytes.
const MOST_BYTES: usize = 8 << 20;

/// So many spaces `indent` puts before a line at the most.
const MOST_SPACES: usize = 100;

/// In the ARN of a service so many colons stand before what it names.
const COLONS: usize = 5;

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("join", [between, lists @ ..]) if !lists.is_empty() => joined(between, lists),
        ("split", [between, text]) => split(between, text),
        ("replace", [text, part, by]) => replaced(text, part, by),
        ("lower", [text]) => each_letter(text, char::to_lowercase),
        ("upper", [text]) => each_letter(text, char::to_uppercase),
        ("title", [text]) if text.certain()?.is_ascii() => changed(text, titled),
        ("strrev", [text]) if text.certain()?.is_ascii() => changed(text, |text| text.chars().rev().collect()),
        ("indent", [spaces, text]) => {
            let spaces = usize::try_from(spaces.as_number()?).ok().filter(|spaces| *spaces <= MOST_SPACES)?;
            let text = text.certain().filter(|text| text.len() <= MOST_BYTES / (MOST_SPACES + 1))?;
            Some(Made::literal(&text.replace('\n', &format!("\n{}", " ".repeat(spaces)))))
        }
        ("urlencode", [text]) => changed(text, url_encoded),
        ("trimspace", [text]) => changed(text, |text| text.trim().to_owned()),
        ("chomp", [text]) => changed(text, |text| text.trim_end_matches(['\n', '\r']).to_owned()),
        ("basename", [text]) if !text.certain()?.trim_end_matches('/').is_empty() => {
            changed(text, |text| text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned())
        }
        ("trim", [text, cut]) => {
            let cut = cut.certain()?;
            changed(text, |text| text.trim_matches(|c| cut.contains(c)).to_owned())
        }
        ("trimprefix", [text, prefix]) => without_prefix(text, prefix.certain()?),
        ("trimsuffix", [text, suffix]) => {
            let suffix = suffix.certain()?;
            changed(text, |text| text.strip_suffix(suffix).unwrap_or(text).to_owned())
        }
        ("substr", [text, from, length]) => {
            let (text, from, length) = (text.certain()?, from.as_number()?, length.as_number()?);
            let back = usize::try_from(from.unsigned_abs()).ok()?;
            let from = if from < 0 { text.len().saturating_sub(back) } else { back };
            // Below zero it goes to the end, and so does nothing at all that is counted from there.
            let length = usize::try_from(length).ok().filter(|length| *length > 0 || from == back).unwrap_or(usize::MAX);
            // Terraform counts grapheme clusters, which are characters in plain text.
            let is_plain = text.is_ascii() && !text.contains('\r');
            is_plain.then(|| Made::literal(&text.chars().skip(from).take(length).collect::<String>()))
        }
        ("startswith", [text, prefix]) => begins(&text.text().ok()?, prefix.certain()?).map(truth),
        ("endswith", [text, suffix]) => Some(truth(text.certain()?.ends_with(suffix.certain()?))),
        ("strcontains", [text, part]) => Some(truth(text.certain()?.contains(part.certain()?))),
        _ => None,
    }
}

/// The parts of a text between what stands in all of them. A symbol never holds a colon, so an ARN can be taken apart of which only the end is not known.
pub(super) fn split(between: &Made, text: &Made) -> Option<Made> {
    let (between, Made::Text(text)) = (between.certain()?, text) else { return None };
    if let Some(text) = text.as_literal() {
        return match between {
            "" if text.is_ascii() => Some(Made::List(text.char_indices().map(|(at, _)| Made::literal(&text[at..=at])).collect())),
            "" => None,
            _ => Some(Made::List(text.split(between).map(Made::literal).collect())),
        };
    }
    let is_whole = between == ":" && text.literal_prefix().matches(':').count() >= COLONS;
    is_whole.then(|| Made::List(text.written().split(':').map(|piece| Made::Text(Text::parse(piece))).collect()))
}

fn truth(truth: bool) -> Made {
    Made::Plain(truth.into())
}

fn changed(text: &Made, change: impl FnOnce(&str) -> String) -> Option<Made> {
    Some(Made::literal(&change(text.certain()?)))
}

/// Every letter as Go changes it: into one, so that those of which Unicode makes several are left open.
fn each_letter<L: Iterator<Item = char>>(text: &Made, change: impl Fn(char) -> L) -> Option<Made> {
    let one = |letter: char| {
        let mut all = change(letter);
        all.next().filter(|_| all.next().is_none())
    };
    text.certain()?.chars().map(one).collect::<Option<String>>().map(|text| Made::literal(&text))
}

/// As Go's `url.QueryEscape` has it.
fn url_encoded(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');
    utf8_percent_encode(text, KEPT).to_string().replace(' ', "+")
}

/// Every word with a large first letter; words end at blanks and at signs, as Go's `strings.Title` has it.
fn titled(text: &str) -> String {
    let mut is_first = true;
    let letter = |letter: char| {
        let is_word = letter.is_ascii_alphanumeric() || letter == '_' || (!letter.is_ascii() && !letter.is_whitespace());
        let large = if is_first { letter.to_uppercase().to_string() } else { letter.to_string() };
        is_first = !is_word;
        large
    };
    text.chars().map(letter).collect()
}

/// A text of these parts, unless it gets too long.
pub(super) fn assembled(parts: impl IntoIterator<Item = Part>) -> Option<Made> {
    let mut bytes = 0;
    let mut all = Vec::new();
    for part in parts {
        if let Part::Literal(text) = &part {
            bytes += text.len();
        }
        if bytes > MOST_BYTES || all.len() > MOST_BYTES / 64 {
            return None;
        }
        all.push(part);
    }
    Some(Made::Text(Text::from_parts(all)))
}

pub(super) fn literal(text: &str) -> Part {
    Part::Literal(text.into())
}

/// A text with what takes the place of a part of it, which may be a symbol. In a text that holds symbols nobody knows where the part is, and a part between slashes is a regular expression.
fn replaced(text: &Made, part: &Made, by: &Made) -> Option<Made> {
    let (text, part, by) = (text.certain()?, part.certain()?, by.text().ok()?.parts());
    if part.is_empty() || (part.len() > 1 && part.starts_with('/') && part.ends_with('/')) {
        return None;
    }
    let pieces = text.split(part).enumerate();
    assembled(pieces.flat_map(|(index, piece)| by.iter().filter(move |_| index > 0).cloned().chain([literal(piece)])))
}

fn joined(between: &Made, lists: &[Made]) -> Option<Made> {
    // Of one that is in no order it is not known what the text is.
    if !lists.iter().all(Made::is_placed) {
        return None;
    }
    let between = between.text().ok()?.parts();
    let items: Vec<&Made> = lists.iter().map(Made::items).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let is_null = |item: &&Made| **item == Made::Plain(serde_json::Value::Null);
    if items.iter().any(is_null) {
        return None;
    }
    let items: Vec<Vec<Part>> = items.into_iter().map(|item| item.text().ok().map(|text| text.parts())).collect::<Option<_>>()?;
    assembled(items.into_iter().enumerate().flat_map(|(index, item)| between.iter().filter(move |_| index > 0).cloned().chain(item)))
}

/// Whether a text begins with this; `None` where that hangs on a symbol.
fn begins(text: &Text, prefix: &str) -> Option<bool> {
    let known = text.literal_prefix();
    match text.as_literal() {
        Some(text) => Some(text.starts_with(prefix)),
        None if known.starts_with(prefix) => Some(true),
        None if prefix.starts_with(known) => None,
        None => Some(false),
    }
}

fn without_prefix(text: &Made, prefix: &str) -> Option<Made> {
    let text = text.text().ok()?;
    if !begins(&text, prefix)? {
        return Some(Made::Text(text));
    }
    let mut parts = text.parts();
    if let Some(Part::Literal(first)) = parts.first_mut() {
        *first = first.strip_prefix(prefix)?.into();
    }
    assembled(parts)
}
