//! Finds out what a value is that Terraform does not know yet: follows the references of its expression, through variables and outputs of modules, to the resource
//! whose identity it is. `stack` and `code` ask here.

mod follow;
mod found;
mod naming;
mod resolver;
mod texts;
mod written;

pub(crate) use found::Want;
pub(crate) use resolver::Resolver;
pub(crate) use written::{SETS, references};
