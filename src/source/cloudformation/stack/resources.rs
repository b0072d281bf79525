//! The resources of a stack, by type and by what they name, as the readers of resource types take them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::properties::Properties;
use crate::arn::AccountId;
use crate::inventory::Known;
use crate::policy::{Part, Symbol, Text};
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::value::Value;
use crate::source::index::Index;

/// The resources of a template that are made in one world.
pub(super) struct Stack<'a> {
    pub(super) made: Vec<Properties<'a>>,
    pub(super) by_id: BTreeMap<&'a str, Properties<'a>>,
    pub(super) region: &'a str,
    pub(super) account: &'a AccountId,
    by_kind: BTreeMap<&'a str, Vec<Properties<'a>>>,
    /// By type and property (none: name and ARN), once somebody asks.
    indexes: RefCell<BTreeMap<(&'static str, &'static str), Index<Properties<'a>>>>,
}

impl<'a> Stack<'a> {
    /// What is made in this account and region.
    pub(super) fn new(made: Vec<Properties<'a>>, region: &'a str, account: &'a AccountId) -> Self {
        let mut by_kind: BTreeMap<&str, Vec<Properties<'a>>> = BTreeMap::new();
        for it in &made {
            by_kind.entry(&it.resource.kind).or_default().push(*it);
        }
        let by_id = made.iter().map(|it| (it.id, *it)).collect();
        Self { made, by_id, region, account, by_kind, indexes: RefCell::default() }
    }

    /// Those of one type.
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = Properties<'a>> + use<'a, '_> {
        self.by_kind.get(kind).into_iter().flatten().copied()
    }

    /// Those of one type of which a property, a text or a list of them, may name what `name` names: all that do, and a few that do not. Whoever asks looks at each.
    pub(super) fn naming(&self, kind: &'static str, property: &'static str, name: &str) -> Result<Vec<Properties<'a>>, TemplateError> {
        self.indexed((kind, property), name, |it| {
            let unknown = || Text::from_parts([Part::Symbol(Symbol::unknown(property))]);
            let text = |item| match item {
                Value::Text(text) => Some(text),
                Value::Unknown(_) => Some(unknown()),
                _ => None,
            };
            Ok(match it.list(property)? {
                Known::Value(items) => items.into_iter().filter_map(text).collect(),
                Known::Unreadable(_) => vec![unknown()],
            })
        })
    }

    /// Those of one type that may have this name or ARN, likewise.
    pub(super) fn called(&self, kind: &'static str, name: &str) -> Result<Vec<Properties<'a>>, TemplateError> {
        self.indexed((kind, ""), name, |it| Ok(vec![it.reference()?, Text::from(&it.arn("Arn")?)]))
    }

    fn indexed(
        &self,
        by: (&'static str, &'static str),
        name: &str,
        texts: impl Fn(Properties<'a>) -> Result<Vec<Text>, TemplateError>,
    ) -> Result<Vec<Properties<'a>>, TemplateError> {
        if let Some(index) = self.indexes.borrow().get(&by) {
            return Ok(index.naming(name));
        }
        let index = Index::new(self.of_kind(by.0), texts)?;
        let found = index.naming(name);
        self.indexes.borrow_mut().insert(by, index);
        Ok(found)
    }
}
