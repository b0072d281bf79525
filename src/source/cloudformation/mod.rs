//! Templates of CloudFormation. `aws` reads what a stack attached a secret to.

mod template;

pub(crate) use template::read;
