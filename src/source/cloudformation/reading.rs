//! What the intrinsic functions and the names of resources need of the evaluator. `functions` and `identity` take it, `evaluate` gives it.

use super::document::{Node, TemplateError};
use super::given::Given;
use super::template::Template;
use super::value::Value;
use crate::policy::Position;

/// Evaluates values of one template in one world.
pub(super) trait Reading {
    /// The template.
    fn template(&self) -> &Template;
    /// What is told beside it.
    fn given(&self) -> &Given;
    /// A value, evaluated.
    fn value(&self, node: &Node) -> Result<Value, TemplateError>;
    /// What `Ref` gives for this name.
    fn reference(&self, name: &str, at: Position) -> Result<Value, TemplateError>;
    /// What `Fn::GetAtt` gives.
    fn attribute_of(&self, resource: &str, attribute: &str, at: Position) -> Result<Value, TemplateError>;
    /// The value of a property of a resource, which must not hang on itself; `None` without that property.
    fn property(&self, resource: &str, name: &str, at: Position) -> Result<Option<Value>, TemplateError>;
}
