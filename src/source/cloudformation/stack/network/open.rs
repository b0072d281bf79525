//! Properties that must be known in full for a list of a network to be complete: what is not known leaves the whole list open.

use std::str::FromStr;

use crate::inventory::network::ById;
use crate::inventory::{Gap, Known};
use crate::policy::Text;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::stack::properties::{Properties, gap, gap_of};
use crate::source::cloudformation::value::Value;

/// Why a list has no end.
pub(super) enum Stop {
    /// The template is none.
    Wrong(TemplateError),
    /// Something in it is not known.
    Open(Gap),
}

impl From<TemplateError> for Stop {
    fn from(error: TemplateError) -> Self {
        Self::Wrong(error)
    }
}

/// A list that is known, or what would have to be for it to be.
pub(super) fn list<T>(found: Result<ById<T>, Stop>) -> Result<Known<ById<T>>, TemplateError> {
    match found {
        Ok(things) => Ok(Known::Value(things)),
        Err(Stop::Open(gap)) => Ok(Known::Unreadable(gap)),
        Err(Stop::Wrong(error)) => Err(error),
    }
}

/// The fields of a resource, or of a mapping among its properties.
pub(super) enum Fields<'a> {
    /// A resource.
    Of(Properties<'a>),
    /// A mapping of the resource of this logical id.
    In(&'a str, &'a Value),
}

impl Fields<'_> {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Of(it) => it.id,
            Self::In(id, _) => id,
        }
    }

    fn value(&self, name: &str) -> Result<Option<Value>, Stop> {
        match self {
            Self::Of(it) => Ok(it.value(name)?),
            Self::In(_, Value::Unknown(missing)) => Err(Stop::Open(gap(self.id(), missing))),
            Self::In(_, value) => Ok(value.get(name).filter(|value| **value != Value::Null).cloned()),
        }
    }

    /// A text, of which parts may not be known.
    pub(super) fn text(&self, name: &str) -> Result<Option<Text>, Stop> {
        Ok(match self.value(name)? {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Unknown(missing)) => Some(missing.text()),
            _ => None,
        })
    }

    /// The id of another resource, written out.
    pub(super) fn id_of(&self, name: &str) -> Result<Option<String>, Stop> {
        Ok(self.text(name)?.map(|text| text.written().into_owned()))
    }

    /// A text that must be known.
    pub(super) fn literal(&self, name: &str) -> Result<Option<String>, Stop> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) => match text.as_literal() {
                Some(literal) => Ok(Some(literal.to_owned())),
                None => Err(Stop::Open(gap_of(self.id(), &text.written()))),
            },
        }
    }

    /// The same as a number, a range of addresses, … What is none is left open too: CloudFormation would refuse it.
    pub(super) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Stop> {
        let Some(literal) = self.literal(name)? else { return Ok(None) };
        let wrong = || Stop::Open(Gap::new("template", self.id(), &format!("{name} cannot be {literal:?}")));
        literal.parse().map(Some).map_err(|_| wrong())
    }

    /// The same of what may stay open; `None` then.
    pub(super) fn if_known<T: FromStr>(&self, name: &str) -> Result<Option<T>, Stop> {
        match self.text(name)? {
            Some(text) if text.as_literal().is_none() => Ok(None),
            _ => self.parsed(name),
        }
    }

    /// Whether a property is `true`; `absent` without it.
    pub(super) fn flag(&self, name: &str, absent: bool) -> Result<bool, Stop> {
        Ok(self.literal(name)?.map_or(absent, |text| text.eq_ignore_ascii_case("true")))
    }

    /// A list of ids.
    pub(super) fn ids(&self, name: &str) -> Result<Vec<String>, Stop> {
        match self.value(name)? {
            None => Ok(Vec::new()),
            Some(Value::List(items)) => items.iter().map(|item| self.item(name, item)).collect(),
            Some(Value::Unknown(missing)) => Err(Stop::Open(gap(self.id(), &missing))),
            Some(one) => Ok(vec![self.item(name, &one)?]),
        }
    }

    fn item(&self, name: &str, item: &Value) -> Result<String, Stop> {
        match item {
            Value::Text(text) => Ok(text.written().into_owned()),
            Value::Unknown(missing) => Ok(missing.text().to_string()),
            _ => Err(Stop::Open(Gap::new("template", self.id(), &format!("{name} is not a list of texts")))),
        }
    }

    /// A list of mappings.
    pub(super) fn items(&self, name: &str) -> Result<Vec<Value>, Stop> {
        match self.value(name)? {
            None => Ok(Vec::new()),
            Some(Value::List(items)) => Ok(items),
            Some(Value::Unknown(missing)) => Err(Stop::Open(gap(self.id(), &missing))),
            Some(one) => Ok(vec![one]),
        }
    }
}

/// What AWS makes together with a VPC, by the name of the attribute that tells it.
pub(super) fn made_with(vpc: &str, what: &str) -> String {
    let inner = vpc.trim_matches(['⟦', '⟧']);
    format!("⟦{inner}.{what}⟧")
}
