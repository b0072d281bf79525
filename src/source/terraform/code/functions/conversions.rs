//! Functions that convert a value to a type, and those of sets, which have one type for all items.

use std::collections::BTreeMap;

use super::collections::{MOST_ITEMS, contains, fails};
use crate::source::terraform::code::made::Made;
use crate::source::terraform::code::operations::no_number;
use crate::source::terraform::code::unify::unified;

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("sensitive" | "nonsensitive", [value]) => Some(value.clone()),
        ("tostring" | "tonumber" | "tobool" | "tolist" | "toset" | "tomap", [null @ Made::Plain(serde_json::Value::Null)]) => {
            Some(null.clone())
        }
        ("tostring", [Made::Text(text)]) => Some(Made::Text(text.clone())),
        ("tostring", [Made::List(_) | Made::Set(_) | Made::Map(_)]) => Some(fails("no text")),
        ("tostring", [value]) => value.text().ok().map(Made::Text),
        ("tonumber", [value]) => no_number(value).or_else(|| match value {
            Made::Plain(_) => Some(value.clone()),
            _ => value.as_number().map(|number| Made::Plain(number.into())),
        }),
        ("tobool", [value]) => match value {
            Made::Text(text) if text.as_literal().is_none() => None,
            Made::Open(_) | Made::Fails(_) => None,
            _ => value.truth().map(|truth| Made::Plain(truth.into())).or_else(|| Some(fails("what is neither true nor false"))),
        },
        ("tolist" | "toset", [Made::Text(_) | Made::Plain(_)]) => Some(fails("no collection")),
        ("tolist", [value]) => {
            let items = unified(value.items()?);
            items.map_or_else(
                || Some(fails("items of different types")),
                |items| Some(if value.is_placed() { Made::List(items) } else { Made::Set(items) }),
            )
        }
        ("toset", [value]) => {
            unified(value.items()?).map_or_else(|| Some(fails("items of different types")), |items| Some(Made::set(items)))
        }
        ("tomap", [Made::Map(fields)]) => match unified(&fields.values().cloned().collect::<Vec<_>>()) {
            Some(values) => Some(Made::Map(fields.keys().cloned().zip(values).collect::<BTreeMap<_, _>>())),
            None => Some(fails("values of different types")),
        },
        ("tomap", [Made::Text(_) | Made::Plain(_) | Made::List(_) | Made::Set(_)]) => Some(fails("no mapping")),
        ("setunion", sets) if !sets.is_empty() => Some(Made::set(of_one_type(sets)?.concat())),
        ("setintersection", sets) if !sets.is_empty() => {
            let sets = of_one_type(sets)?;
            let (first, others) = sets.split_first()?;
            kept(first, |item| others.iter().map(|other| contains(other, item)).try_fold(true, |all, found| Some(all && found?)))
        }
        ("setsubtract", [_, _]) => match of_one_type(arguments)?.as_slice() {
            [from, taken] => kept(from, |item| contains(taken, item).map(|found| !found)),
            _ => None,
        },
        ("setproduct", lists) => product(lists),
        _ => None,
    }
}

/// The items of these sets, all of one type.
fn of_one_type(sets: &[Made]) -> Option<Vec<Vec<Made>>> {
    let sets: Vec<&[Made]> = sets.iter().map(Made::items).collect::<Option<_>>()?;
    let mut all = unified(&sets.concat())?.into_iter();
    Some(sets.iter().map(|set| all.by_ref().take(set.len()).collect()).collect())
}

/// The set of these items that stay.
fn kept(items: &[Made], stays: impl Fn(&Made) -> Option<bool>) -> Option<Made> {
    let stay: Vec<bool> = items.iter().map(stays).collect::<Option<_>>()?;
    Some(Made::set(items.iter().zip(stay).filter(|(_, stays)| *stays).map(|(item, _)| item.clone()).collect()))
}

/// Every choice of one item from each.
fn product(lists: &[Made]) -> Option<Made> {
    let items: Vec<Vec<Made>> = lists.iter().map(|list| unified(list.items()?)).collect::<Option<_>>()?;
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
