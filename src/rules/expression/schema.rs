//! The fields that an expression may name: their types, and whether they may be absent. The rules room builds one [`Schema`] from a static table;
//! `check` and `template` resolve paths in it.

use std::collections::BTreeMap;
use std::fmt;

use super::error::Fault;

/// The type of a field or of a part of an expression.
#[derive(Clone, Copy)]
pub(crate) enum Type {
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// A text.
    String,
    /// A point in time.
    Timestamp,
    /// A span of time.
    Duration,
    /// A list of elements of one type.
    List(&'static Type),
    /// A value with named fields of its own.
    Record(&'static Record),
}

impl Type {
    /// Whether both are the same type and values of it can be told apart (lists and records cannot).
    pub(super) fn is_same_scalar(self, other: Self) -> bool {
        !matches!(self, Self::List(_) | Self::Record(_)) && std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// The fields of a record; none for other types.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Self::Record(record) => record.fields,
            _ => &[],
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::String => f.write_str("string"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(element) => write!(f, "list of {element}"),
            Self::Record(record) => f.write_str(record.name),
        }
    }
}

/// A type with named fields, such as the elements of a list of policies.
pub(crate) struct Record {
    /// What error messages call it: `policy`.
    pub(crate) name: &'static str,
    /// Its fields; their paths are single names.
    pub(crate) fields: &'static [Field],
}

/// Whether a field can be absent. (Any field can be unreadable.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Always there.
    Required,
    /// May be absent; an expression has to ask `has(…)` before it uses the field.
    Optional,
}

/// One row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// The dotted path: `secret.rotation.enabled`.
    pub(crate) path: &'static str,
    /// What its values are.
    pub(crate) of: Type,
    /// Whether it can be absent.
    pub(crate) presence: Presence,
}

impl Field {
    /// A field that is always there.
    pub(crate) const fn required(path: &'static str, of: Type) -> Self {
        Self { path, of, presence: Presence::Required }
    }

    /// A field that may be absent.
    pub(crate) const fn optional(path: &'static str, of: Type) -> Self {
        Self { path, of, presence: Presence::Optional }
    }
}

/// All the fields that expressions may name. An optional field may be the beginning of others (`key` of `key.name`): asking for the presence of
/// the longer one answers for the shorter one too.
#[derive(Clone, Default)]
pub(crate) struct Schema {
    fields: BTreeMap<&'static str, Field>,
}

/// Where a path leads.
pub(super) struct Resolved {
    /// How many of its names make the path that [`super::Facts`] are asked for; the rest are fields inside a record.
    pub(super) root: usize,
    /// The type at its end.
    pub(super) of: Type,
    /// The lengths, in names, of its beginnings that may be absent.
    pub(super) optional: Vec<usize>,
}

impl Schema {
    /// A schema of these fields; of two rows with one path the later one stays.
    pub(crate) fn new(fields: impl IntoIterator<Item = Field>) -> Self {
        Self { fields: fields.into_iter().map(|field| (field.path, field)).collect() }
    }

    /// The type of the field at a dotted path, and whether it, or something on the way to it, can be absent.
    #[cfg(test)]
    pub(crate) fn field(&self, path: &str) -> Option<(Type, Presence)> {
        let resolved = self.resolve(&path.split('.').collect::<Vec<_>>())?;
        Some((resolved.of, if resolved.optional.is_empty() { Presence::Required } else { Presence::Optional }))
    }

    /// Whether some path begins with this name.
    pub(super) fn begins_with(&self, name: &str) -> bool {
        self.fields.keys().any(|path| path.split('.').next() == Some(name))
    }

    pub(super) fn resolve(&self, names: &[&str]) -> Option<Resolved> {
        let beginnings: Vec<String> = (1..=names.len().min(MAX_NAMES)).map(|length| names[..length].join(".")).collect();
        let entry = |length: usize| beginnings.get(length - 1).and_then(|path| self.fields.get(path.as_str()));
        (1..=beginnings.len()).rev().find_map(|root| {
            let (of, inner) = follow(entry(root)?.of, &names[root..])?;
            let may_be_absent = |length: &usize| entry(*length).is_some_and(|field| field.presence == Presence::Optional);
            let outer = (1..=root).filter(may_be_absent);
            Some(Resolved { root, of, optional: outer.chain(inner.into_iter().map(|depth| root + depth)).collect() })
        })
    }

    /// What to say of a path that does not resolve: the fault and perhaps a way out.
    pub(super) fn unknown(&self, path: &str) -> (Fault, Option<String>) {
        let inside: Vec<&str> = self
            .fields
            .keys()
            .copied()
            .filter(|known| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
            .take(5)
            .collect();
        if inside.is_empty() {
            let help = self.fields.values().flat_map(paths_of).collect::<Vec<_>>();
            (Fault::UnknownField(path.to_owned()), did_you_mean(path, help.iter().map(String::as_str)))
        } else {
            (Fault::Group(path.to_owned()), Some(format!("its fields begin with `{}`", inside.join("`, `"))))
        }
    }
}

/// No field lies deeper than this.
const MAX_NAMES: usize = 32;

/// Walks into records: the type at the end, and the depths (from 1) of the fields that may be absent.
pub(super) fn follow(mut of: Type, names: &[&str]) -> Option<(Type, Vec<usize>)> {
    let mut optional = Vec::new();
    for (depth, name) in names.iter().enumerate() {
        let field = of.fields().iter().find(|field| field.path == *name)?;
        if field.presence == Presence::Optional {
            optional.push(depth + 1);
        }
        of = field.of;
    }
    Some((of, optional))
}

/// A field's path and, for a record, those of its fields.
fn paths_of(field: &Field) -> impl Iterator<Item = String> {
    let inner = field.of.fields().iter().map(|inner| format!("{}.{}", field.path, inner.path));
    std::iter::once(field.path.to_owned()).chain(inner)
}

/// The help for a misspelt name, when one of the known names is near.
pub(super) fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if wrong.len() > 128 {
        return None;
    }
    let allowed = (wrong.len() / 3).clamp(1, 4);
    let near = known.into_iter().map(|name| (strsim::osa_distance(wrong, name), name)).filter(|(distance, _)| *distance <= allowed);
    near.min().map(|(_, name)| format!("did you mean `{name}`?"))
}
