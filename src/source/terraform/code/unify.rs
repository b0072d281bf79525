//! Values of one type: Terraform converts the items of a list, a set or a mapping, and the two results of a condition, to a type that fits all of them, in which numbers and truth
//! values may become texts (<https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion>,
//! <https://developer.hashicorp.com/terraform/language/expressions/conditionals#result-types>). Conditions and functions of collections ask here.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::made::Made;

/// Values that lie deeper in each other are not converted.
const MOST_DEPTH: usize = 8;

/// What stands for a value that may have been converted or not.
const OPEN: &str = "a value of one of two types";

/// These values, in order, as values of one type; `None` where Terraform finds none that fits all.
pub(super) fn unified(values: &[Made]) -> Option<Vec<Made>> {
    unify(&values.iter().collect::<Vec<_>>(), 0)
}

/// Whether there is a number or a truth value in it, which may become a text.
pub(super) fn may_be_converted(value: &Made) -> bool {
    match value {
        Made::Plain(plain) => !plain.is_null(),
        Made::List(items) | Made::Set(items) => items.iter().any(may_be_converted),
        Made::Map(fields) => fields.values().any(may_be_converted),
        Made::Text(_) | Made::Open(_) | Made::Fails(_) => false,
    }
}

fn unify(values: &[&Made], depth: usize) -> Option<Vec<Made>> {
    let is_missing = |value: &&Made| matches!(value, Made::Open(_) | Made::Fails(_));
    let open = values.iter().copied().find(is_missing);
    let known: Vec<&Made> = values.iter().copied().filter(|it| !is_missing(it) && !matches!(it, Made::Plain(Json::Null))).collect();
    let is_of_one_kind = known.iter().all(|it| is_simple(it))
        || known.iter().all(|it| matches!(it, Made::List(_)))
        || known.iter().all(|it| matches!(it, Made::Map(_)));
    // Texts stay what they are.
    if known.len() < 2 && open.is_none() || is_of_one_kind && !known.iter().any(|it| may_be_converted(it)) {
        return Some(values.iter().copied().cloned().collect());
    }
    let made = match () {
        () if depth > MOST_DEPTH => vec![Made::Open(OPEN.to_owned()); known.len()],
        () if known.iter().all(|it| is_simple(it)) => simple(&known, open.is_some())?,
        () if known.iter().all(|it| it.items().is_some()) => lists(&known, open, depth)?,
        () if known.iter().all(|it| matches!(it, Made::Map(_))) => maps(&known, open, depth)?,
        () => return None,
    };
    let mut made = made.into_iter();
    let is_known = |it: &&Made| !is_missing(it) && !matches!(it, Made::Plain(Json::Null));
    values.iter().map(|it| if is_known(it) { made.next() } else { Some((*it).clone()) }).collect()
}

fn is_simple(value: &Made) -> bool {
    matches!(value, Made::Text(_) | Made::Plain(_))
}

/// Texts stay what they are. What nobody knows may be a text.
fn simple(values: &[&Made], has_open: bool) -> Option<Vec<Made>> {
    let has_text = values.iter().any(|value| matches!(value, Made::Text(_)));
    let is_truth = |value: &&&Made| matches!(value, Made::Plain(Json::Bool(_)));
    let truths = values.iter().filter(is_truth).count();
    if !has_text && !has_open {
        let are_alike = truths == 0 || truths == values.len();
        return are_alike.then(|| values.iter().copied().cloned().collect());
    }
    let converted = |value: &&Made| match value {
        Made::Plain(_) if has_text => value.text().map_or_else(Made::Open, Made::Text),
        Made::Plain(_) => Made::Open(OPEN.to_owned()),
        other => (*other).clone(),
    };
    Some(values.iter().map(converted).collect())
}

/// Lists become lists of one type; of tuples of one length each place may have a type of its own. Which of the two a value is, is not told here.
fn lists(values: &[&Made], open: Option<&Made>, depth: usize) -> Option<Vec<Made>> {
    let rows: Vec<&[Made]> = values.iter().filter_map(|value| value.items()).collect();
    let lengths: Vec<usize> = rows.iter().map(|row| row.len()).collect();
    let whole = unify(&rows.iter().flat_map(|row| row.iter()).chain(open).collect::<Vec<_>>(), depth + 1).map(|all| {
        let mut all = all.into_iter();
        lengths.iter().map(|length| all.by_ref().take(*length).collect()).collect::<Vec<Vec<Made>>>()
    });
    let is_even = lengths.iter().all(|length| length == &lengths[0]) && values.iter().all(|value| matches!(value, Made::List(_)));
    let by_place = is_even.then(|| {
        let columns = (0..lengths[0]).map(|at| unify(&rows.iter().map(|row| &row[at]).chain(open).collect::<Vec<_>>(), depth + 1));
        let columns: Vec<Vec<Made>> = columns.collect::<Option<_>>()?;
        Some((0..rows.len()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect::<Vec<Vec<Made>>>())
    });
    // What holds items of several types is a tuple.
    let may_be_list = |row: &&[Made]| unify(&row.iter().collect::<Vec<_>>(), depth + 1).as_deref() == Some(*row);
    let whole = whole.filter(|_| !is_even || rows.iter().any(may_be_list));
    let rows = either(whole, by_place.flatten(), |one, other| one.into_iter().zip(other).map(|(one, other)| both(one, other)).collect())?;
    let sets = values.iter().filter(|value| matches!(value, Made::Set(_))).count();
    // Beside a set a list becomes one. What only counts as a set because its order is not known may be either.
    let one = |row| match sets {
        0 => Made::List(row),
        _ if sets == values.len() || values.iter().all(|value| value.is_placed()) => Made::set(row),
        _ => Made::Open(OPEN.to_owned()),
    };
    Some(rows.into_iter().map(one).collect())
}

/// Mappings have values of one type, and objects with the same attributes one for each of these.
fn maps(values: &[&Made], open: Option<&Made>, depth: usize) -> Option<Vec<Made>> {
    type Fields = BTreeMap<String, Made>;
    let maps: Vec<&Fields> = values.iter().filter_map(|value| if let Made::Map(fields) = value { Some(fields) } else { None }).collect();
    let whole = unify(&maps.iter().flat_map(|map| map.values()).chain(open).collect::<Vec<_>>(), depth + 1).map(|all| {
        let mut all = all.into_iter();
        maps.iter().map(|map| map.keys().cloned().zip(all.by_ref().take(map.len())).collect()).collect::<Vec<Fields>>()
    });
    let is_even = maps.iter().all(|map| map.keys().eq(maps[0].keys()));
    let by_key = is_even.then(|| {
        let mut all = vec![Fields::new(); maps.len()];
        for key in maps[0].keys() {
            let column = unify(&maps.iter().map(|map| &map[key]).chain(open).collect::<Vec<_>>(), depth + 1)?;
            all.iter_mut().zip(column).for_each(|(fields, value)| drop(fields.insert(key.clone(), value)));
        }
        Some(all)
    });
    // What holds values of several types is an object.
    let may_be_map = |map: &&Fields| {
        let values: Vec<&Made> = map.values().collect();
        unify(&values, depth + 1).is_some_and(|alike| alike.iter().eq(values))
    };
    let whole = whole.filter(|_| !is_even || maps.iter().any(may_be_map));
    let merge = |one: Fields, other: Fields| {
        let pairs = one.into_iter().zip(other.into_values());
        pairs.map(|((key, one), other)| (key, both(one, other))).collect()
    };
    Some(either(whole, by_key.flatten(), merge)?.into_iter().map(Made::Map).collect())
}

/// What comes out where only one of two ways is open, or what both have in common.
fn either<T>(one: Option<Vec<T>>, other: Option<Vec<T>>, common: impl Fn(T, T) -> T) -> Option<Vec<T>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.into_iter().zip(other).map(|(one, other)| common(one, other)).collect()),
        (one, other) => one.or(other),
    }
}

/// What two readings of a value have in common.
fn both(one: Made, other: Made) -> Made {
    match (one, other) {
        (one, other) if one == other => one,
        (Made::List(items), Made::List(others)) if items.len() == others.len() => {
            Made::List(items.into_iter().zip(others).map(|(one, other)| both(one, other)).collect())
        }
        (Made::Map(fields), Made::Map(others)) if fields.keys().eq(others.keys()) => {
            Made::Map(fields.into_iter().zip(others.into_values()).map(|((key, one), other)| (key, both(one, other))).collect())
        }
        _ => Made::Open(OPEN.to_owned()),
    }
}
