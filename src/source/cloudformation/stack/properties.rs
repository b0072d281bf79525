//! The properties of one resource of a template, evaluated when they are asked for. The readers of resource types take them from here.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::inventory::{Gap, Known};
use crate::policy::{Document, Part, Symbol, Text};
use crate::source::cloudformation::document::{Node, TemplateError};
use crate::source::cloudformation::evaluate::Evaluator;
use crate::source::cloudformation::identity;
use crate::source::cloudformation::reading::Reading;
use crate::source::cloudformation::template::Resource;
use crate::source::cloudformation::value::{Missing, Value};
use crate::source::overlay::Nameless;

/// One resource of a template.
#[derive(Clone, Copy)]
pub(super) struct Properties<'a> {
    pub(super) evaluator: &'a Evaluator<'a>,
    /// How it is known among those of all stacks.
    pub(super) id: &'a str,
    /// Its logical id in its own template.
    pub(super) local: &'a str,
    pub(super) resource: &'a Resource,
}

impl<'a> Properties<'a> {
    /// What `Ref` gives for it.
    pub(super) fn reference(&self) -> Result<Text, TemplateError> {
        match self.evaluator.reference(self.local, self.resource.at)? {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong("it has no name")),
        }
    }

    /// What `Fn::GetAtt` gives for its ARN.
    pub(super) fn arn(&self, attribute: &str) -> Result<Arn, TemplateError> {
        match self.evaluator.attribute_of(self.local, attribute, self.resource.at)? {
            Value::Text(text) => Arn::parse(&text.written()).map_err(|error| self.wrong(&error.to_string())),
            _ => Err(self.wrong("it has no ARN")),
        }
    }

    /// That it has no name in the template, if it has none.
    pub(super) fn nameless(&self) -> Result<Option<Nameless>, TemplateError> {
        if !identity::is_nameless(self.evaluator, self.local, self.resource.at)? {
            return Ok(None);
        }
        let (stack, within) = self.evaluator.stack_path();
        let (logical, kind, symbol) = (self.local.to_owned(), self.resource.kind.clone(), Symbol::fresh(self.id).id().to_owned());
        Ok(Some(Nameless { stack, within, logical, kind, symbol }))
    }

    /// Whether it stays when its template does not write it any more, or when an outer one does not nest its stack any more and makes `next` alone; `None` where that is not
    /// known.
    pub(super) fn retained(&self, next: &BTreeSet<String>) -> Option<bool> {
        let mut retained = self.resource.retained;
        let mut member = self.evaluator.member();
        while let Some((outer, id)) = &member.parent {
            member = self.evaluator.outer(*outer);
            let stack = member.template.resources.get(id).filter(|_| !next.contains(member.name_of(id)));
            retained = match (retained, stack.map_or(Some(false), |stack| stack.retained)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        retained
    }

    /// The file in which it is written.
    pub(super) fn file(&self) -> &'a str {
        &self.evaluator.member().given.file
    }

    /// That it cannot be what it is written to be.
    pub(super) fn wrong(&self, problem: &str) -> TemplateError {
        TemplateError::at(self.resource.at, format!("{}: {problem}", self.id)).found_in(self.file())
    }

    fn node(&self, name: &str) -> Option<&'a Node> {
        self.resource.properties.as_ref()?.get(name)
    }

    /// A property. One that is null, or `AWS::NoValue`, is not there.
    pub(super) fn value(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        let value = self.evaluator.written(self.resource.properties.as_ref(), name)?;
        Ok(value.filter(|value| !matches!(value, Value::Null | Value::Nothing)))
    }

    /// A property that is a text. An empty one names nothing; mostly it is the default of a parameter that has to be given.
    pub(super) fn text(&self, name: &str) -> Result<Option<Text>, TemplateError> {
        match self.value(name)? {
            None => Ok(None),
            Some(Value::Text(text)) if text.as_literal() == Some("") => Ok(Some(self.empty(name))),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Unknown(missing)) => Ok(Some(missing.text())),
            Some(_) => Err(TemplateError::at(self.place(name), format!("{name} of {} is not a text", self.id)).found_in(self.file())),
        }
    }

    fn empty(&self, name: &str) -> Text {
        Text::from_parts([Part::Symbol(Symbol::unknown(&format!("{name} of {}, which is empty", self.id)))])
    }

    /// A property that is a policy document.
    pub(super) fn document(&self, name: &str) -> Result<Known<Option<Document>>, TemplateError> {
        Ok(match self.value(name)? {
            None => Known::Value(None),
            Some(value) => document(self.id, &value).map(Some),
        })
    }

    /// A property that is a list; without it, an empty one.
    pub(super) fn list(&self, name: &str) -> Result<Known<Vec<Value>>, TemplateError> {
        Ok(match self.value(name)? {
            None => Known::Value(Vec::new()),
            Some(Value::List(items)) => Known::Value(items),
            Some(Value::Unknown(missing)) => Known::Unreadable(gap(self.id, &missing)),
            // CloudFormation takes one item in place of a list of one.
            Some(one) => Known::Value(vec![one]),
        })
    }

    fn place(&self, name: &str) -> crate::policy::Position {
        self.node(name).map_or(self.resource.at, |node| node.at)
    }
}

/// A value as a policy document: a mapping, or its JSON as text.
pub(super) fn document(id: &str, value: &Value) -> Known<Document> {
    match value {
        Value::Text(text) if text.has_unknown() && text.literal_prefix().is_empty() => Known::Unreadable(gap_of(id, &text.written())),
        Value::Text(text) => Known::Value(Document::new(text.written().as_ref())),
        other => match other.json() {
            Ok(text) => Known::Value(Document::new(text.written().as_ref())),
            Err(missing) => Known::Unreadable(gap(id, missing)),
        },
    }
}

/// That something of this resource is not known, and what would have to be.
pub(super) fn gap(id: &str, missing: &Missing) -> Gap {
    gap_of(id, &missing.to_string())
}

/// The same, of a text with symbols.
pub(super) fn gap_of(id: &str, written: &str) -> Gap {
    Gap::new("template", id, &format!("{} is not known", written.replace(['⟦', '?', '⟧'], "")))
}
