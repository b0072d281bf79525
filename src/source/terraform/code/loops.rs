//! Expressions with `for` (<https://developer.hashicorp.com/terraform/language/expressions/for>). `expression` asks here.

use std::collections::BTreeMap;

use hcl_edit::expr::ForExpr;
use serde_json::Value as Json;

use super::expression::{Evaluator, Scope};
use super::made::Made;

impl Evaluator<'_> {
    /// What an expression with `for` makes.
    pub(super) fn each(&self, each: &ForExpr, scope: &Scope<'_>) -> Made {
        let collection = self.value(&each.intro.collection_expr, scope);
        let Some(pairs) = collection.pairs() else { return collection.missing_or("what is no collection") };
        let (mut list, mut map): (Vec<Made>, BTreeMap<String, Vec<Made>>) = (Vec::new(), BTreeMap::new());
        for (key, value) in pairs {
            let inner = scope.with(each.intro.key_var.as_ref().map(|name| name.as_str()), key, each.intro.value_var.as_str(), value);
            let condition = each.cond.as_ref().map(|condition| self.value(&condition.expr, &inner));
            match condition.as_ref().map(Made::truth) {
                None | Some(Some(true)) => {}
                Some(Some(false)) => continue,
                Some(None) => return condition.map_or_else(|| Made::Open("a condition".to_owned()), |it| it.missing_or("a condition")),
            }
            let value = self.value(&each.value_expr, &inner);
            match each.key_expr.as_ref().map(|key| self.value(key, &inner)) {
                None => list.push(value),
                Some(fails @ Made::Fails(_)) => return fails,
                Some(Made::Plain(Json::Null)) => return Made::Fails("null as a key".to_owned()),
                Some(key) => match key.text() {
                    Ok(key) => map.entry(key.written().into_owned()).or_default().push(value),
                    Err(what) => return Made::Open(what),
                },
            }
        }
        if each.key_expr.is_none() {
            return if collection.is_placed() { Made::list(list) } else { Made::unplaced(list) };
        }
        if each.grouping {
            let grouped = |values| if collection.is_placed() { Made::list(values) } else { Made::unplaced(values) };
            return Made::map(map.into_iter().map(|(key, values)| (key, grouped(values))).collect());
        }
        // Without `...` Terraform refuses two values under one key.
        if let Some((key, _)) = map.iter().find(|(_, values)| values.len() > 1) {
            return Made::Fails(format!("two values for {key}"));
        }
        Made::map(map.into_iter().filter_map(|(key, values)| Some((key, values.into_iter().next()?))).collect())
    }
}
