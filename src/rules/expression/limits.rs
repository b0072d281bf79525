//! How much one expression may ask for. Read by every file of this folder that could otherwise be kept busy, and by the documentation.

/// The longest source of an expression or a template, in bytes.
pub(crate) const MAX_SOURCE: usize = 4096;
/// How deep parentheses, lists, calls and negations may lie inside each other.
pub(crate) const MAX_NESTING: usize = 32;
/// How deep `exists` and `all` may lie inside each other.
pub(crate) const MAX_MACROS: usize = 2;
