//! Functions that make texts, and those that look into them.

use crate::policy::{Part, Text};
use crate::source::terraform::code::made::Made;

/// A text that is put together of others is no longer than this, in bytes.
const MOST_BYTES: usize = 8 << 20;

/// In the ARN of a service so many colons stand before what it names.
const COLONS: usize = 5;

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("format", [pattern, values @ ..]) => formatted(pattern, values),
        ("formatlist", [pattern, values @ ..]) => formatted_each(pattern, values),
        ("join", [between, lists @ ..]) => joined(between, lists),
        ("split", [between, text]) => split(between, text),
        ("replace", [text, part, by]) => replaced(text, part, by),
        ("lower", [text]) => changed(text, str::to_lowercase),
        ("upper", [text]) => changed(text, str::to_uppercase),
        ("title", [text]) => changed(text, titled),
        ("trimspace", [text]) => changed(text, |text| text.trim().to_owned()),
        ("chomp", [text]) => changed(text, |text| text.trim_end_matches(['\n', '\r']).to_owned()),
        ("basename", [text]) => changed(text, |text| text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()),
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
            let (text, from, length) = (text.certain()?, usize::try_from(from.as_number()?).ok()?, length.as_number()?);
            let length = if length == -1 { usize::MAX } else { usize::try_from(length).ok()? };
            // Terraform counts grapheme clusters, which are characters in plain text.
            text.is_ascii().then(|| Made::literal(&text.chars().skip(from).take(length).collect::<String>()))
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
        return (!between.is_empty()).then(|| Made::List(text.split(between).map(Made::literal).collect()));
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
fn assembled(parts: impl IntoIterator<Item = Part>) -> Option<Made> {
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

fn literal(text: &str) -> Part {
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
    let between = between.text().ok()?.parts();
    let items: Vec<&Made> = lists.iter().map(Made::items).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    let items: Vec<Vec<Part>> = items.into_iter().map(|item| item.text().ok().map(|text| text.parts())).collect::<Option<_>>()?;
    assembled(items.into_iter().enumerate().flat_map(|(index, item)| between.iter().filter(move |_| index > 0).cloned().chain(item)))
}

/// What `format` gives for `%s`, `%d` and `%v`.
fn formatted(pattern: &Made, values: &[Made]) -> Option<Made> {
    let mut characters = pattern.certain()?.chars();
    let mut values = values.iter();
    let mut parts = Vec::new();
    while let Some(character) = characters.next() {
        match (character, if character == '%' { characters.next() } else { None }) {
            ('%', Some('%')) => parts.push(literal("%")),
            ('%', Some('s' | 'd' | 'v')) => match values.next()? {
                Made::Plain(serde_json::Value::Null) => return None,
                value => parts.extend(value.text().ok()?.parts()),
            },
            ('%', _) => return None,
            (plain, _) => parts.push(literal(plain.encode_utf8(&mut [0; 4]))),
        }
    }
    values.next().is_none().then(|| assembled(parts))?
}

/// What `formatlist` gives: as many texts as the lists among the values have items.
fn formatted_each(pattern: &Made, values: &[Made]) -> Option<Made> {
    let counts: Vec<usize> = values.iter().filter_map(Made::items).map(<[Made]>::len).collect();
    let count = *counts.first()?;
    if counts.iter().any(|other| *other != count) || values.iter().any(|value| matches!(value, Made::Set(_))) {
        return None;
    }
    let each = |index: usize| {
        let row: Vec<Made> = values.iter().map(|value| value.items().map_or_else(|| value.clone(), |items| items[index].clone())).collect();
        formatted(pattern, &row)
    };
    (0..count).map(each).collect::<Option<Vec<Made>>>().map(Made::List)
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
