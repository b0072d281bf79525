//! `format` and `formatlist` (<https://developer.hashicorp.com/terraform/language/functions/format>).

use serde_json::Value as Json;

use super::collections::fails;
use super::texts::{assembled, literal};
use crate::policy::Part;
use crate::source::terraform::code::made::Made;

/// No text is made wider than this.
const MOST_WIDTH: usize = 1000;

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("format", [pattern, values @ ..]) => formatted(pattern, values),
        ("formatlist", [pattern, values @ ..]) => formatted_each(pattern, values),
        _ => None,
    }
}

/// How one value is written: `%-5d`, `%[2]s`.
#[derive(Default)]
struct Verb {
    is_left: bool,
    is_padded: bool,
    sign: Option<char>,
    width: usize,
    /// Which value it is, from 1.
    index: Option<usize>,
    letter: char,
}

impl Verb {
    /// The verb at the beginning of this text, behind its `%`, and what comes after it.
    fn read(text: &str) -> Option<(Self, &str)> {
        let mut verb = Self::default();
        let mut rest = text;
        while let Some(flag) = rest.chars().next().filter(|flag| "-0+ ".contains(*flag)) {
            match flag {
                '-' => verb.is_left = true,
                '0' => verb.is_padded = true,
                sign => verb.sign = Some(sign),
            }
            rest = &rest[1..];
        }
        let digits = rest.find(|other: char| !other.is_ascii_digit())?;
        if digits > 0 {
            verb.width = rest[..digits].parse().ok().filter(|width| *width <= MOST_WIDTH)?;
        }
        rest = &rest[digits..];
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']')?;
            verb.index = Some(index.parse().ok()?);
            rest = after;
        }
        let mut letters = rest.chars();
        verb.letter = letters.next()?;
        Some((verb, letters.as_str()))
    }

    /// A value as this verb writes it; `Err` where Terraform refuses to.
    fn write(&self, value: &Made) -> Option<Result<Vec<Part>, Made>> {
        let number = value.as_number();
        let refused = || Some(Err(Made::Fails("a value of another type".to_owned())));
        let text = match (self.letter, value) {
            (_, Made::Plain(Json::Null) | Made::List(_) | Made::Set(_) | Made::Map(_) | Made::Open(_) | Made::Fails(_)) => return None,
            ('s', _) | ('v', Made::Text(_) | Made::Plain(Json::Bool(_))) => value.text().ok()?.parts(),
            ('t', Made::Text(_) | Made::Plain(_)) => match value.truth() {
                // No width counts here.
                Some(truth) => return Some(Ok(vec![literal(&truth.to_string())])),
                None if value.certain().is_some() || number.is_some() => return refused(),
                None => return None,
            },
            ('d' | 'v' | 'b' | 'o' | 'x' | 'X', _) => match number {
                Some(number) => return self.number(number).map(|text| Ok(vec![literal(&text)])),
                None if self.letter == 'd' && (value.certain().is_some() || matches!(value, Made::Plain(_))) => return refused(),
                None if self.letter == 'v' => value.text().ok()?.parts(),
                None => return None,
            },
            _ => return None,
        };
        self.padded(text).map(Ok)
    }

    fn number(&self, number: i64) -> Option<String> {
        let (number, is_negative) = (number.unsigned_abs(), number < 0);
        let digits = match self.letter {
            'b' => format!("{number:b}"),
            'o' => format!("{number:o}"),
            'x' => format!("{number:x}"),
            'X' => format!("{number:X}"),
            _ => number.to_string(),
        };
        let sign = if is_negative { "-".to_owned() } else { self.sign.map(String::from).unwrap_or_default() };
        // Go takes both at once in more than one way.
        if self.sign.is_some() && self.letter == 'v' {
            return None;
        }
        let room = self.width.saturating_sub(sign.len() + digits.len());
        Some(match () {
            () if self.is_left => format!("{sign}{digits}{}", " ".repeat(room)),
            () if self.is_padded => format!("{sign}{}{digits}", "0".repeat(room)),
            () => format!("{}{sign}{digits}", " ".repeat(room)),
        })
    }

    /// A text that is filled up to the width. Of one that is not known nobody knows how wide it is.
    fn padded(&self, parts: Vec<Part>) -> Option<Vec<Part>> {
        if self.is_padded {
            return None;
        }
        let [Part::Literal(text)] = parts.as_slice() else { return (self.width == 0).then_some(parts) };
        if self.width == 0 {
            return Some(parts);
        }
        let blank = " ".repeat(self.width.saturating_sub(text.len()));
        let filled = if self.is_left { format!("{text}{blank}") } else { format!("{blank}{text}") };
        text.is_ascii().then(|| vec![literal(&filled)])
    }
}

fn formatted(pattern: &Made, values: &[Made]) -> Option<Made> {
    let mut rest = pattern.certain()?;
    let (mut next, mut most) = (0, 0);
    let mut parts = Vec::new();
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(literal(before));
        if let Some(after) = after.strip_prefix('%') {
            parts.push(literal("%"));
            rest = after;
            continue;
        }
        let (verb, after) = Verb::read(after)?;
        let index = verb.index.map_or(Some(next), |index| index.checked_sub(1))?;
        let Some(value) = values.get(index) else { return Some(fails("no value for a verb")) };
        match verb.write(value)? {
            Ok(written) => parts.extend(written),
            Err(fails) => return Some(fails),
        }
        (next, most, rest) = (index + 1, most.max(index + 1), after);
    }
    parts.push(literal(rest));
    if most < values.len() {
        return if values[most..].iter().all(Made::is_whole) && !pattern.certain()?.contains('[') {
            Some(fails("values without a verb"))
        } else {
            None
        };
    }
    assembled(parts)
}

/// What `formatlist` gives: as many texts as the lists among the values have items.
fn formatted_each(pattern: &Made, values: &[Made]) -> Option<Made> {
    let counts: Vec<usize> = values.iter().filter_map(Made::items).map(<[Made]>::len).collect();
    let count = *counts.first()?;
    if counts.iter().any(|other| *other != count) || !values.iter().all(Made::is_placed) {
        return None;
    }
    let each = |index: usize| {
        let row: Vec<Made> = values.iter().map(|value| value.items().map_or_else(|| value.clone(), |items| items[index].clone())).collect();
        formatted(pattern, &row)
    };
    (0..count).map(each).collect::<Option<Vec<Made>>>().map(Made::list)
}
