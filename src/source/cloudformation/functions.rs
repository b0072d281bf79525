//! The intrinsic functions that work on texts and lists. `evaluate` calls them; each is described at
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>.

use ipnet::IpNet;

use super::document::{Node, TemplateError};
use super::pieces::pieces;
use super::reading::Reading;
use super::value::{Missing, Value};
use crate::policy::{Part, Position, Symbol, Text};

/// The longest list that `Fn::Cidr` makes (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html>).
const MOST_BLOCKS: usize = 256;

/// The longest text that is made. CloudFormation takes templates of 1 MB
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
pub(super) const LONGEST: usize = 1 << 20;

/// The arguments of a function that takes exactly `N`.
pub(super) fn arguments<'n, const N: usize>(node: &'n Node, function: &str) -> Result<[&'n Node; N], TemplateError> {
    let items: Vec<&Node> = node.items().iter().collect();
    items.try_into().map_err(|_| TemplateError::at(node.at, format!("{function} takes a list of {N}")))
}

/// A text without the values that CloudFormation puts in place of dynamic references: nobody else knows them
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>).
pub(super) fn without_dynamic_references(text: Text) -> Text {
    const OPEN: &str = "{{resolve:";
    if !text.parts().iter().any(|part| matches!(part, Part::Literal(literal) if literal.contains(OPEN))) {
        return text;
    }
    let mut parts: Vec<Part> = Vec::new();
    // The reference that is being read, which may hold symbols itself.
    let mut reference: Option<String> = None;
    for part in text.parts() {
        let literal = match (part, &mut reference) {
            (Part::Symbol(symbol), Some(reference)) => {
                reference.push_str(symbol.id());
                continue;
            }
            (symbol @ Part::Symbol(_), None) => {
                parts.push(symbol);
                continue;
            }
            (Part::Literal(literal), _) => literal,
        };
        let mut rest = literal.as_str();
        while !rest.is_empty() {
            let (mark, length) = if reference.is_some() { ("}}", 2) } else { (OPEN, OPEN.len()) };
            let (before, after) = rest.find(mark).map_or((rest, None), |at| (&rest[..at], Some(&rest[at + length..])));
            match (&mut reference, after) {
                (None, None) => parts.push(Part::Literal(before.into())),
                (None, Some(_)) => {
                    parts.push(Part::Literal(before.into()));
                    reference = Some(String::new());
                }
                (Some(reference), None) => reference.push_str(before),
                (Some(so_far), Some(_)) => {
                    so_far.push_str(before);
                    parts.push(Part::Symbol(Symbol::unknown(&Missing::Dynamic(so_far.clone()).to_string())));
                    reference = None;
                }
            }
            rest = after.unwrap_or_default();
        }
    }
    if let Some(open) = reference {
        parts.push(Part::Literal(format!("{OPEN}{open}").into()));
    }
    Text::from_parts(parts)
}

/// An argument that must be a text.
pub(super) fn text(evaluator: &impl Reading, node: &Node, function: &str) -> Result<Text, TemplateError> {
    match evaluator.value(node)? {
        Value::Text(text) => Ok(text),
        Value::Unknown(missing) => Ok(missing.text()),
        _ => Err(TemplateError::at(node.at, format!("{function} takes a text here"))),
    }
}

/// A list, or what is missing to know it.
fn list(evaluator: &impl Reading, node: &Node, function: &str) -> Result<Result<Vec<Value>, Missing>, TemplateError> {
    match evaluator.value(node)? {
        Value::List(items) => Ok(Ok(items)),
        Value::Unknown(missing) => Ok(Err(missing)),
        Value::Text(text) if text.has_unknown() => Ok(Err(Missing::of(&text))),
        _ => Err(TemplateError::at(node.at, format!("{function} takes a list here"))),
    }
}

/// A number, if it is known.
fn number(evaluator: &impl Reading, node: &Node, function: &str) -> Result<Option<usize>, TemplateError> {
    let text = text(evaluator, node, function)?;
    match text.as_literal().map(str::parse) {
        Some(Ok(number)) => Ok(Some(number)),
        None => Ok(None),
        Some(Err(_)) => Err(TemplateError::at(node.at, format!("{function} takes a number here"))),
    }
}

/// Puts parts to others, as long as the text does not become longer than any that AWS takes.
fn grow(parts: &mut Vec<Part>, more: impl IntoIterator<Item = Part>, length: &mut usize, at: Position) -> Result<(), TemplateError> {
    for part in more {
        *length += match &part {
            Part::Literal(text) => text.len(),
            Part::Symbol(symbol) => symbol.id().len(),
        };
        if *length > LONGEST {
            return Err(TemplateError::at(at, format!("a text is longer than {LONGEST} bytes")));
        }
        parts.push(part);
    }
    Ok(())
}

pub(super) fn join(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    let [delimiter, items] = arguments(argument, "Fn::Join")?;
    let delimiter = text(evaluator, delimiter, "Fn::Join")?;
    let items = match list(evaluator, items, "Fn::Join")? {
        Ok(items) => items,
        Err(missing) => return Ok(Missing::From(format!("Join {:?}", delimiter.to_string()), Box::new(missing)).into()),
    };
    let (mut parts, mut length) = (Vec::new(), 0);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            grow(&mut parts, delimiter.parts(), &mut length, argument.at)?;
        }
        let text = match item {
            Value::Text(text) => text,
            Value::Unknown(missing) => missing.text(),
            _ => return Err(TemplateError::at(argument.at, "Fn::Join takes a list of texts")),
        };
        grow(&mut parts, text.parts(), &mut length, argument.at)?;
    }
    Ok(Value::Text(Text::from_parts(parts)))
}

pub(super) fn split(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    let [delimiter, source] = arguments(argument, "Fn::Split")?;
    let (delimiter, source) = (text(evaluator, delimiter, "Fn::Split")?, text(evaluator, source, "Fn::Split")?);
    let cut = delimiter.as_literal().and_then(|delimiter| pieces(&source, delimiter));
    let missing = || Missing::From(format!("Split {:?}", delimiter.to_string()), Box::new(Missing::of(&source)));
    Ok(cut.map_or_else(|| Value::Unknown(missing()), |cut| Value::List(cut.into_iter().map(Value::Text).collect())))
}

pub(super) fn select(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    let [index, items] = arguments(argument, "Fn::Select")?;
    let index_at = index.at;
    let index = number(evaluator, index, "Fn::Select")?;
    match (index, list(evaluator, items, "Fn::Select")?) {
        (Some(index), Ok(items)) => {
            let length = items.len();
            let item = items.into_iter().nth(index);
            item.ok_or_else(|| TemplateError::at(index_at, format!("Fn::Select takes item {index} of a list of {length}")))
        }
        (Some(index), Err(missing)) => Ok(Missing::Item(index, Box::new(missing)).into()),
        (None, _) => Ok(Missing::here(evaluator.given(), "Select", argument.at).into()),
    }
}

pub(super) fn sub(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    let (pattern, own) = if let Some(pattern) = argument.text() {
        (pattern, None)
    } else {
        let [pattern, own] = arguments(argument, "Fn::Sub")?;
        let pattern = pattern.text().ok_or_else(|| TemplateError::at(argument.at, "Fn::Sub takes a text, or a text and a mapping"))?;
        (pattern, Some(own))
    };
    let (mut parts, mut length) = (Vec::new(), 0);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        grow(&mut parts, [Part::Literal(before.into())], &mut length, argument.at)?;
        let Some((name, after)) = after.split_once('}') else {
            return Err(TemplateError::at(argument.at, "Fn::Sub: a ${ is not closed"));
        };
        rest = after;
        match name.strip_prefix('!') {
            Some(literal) => grow(&mut parts, [Part::Literal(format!("${{{literal}}}").into())], &mut length, argument.at)?,
            None => grow(&mut parts, variable(evaluator, name.trim(), own, argument.at)?.parts(), &mut length, argument.at)?,
        }
    }
    grow(&mut parts, [Part::Literal(rest.into())], &mut length, argument.at)?;
    Ok(Value::Text(Text::from_parts(parts)))
}

fn variable(evaluator: &impl Reading, name: &str, own: Option<&Node>, at: Position) -> Result<Text, TemplateError> {
    let value = match (own.and_then(|own| own.get(name)), name.split_once('.')) {
        (Some(node), _) => evaluator.value(node)?,
        (None, Some((resource, attribute))) => evaluator.attribute_of(resource, attribute, at)?,
        (None, None) => evaluator.reference(name, at)?,
    };
    match value {
        Value::Text(text) => Ok(text),
        Value::Unknown(missing) => Ok(missing.text()),
        _ => Err(TemplateError::at(at, format!("Fn::Sub: ${{{name}}} is not a text"))),
    }
}

/// That a function is one of the language extensions, which the template does not say it is written with.
pub(super) fn not_extended(what: &str, at: Position) -> TemplateError {
    TemplateError::at(at, format!("{what} needs `Transform: AWS::LanguageExtensions`"))
}

/// A text in Base64, if all of it is known.
pub(super) fn base64(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let told = text(evaluator, argument, "Fn::Base64")?;
    let Some(literal) = told.as_literal() else { return Ok(Missing::From("Base64".to_owned(), Box::new(Missing::of(&told))).into()) };
    let mut encoded = String::new();
    for three in literal.as_bytes().chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = char::from(LETTERS[bits >> (18 - 6 * place) & 63]);
            encoded.push(if place <= three.len() { letter } else { '=' });
        }
    }
    Ok(Value::from(encoded.as_str()))
}

pub(super) fn cidr(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    let function = "Fn::Cidr";
    let (block, count, bits) = match argument.items() {
        [block, count] => (block, count, None),
        [block, count, bits] => (block, count, Some(bits)),
        _ => return Err(TemplateError::at(argument.at, "Fn::Cidr takes an address block, a count and the bits of each")),
    };
    let written = text(evaluator, block, function)?;
    let missing = Value::Unknown(Missing::From("Cidr".to_owned(), Box::new(Missing::of(&written))));
    let (Some(written), Some(count)) = (written.as_literal(), number(evaluator, count, function)?) else { return Ok(missing) };
    let block: IpNet =
        written.parse().map_err(|_| TemplateError::at(block.at, format!("Fn::Cidr takes an address block, which {written:?} is not")))?;
    let bits = match bits {
        Some(bits) => number(evaluator, bits, function)?,
        None => Some(if block.addr().is_ipv4() { 8 } else { 64 }),
    };
    let Some(bits) = bits else { return Ok(missing) };
    let length = usize::from(block.max_prefix_len()).checked_sub(bits).and_then(|length| u8::try_from(length).ok());
    let subnets = length.and_then(|length| block.subnets(length).ok()).filter(|_| (1..=MOST_BLOCKS).contains(&count));
    let blocks: Vec<Value> = subnets.into_iter().flatten().take(count).map(|subnet| Value::from(subnet.to_string().as_str())).collect();
    if blocks.len() < count.max(1) {
        return Err(TemplateError::at(argument.at, format!("Fn::Cidr cannot cut {count} blocks of {bits} bits out of {block}")));
    }
    Ok(Value::List(blocks))
}

pub(super) fn length(evaluator: &impl Reading, argument: &Node) -> Result<Value, TemplateError> {
    Ok(match list(evaluator, argument, "Fn::Length")? {
        Ok(items) => Value::from(items.len().to_string().as_str()),
        Err(missing) => Missing::From("Length".to_owned(), Box::new(missing)).into(),
    })
}
