//! Functions that make lists, sets and mappings, and those that take something out of them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::policy::{Part, Text};
use crate::source::terraform::code::made::Made;
use crate::source::terraform::code::operations::equal;
use crate::source::terraform::code::unify::unified;

/// No function makes more items than these.
pub(super) const MOST_ITEMS: usize = 10_000;

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("length", [value]) => length(value),
        ("concat", lists) if !lists.is_empty() => concatenated(lists),
        ("flatten", [value]) => Some(flattened(value.items()?)),
        ("distinct", [value]) => match Made::set(alike(value.items()?)?) {
            Made::Set(_) if value.items()?.iter().all(|item| item.certain().is_some()) => {
                let mut once: Vec<Made> = Vec::new();
                value.items()?.iter().for_each(|item| {
                    if !once.contains(item) {
                        once.push(item.clone());
                    }
                });
                Some(Made::List(once))
            }
            set => Some(set),
        },
        ("sort", [value]) => match Made::Set(texts(value.items()?)?) {
            Made::Set(mut items) if items.iter().all(|item| item.certain().is_some()) => {
                items.sort_by(|one, other| one.certain().cmp(&other.certain()));
                Some(Made::List(items))
            }
            set => Some(set),
        },
        ("reverse", [Made::List(items)]) => Some(Made::List(items.iter().rev().cloned().collect())),
        ("reverse", [set @ Made::Set(items)]) if set.is_placed() => Some(Made::List(items.iter().rev().cloned().collect())),
        ("compact", [value]) => {
            let items: Vec<Made> = value.items()?.iter().filter(|item| !is_empty(item)).cloned().collect();
            Some(in_place(listed(texts(&items)?), value))
        }
        ("chunklist", [Made::List(items), size]) => {
            let (items, size) = (alike(items)?, usize::try_from(size.as_number()?).ok()?);
            let size = if size == 0 { items.len().max(1) } else { size };
            Some(Made::List(items.chunks(size).map(|chunk| Made::List(chunk.to_vec())).collect()))
        }
        ("range", numbers) => range(&numbers.iter().map(Made::as_number).collect::<Option<Vec<_>>>()?),
        ("coalesce", values) => coalesced(values),
        ("coalescelist", lists) => lists.iter().find(|list| !matches!(list.items(), Some([]))).filter(|list| are_there(list)).cloned(),
        ("contains", [value, item]) => contains(value.items()?, item).map(|found| Made::Plain(found.into())),
        ("alltrue" | "anytrue", [value]) => all_or_any(name == "alltrue", value.items()?),
        ("transpose", [Made::Map(fields)]) => transposed(fields),
        _ => taken(name, arguments),
    }
}

/// What is taken out of a collection, and what is made of mappings.
fn taken(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("element", [Made::List(items), _]) if items.is_empty() => Some(fails("an item of an empty list")),
        ("element", [Made::List(items), index]) => items.get(usize::try_from(index.as_number()?).ok()? % items.len()).cloned(),
        ("slice", [Made::List(items), from, to]) => {
            let [from, to] = [from, to].map(|number| number.as_number().and_then(|number| usize::try_from(number).ok()));
            items.get(from?..to?).map(|items| Made::List(items.to_vec()))
        }
        ("index", [Made::List(items), wanted]) => {
            let equal: Vec<bool> = items.iter().map(|item| equal(item, wanted)).collect::<Option<_>>()?;
            equal.iter().position(|equal| *equal).map_or_else(|| Some(fails("no such item")), |index| Some(Made::Plain(index.into())))
        }
        ("matchkeys", [Made::List(values), Made::List(keys), wanted]) if values.len() == keys.len() => {
            let (values, wanted) = (alike(values)?, wanted.items()?);
            let all = unified(&[keys.as_slice(), wanted].concat())?;
            let (keys, wanted) = all.split_at(keys.len());
            let found: Vec<bool> = keys.iter().map(|key| contains(wanted, key)).collect::<Option<_>>()?;
            Some(Made::List(values.into_iter().zip(found).filter(|(_, found)| *found).map(|(value, _)| value).collect()))
        }
        ("one", [value]) => match value.items()? {
            [] => Some(Made::Plain(Json::Null)),
            [item] if item.is_whole() => Some(item.clone()),
            [_] => None,
            _ if matches!(value, Made::List(_)) && matches!(length(value), Some(Made::Plain(_))) => Some(fails("more than one item")),
            _ => None,
        },
        ("merge", maps) => merged(maps),
        ("lookup", [Made::Map(fields), key]) => match fields.get(key.certain()?) {
            Some(value) => Some(value.clone()),
            None if are_known(fields) => Some(fails("no such key")),
            None => None,
        },
        ("lookup", [Made::Map(fields), key, default]) => match fields.get(key.certain()?) {
            Some(value) => Some(value.clone()),
            None if !are_known(fields) => None,
            None => defaulted(fields, default),
        },
        ("values", [Made::Map(fields)]) => Some(by_keys(fields, fields.values().cloned().collect())),
        ("keys", [Made::Map(fields)]) => Some(by_keys(fields, fields.keys().map(|key| Made::Text(Text::parse(key))).collect())),
        ("zipmap", [Made::List(keys), Made::List(values)]) if keys.len() == values.len() => {
            let keys = texts(keys)?;
            let keys: Vec<&str> = keys.iter().map(Made::certain).collect::<Option<_>>()?;
            Some(Made::Map(keys.into_iter().map(str::to_owned).zip(values.iter().cloned()).collect()))
        }
        _ => None,
    }
}

/// What Terraform refuses to do, so that `try` goes on.
pub(super) fn fails(what: &str) -> Made {
    Made::Fails(what.to_owned())
}

/// These items as values of one type; `None` where there is none.
pub(super) fn alike(items: &[Made]) -> Option<Vec<Made>> {
    unified(items)
}

/// These items as texts. A list of texts may not hold null.
fn texts(items: &[Made]) -> Option<Vec<Made>> {
    let text = |item: &Made| match item {
        Made::Plain(Json::Null) | Made::List(_) | Made::Set(_) | Made::Map(_) => None,
        Made::Plain(_) => item.text().ok().map(Made::Text),
        other => Some(other.clone()),
    };
    items.iter().map(text).collect()
}

/// Whether all keys are known, so that one which is not there is none of them.
fn are_known(fields: &BTreeMap<String, Made>) -> bool {
    fields.keys().all(|key| Text::parse(key).as_literal().is_some())
}

/// The default of `lookup`, which a mapping has in the type of its values.
fn defaulted(fields: &BTreeMap<String, Made>, default: &Made) -> Option<Made> {
    let all: Vec<Made> = fields.values().chain([default]).cloned().collect();
    match unified(&all).as_deref() {
        Some([.., converted]) if converted != default => None,
        _ => Some(default.clone()),
    }
}

/// A list of items that each keep their place, or a set of which nobody knows how many items it has.
fn listed(items: Vec<Made>) -> Made {
    let may_vanish = |item: &Made| match item {
        Made::Open(_) => true,
        Made::Text(text) => is_unknown(text),
        _ => false,
    };
    if items.iter().any(may_vanish) { Made::Set(items) } else { Made::List(items) }
}

/// Items that come from a collection, in the order that it has if it has one.
fn in_place(items: Made, from: &Made) -> Made {
    match items {
        Made::List(items) if !from.is_placed() => Made::Set(items),
        items => items,
    }
}

/// The items of all of these. Lists of one type give a list of one type, and tuples what they hold.
fn concatenated(lists: &[Made]) -> Option<Made> {
    let items = lists.iter().map(Made::items).collect::<Option<Vec<_>>>()?.concat();
    let may_be_lists = lists.iter().all(|list| list.items().and_then(unified).as_deref() == list.items());
    let converted = if may_be_lists { unified(&items) } else { None };
    let items = match converted {
        Some(converted) => items.into_iter().zip(converted).map(|(item, converted)| either(item, &converted)).collect(),
        None => items,
    };
    Some(if lists.iter().all(Made::is_placed) { Made::List(items) } else { Made::Set(items) })
}

/// An item that may have been converted, if that makes no difference.
fn either(item: Made, converted: &Made) -> Made {
    if item == *converted { item } else { Made::Open("an item that may be a number or a text".to_owned()) }
}

fn flattened(items: &[Made]) -> Made {
    let all = listed(flat(items));
    if are_in_order(items) { all } else { in_place(all, &Made::Set(vec![Made::Open(String::new())])) }
}

/// Whether all lists among these, and within them, are in an order that is known.
fn are_in_order(items: &[Made]) -> bool {
    items.iter().all(|item| item.items().is_none_or(|inner| item.is_placed() && are_in_order(inner)))
}

/// What stands in an order that its keys give, if all of these are known.
fn by_keys(fields: &BTreeMap<String, Made>, items: Vec<Made>) -> Made {
    if are_known(fields) { Made::List(items) } else { Made::Set(items) }
}

/// Whether a text is nothing but something that may be empty, or null.
fn is_unknown(text: &Text) -> bool {
    matches!(text.parts().as_slice(), [Part::Symbol(symbol)] if !symbol.is_fresh())
}

fn is_empty(value: &Made) -> bool {
    matches!(value, Made::Plain(Json::Null)) || value.certain() == Some("")
}

/// Whether a list surely has an item.
fn are_there(list: &Made) -> bool {
    list.items().is_some_and(|items| items.iter().any(Made::is_whole))
}

fn length(value: &Made) -> Option<Made> {
    let length = match value {
        Made::Text(text) => text.as_literal().filter(|text| text.is_ascii()).map(str::len),
        Made::List(items) => items.iter().all(|item| !matches!(item, Made::Open(_))).then_some(items.len()),
        Made::Set(items) => value.is_placed().then_some(items.len()),
        Made::Map(fields) => value.is_placed().then_some(fields.len()),
        Made::Plain(_) => return Some(fails("no length")),
        Made::Open(_) | Made::Fails(_) => None,
    };
    length.map(|length| Made::Plain(length.into()))
}

fn flat(items: &[Made]) -> Vec<Made> {
    items.iter().flat_map(|item| item.items().map_or_else(|| vec![item.clone()], flat)).collect()
}

/// The first that is not null and no empty text, in a type that fits all.
fn coalesced(values: &[Made]) -> Option<Made> {
    if values.iter().all(is_empty) {
        return Some(fails("nothing to take"));
    }
    let at = values.iter().position(|value| !is_empty(value))?;
    let first = unified(values)?.into_iter().nth(at).filter(Made::is_whole)?;
    let may_be_nothing = matches!(&first, Made::Text(text) if is_unknown(text));
    (!may_be_nothing).then_some(first)
}

/// Whether one of these is equal to this; `None` where that is not known.
pub(super) fn contains(items: &[Made], wanted: &Made) -> Option<bool> {
    let equal: Vec<Option<bool>> = items.iter().map(|item| equal(item, wanted)).collect();
    match () {
        () if equal.contains(&Some(true)) => Some(true),
        () if equal.contains(&None) => None,
        () => Some(false),
    }
}

fn all_or_any(all: bool, items: &[Made]) -> Option<Made> {
    // Null is not true.
    let truth = |item: &Made| if *item == Made::Plain(Json::Null) { Some(false) } else { item.truth() };
    let truths: Vec<Option<bool>> = items.iter().map(truth).collect();
    let decided = truths.contains(&Some(!all));
    (decided || !truths.contains(&None)).then(|| Made::Plain((decided != all).into()))
}

fn merged(maps: &[Made]) -> Option<Made> {
    let mut all = BTreeMap::new();
    for map in maps {
        match map {
            Made::Map(fields) => all.extend(fields.clone()),
            Made::Plain(Json::Null) => {}
            _ => return None,
        }
    }
    Some(Made::Map(all))
}

/// The keys under each item of the lists that they have.
fn transposed(fields: &BTreeMap<String, Made>) -> Option<Made> {
    let mut all: BTreeMap<String, Vec<Made>> = BTreeMap::new();
    for (key, list) in fields.iter().filter(|_| are_known(fields)) {
        for item in texts(list.items()?)? {
            all.entry(item.certain()?.to_owned()).or_default().push(Made::literal(key));
        }
    }
    are_known(fields).then(|| Made::Map(all.into_iter().map(|(key, keys)| (key, Made::List(keys))).collect()))
}

fn range(numbers: &[i64]) -> Option<Made> {
    let (from, to, step) = match *numbers {
        [to] => (0, to, if to < 0 { -1 } else { 1 }),
        [from, to] => (from, to, if to < from { -1 } else { 1 }),
        [from, to, step] if step != 0 && (from == to || (from < to) == (step > 0)) => (from, to, step),
        _ => return Some(fails("a range without end")),
    };
    let is_before = |number: &i64| if step > 0 { *number < to } else { *number > to };
    let numbers: Vec<i64> =
        std::iter::successors(Some(from), |number| number.checked_add(step)).take_while(is_before).take(MOST_ITEMS + 1).collect();
    (numbers.len() <= MOST_ITEMS).then(|| Made::List(numbers.into_iter().map(|number| Made::Plain(number.into())).collect()))
}
