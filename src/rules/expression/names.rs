//! What the names in an expression stand for: fields of the schema or variables of `exists` and `all`. Called by `check`.

use std::sync::Arc;

use super::condition::{Reference, Root};
use super::error::{ExpressionError, Fault, Span};
use super::guards::{Guards, cover, dotted};
use super::limits::MAX_MACROS;
use super::schema::{Schema, Type, did_you_mean, follow};
use super::syntax::Name;

/// The names that can be used at a place of the expression, and the fields used so far.
pub(super) struct Names<'s> {
    schema: &'s Schema,
    paths: Vec<Arc<str>>,
    /// The variables of the `exists` and `all` around this place, outermost first.
    variables: Vec<(String, Type)>,
}

/// Where a path leads, and what may be absent on the way.
pub(super) struct Target {
    /// The variable that the path begins with.
    pub(super) variable: Option<usize>,
    /// How many names belong to the root.
    root: usize,
    pub(super) of: Type,
    /// The lengths of the beginnings that may be absent.
    optional: Vec<usize>,
}

impl<'s> Names<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        Self { schema, paths: Vec::new(), variables: Vec::new() }
    }

    /// The paths that the references count in.
    pub(super) fn into_paths(self) -> Vec<Arc<str>> {
        self.paths
    }

    /// Enters the body of an `exists` or `all` with this variable.
    pub(super) fn bind(&mut self, variable: &Name, of: Type) -> Result<(), ExpressionError> {
        if self.variables.len() == MAX_MACROS {
            return Err(ExpressionError::new(variable.span, Fault::MacrosTooDeep(MAX_MACROS)));
        }
        if self.schema.begins_with(&variable.text) || self.variables.iter().any(|(taken, _)| *taken == variable.text) {
            return Err(ExpressionError::new(variable.span, Fault::NameTaken(variable.text.clone())));
        }
        self.variables.push((variable.text.clone(), of));
        Ok(())
    }

    /// Leaves the body that `bind` entered last.
    pub(super) fn unbind(&mut self) {
        self.variables.pop();
    }

    /// A field or variable whose value is used: it has to be there.
    pub(super) fn present(&mut self, names: &[Name], span: Span, guards: &Guards) -> Result<(Reference, Type), ExpressionError> {
        let (reference, target) = self.reference(names, span)?;
        match target.optional.iter().max() {
            Some(longest) if target.optional.iter().any(|length| !cover(guards, &dotted(&names[..*length]))) => {
                let help = format!("write `has({}) && …`", dotted(&names[..*longest]));
                Err(ExpressionError::new(span, Fault::Unguarded(dotted(names))).with_help(help))
            }
            _ => Ok((reference, target.of)),
        }
    }

    /// A field or variable that may be absent.
    pub(super) fn reference(&mut self, names: &[Name], span: Span) -> Result<(Reference, Target), ExpressionError> {
        let Some(target) = self.resolve(names) else { return Err(self.unknown(names, span)) };
        let root = match target.variable {
            Some(index) => Root::Variable(index),
            None => Root::Field(self.path(&dotted(&names[..target.root]))),
        };
        let inner = names[target.root..].iter().map(|name| name.text.as_str().into()).collect();
        Ok((Reference { root, names: inner }, target))
    }

    /// Where a path leads; nothing is recorded.
    pub(super) fn resolve(&self, names: &[Name]) -> Option<Target> {
        let texts: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
        let (first, rest) = texts.split_first()?;
        if let Some(index) = self.variables.iter().position(|(variable, _)| variable == first) {
            let (of, optional) = follow(self.variables[index].1, rest)?;
            return Some(Target { variable: Some(index), root: 1, of, optional: optional.into_iter().map(|depth| depth + 1).collect() });
        }
        let resolved = self.schema.resolve(&texts)?;
        Some(Target { variable: None, root: resolved.root, of: resolved.of, optional: resolved.optional })
    }

    fn unknown(&self, names: &[Name], span: Span) -> ExpressionError {
        let path = dotted(names);
        let variable = names.first().and_then(|first| self.variables.iter().find(|(variable, _)| *variable == first.text));
        let (fault, help) = match variable {
            Some((variable, of)) => {
                let fields: Vec<String> = of.fields().iter().map(|field| format!("{variable}.{}", field.path)).collect();
                (Fault::UnknownField(path.clone()), did_you_mean(&path, fields.iter().map(String::as_str)))
            }
            None => self.schema.unknown(&path),
        };
        ExpressionError::new(span, fault).with_help(help)
    }

    /// The place of a path in the list of paths, where it is entered when it is new.
    fn path(&mut self, path: &str) -> usize {
        self.paths.iter().position(|known| **known == *path).unwrap_or_else(|| {
            self.paths.push(path.into());
            self.paths.len() - 1
        })
    }
}
