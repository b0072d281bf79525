//! Whether an expression of a file is the one that the plan was made of: both refer to the same things. Files that changed since then would tell of another plan.

use std::collections::BTreeSet;

use hcl_edit::expr::{Expression, ForExpr, Traversal, TraversalOperator};
use hcl_edit::visit::{Visit, visit_for_expr, visit_traversal};

use super::files::Code;
use crate::source::terraform::address::Target;

/// Whether the expression refers to the same resources, variables, local values and modules as the plan says.
pub(super) fn agree(expression: &Expression, of_plan: &[&str]) -> bool {
    let mut roots = Roots::default();
    roots.visit_expr(expression);
    let written: BTreeSet<&String> =
        roots.named.iter().filter(|name| !roots.bound.iter().any(|bound| name.starts_with(&format!("{bound}.")))).collect();
    let planned: BTreeSet<String> = of_plan.iter().filter_map(|reference| root(&Target::parse(reference)?)).collect();
    written.into_iter().eq(planned.iter())
}

/// What a reference names, without what of it is meant.
fn root(target: &Target) -> Option<String> {
    match target {
        Target::Resource { data, kind, name, .. } => Some(format!("{}{kind}.{name}", if *data { "data." } else { "" })),
        Target::Output { module, .. } => Some(format!("module.{module}")),
        Target::Variable { name, .. } => Some(format!("var.{name}")),
        Target::Local(name) => Some(format!("local.{name}")),
        Target::Each { .. } | Target::Place => None,
    }
}

impl Code {
    /// All that a block refers to, as it is written there, also in dynamic blocks.
    pub(crate) fn references_of_block(&self, module: &[String], data: bool, kind: &str, name: &str) -> BTreeSet<String> {
        let block = self.module(module).and_then(|files| files.blocks.get(&(data, kind.to_owned(), name.to_owned())));
        let mut roots = Roots::default();
        if let Some(written) = block {
            roots.visit_body(&written.block.body);
        }
        roots.written
    }

    /// What a local value refers to; `None` where the files do not hold it.
    pub(crate) fn references_of_local(&self, module: &[String], name: &str) -> Option<BTreeSet<String>> {
        let mut roots = Roots::default();
        roots.visit_expr(self.module(module)?.locals.get(name)?);
        Some(roots.written)
    }
}

/// The things that an expression names, and the names that it binds itself.
#[derive(Default)]
struct Roots {
    named: BTreeSet<String>,
    /// The same with their attributes.
    written: BTreeSet<String>,
    bound: BTreeSet<String>,
}

impl Visit for Roots {
    fn visit_traversal(&mut self, traversal: &Traversal) {
        if let Expression::Variable(first) = &traversal.expr {
            let mut text = first.to_string();
            for operator in &traversal.operators {
                match operator.value() {
                    TraversalOperator::GetAttr(name) => text = format!("{text}.{name}"),
                    _ => break,
                }
            }
            if let Some(root) = Target::parse(&text).and_then(|target| root(&target)) {
                self.named.insert(root);
                self.written.insert(text);
            }
        }
        visit_traversal(self, traversal);
    }

    fn visit_for_expr(&mut self, each: &ForExpr) {
        self.bound.extend(each.intro.key_var.iter().map(ToString::to_string));
        self.bound.insert(each.intro.value_var.to_string());
        visit_for_expr(self, each);
    }
}
