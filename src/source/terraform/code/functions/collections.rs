//! Functions that make lists, sets and mappings, and those that take something out of them.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::policy::{Part, Text};
use crate::source::terraform::code::made::Made;
use crate::source::terraform::code::operations::equal;

/// No function makes more items than these.
const MOST_ITEMS: usize = 10_000;

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("tomap" | "sensitive" | "nonsensitive", [value]) => Some(value.clone()),
        ("tostring", [Made::Plain(plain)]) if !plain.is_null() => Some(Made::literal(&plain.to_string())),
        ("tostring", [text @ (Made::Text(_) | Made::Plain(_))]) => Some(text.clone()),
        ("tonumber", [value]) => Some(Made::Plain(value.as_number()?.into())),
        ("tobool", [value]) => Some(Made::Plain(value.truth()?.into())),
        ("tolist", [value]) => Some(if are_placed(value.items()?) { Made::List(value.items()?.to_vec()) } else { value.clone() }),
        ("toset", [value]) => Some(Made::set(value.items()?.to_vec())),
        ("length", [value]) => length(value).map(|length| Made::Plain(length.into())),
        ("concat", lists) => Some(in_place(lists.iter().map(Made::items).collect::<Option<Vec<_>>>()?.concat(), lists)),
        ("flatten", [value]) => Some(listed(flat(value.items()?))),
        ("distinct", [value]) => match Made::set(value.items()?.to_vec()) {
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
        ("sort", [value]) => match Made::Set(value.items()?.to_vec()) {
            Made::Set(mut items) if items.iter().all(|item| item.certain().is_some()) => {
                items.sort_by(|one, other| one.certain().cmp(&other.certain()));
                Some(Made::List(items))
            }
            set => Some(set),
        },
        ("reverse", [Made::List(items)]) => Some(Made::List(items.iter().rev().cloned().collect())),
        ("compact", [value]) => Some(listed(value.items()?.iter().filter(|item| !is_empty(item)).cloned().collect())),
        ("setunion", sets) => Some(Made::set(sets.iter().map(Made::items).collect::<Option<Vec<_>>>()?.concat())),
        ("setproduct", lists) => product(lists),
        ("range", numbers) => range(&numbers.iter().map(Made::as_number).collect::<Option<Vec<_>>>()?),
        ("coalesce", values) => coalesced(values),
        ("coalescelist", lists) => lists.iter().find(|list| !matches!(list.items(), Some([]))).filter(|list| are_there(list)).cloned(),
        ("contains", [value, item]) => contains(value.items()?, item).map(|found| Made::Plain(found.into())),
        ("alltrue" | "anytrue", [value]) => all_or_any(name == "alltrue", value.items()?),
        _ => taken(name, arguments),
    }
}

/// What is taken out of a collection, and what is made of mappings.
fn taken(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("element", [Made::List(items), index]) if !items.is_empty() => {
            items.get(usize::try_from(index.as_number()?).ok()? % items.len()).cloned()
        }
        ("slice", [Made::List(items), from, to]) => {
            let [from, to] = [from, to].map(|number| number.as_number().and_then(|number| usize::try_from(number).ok()));
            items.get(from?..to?).map(|items| Made::List(items.to_vec()))
        }
        ("index", [Made::List(items), wanted]) => {
            let equal: Vec<bool> = items.iter().map(|item| equal(item, wanted)).collect::<Option<_>>()?;
            equal.iter().position(|equal| *equal).map(|index| Made::Plain(index.into()))
        }
        ("one", [value]) => match value.items()? {
            [] => Some(Made::Plain(Json::Null)),
            [item] if item.is_whole() => Some(item.clone()),
            _ => None,
        },
        ("merge", maps) => merged(maps),
        ("lookup", [Made::Map(fields), key]) => fields.get(key.certain()?).cloned(),
        ("lookup", [Made::Map(fields), key, default]) => Some(fields.get(key.certain()?).unwrap_or(default).clone()),
        ("values", [Made::Map(fields)]) => Some(by_keys(fields, fields.values().cloned().collect())),
        ("keys", [Made::Map(fields)]) => Some(by_keys(fields, fields.keys().map(|key| Made::Text(Text::parse(key))).collect())),
        ("zipmap", [Made::List(keys), Made::List(values)]) if keys.len() == values.len() => {
            let keys: Vec<&str> = keys.iter().map(Made::certain).collect::<Option<_>>()?;
            Some(Made::Map(keys.into_iter().map(str::to_owned).zip(values.iter().cloned()).collect()))
        }
        _ => None,
    }
}

/// Whether it is known which item stands at which place: none may turn out to be several, none or the same as another.
fn are_placed(items: &[Made]) -> bool {
    items.len() < 2 && items.iter().all(Made::is_whole) || items.iter().all(|item| item.certain().is_some())
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

/// A list of the items of these, if those know the places of theirs.
fn in_place(items: Vec<Made>, lists: &[Made]) -> Made {
    let is_placed = |list: &Made| matches!(list, Made::List(_)) || list.items().is_some_and(are_placed);
    if lists.iter().all(is_placed) { Made::List(items) } else { Made::Set(items) }
}

/// What stands in an order that its keys give, if all of these are known.
fn by_keys(fields: &BTreeMap<String, Made>, items: Vec<Made>) -> Made {
    let are_known = fields.keys().all(|key| Text::parse(key).as_literal().is_some());
    if are_known { Made::List(items) } else { Made::Set(items) }
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

fn length(value: &Made) -> Option<usize> {
    match value {
        Made::Text(text) => text.as_literal().filter(|text| text.is_ascii()).map(str::len),
        Made::List(items) => items.iter().all(|item| !matches!(item, Made::Open(_))).then_some(items.len()),
        Made::Set(items) => are_placed(items).then_some(items.len()),
        Made::Map(fields) => (fields.len() < 2 || fields.keys().all(|key| Text::parse(key).as_literal().is_some())).then_some(fields.len()),
        Made::Plain(_) | Made::Open(_) | Made::Fails(_) => None,
    }
}

fn flat(items: &[Made]) -> Vec<Made> {
    items.iter().flat_map(|item| item.items().map_or_else(|| vec![item.clone()], flat)).collect()
}

fn coalesced(values: &[Made]) -> Option<Made> {
    let first = values.iter().find(|value| !is_empty(value)).filter(|value| value.is_whole())?;
    let may_be_nothing = matches!(first, Made::Text(text) if is_unknown(text));
    (!may_be_nothing).then(|| first.clone())
}

fn contains(items: &[Made], wanted: &Made) -> Option<bool> {
    let equal: Vec<Option<bool>> = items.iter().map(|item| equal(item, wanted)).collect();
    match () {
        () if equal.contains(&Some(true)) => Some(true),
        () if equal.contains(&None) => None,
        () => Some(false),
    }
}

fn all_or_any(all: bool, items: &[Made]) -> Option<Made> {
    let truths: Vec<Option<bool>> = items.iter().map(Made::truth).collect();
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

/// Every choice of one item from each.
fn product(lists: &[Made]) -> Option<Made> {
    let items: Vec<&[Made]> = lists.iter().map(Made::items).collect::<Option<_>>()?;
    let count = items.iter().try_fold(1_usize, |count, items| count.checked_mul(items.len()));
    if lists.len() < 2 || count.is_none_or(|count| count > MOST_ITEMS) {
        return None;
    }
    let mut rows: Vec<Vec<Made>> = vec![Vec::new()];
    for items in items {
        rows = rows.iter().flat_map(|row| items.iter().map(|item| [row.as_slice(), std::slice::from_ref(item)].concat())).collect();
    }
    let rows = rows.into_iter().map(Made::List).collect();
    Some(if lists.iter().all(|list| matches!(list, Made::List(_))) { Made::List(rows) } else { Made::Set(rows) })
}

fn range(numbers: &[i64]) -> Option<Made> {
    let (from, to, step) = match *numbers {
        [to] => (0, to, if to < 0 { -1 } else { 1 }),
        [from, to] => (from, to, if to < from { -1 } else { 1 }),
        [from, to, step] if step != 0 => (from, to, step),
        _ => return None,
    };
    let is_before = |number: &i64| if step > 0 { *number < to } else { *number > to };
    let numbers: Vec<i64> =
        std::iter::successors(Some(from), |number| number.checked_add(step)).take_while(is_before).take(MOST_ITEMS + 1).collect();
    (numbers.len() <= MOST_ITEMS).then(|| Made::List(numbers.into_iter().map(|number| Made::Plain(number.into())).collect()))
}
