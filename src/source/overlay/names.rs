//! Names of a template and those that the same things have where they exist already: put in place of each other wherever a template names them. `overlay` and `cli` ask here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::additions::Additions;
use crate::arn::Arn;
use crate::inventory::{Inventory, Secret};

/// Names of a template and those that the same things have where they exist already.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// By what stands between the brackets of a symbol.
    symbols: BTreeMap<String, String>,
    /// ARNs that the template writes in part, in full. In policies they are no names: there they mean what is written.
    arns: BTreeMap<String, String>,
}

impl Names {
    /// Those of secrets, whose random characters are known where they exist.
    pub(crate) fn of(existing: &Inventory, made: &Inventory) -> Self {
        let alike = Alike::of(existing);
        let mut names = Self::default();
        for secret in made.secrets.values() {
            let Some(known) = alike.named(secret).filter(|known| **known != secret.arn) else { continue };
            let made_up = secret.arn.as_str().rsplit_once("-⟦").and_then(|(_, symbol)| symbol.strip_suffix('⟧'));
            match (made_up, known.as_str().rsplit_once('-')) {
                (Some(symbol), Some((_, random))) => names.insert(symbol.to_owned(), random.to_owned()),
                _ => drop(names.arns.insert(secret.arn.to_string(), known.to_string())),
            }
        }
        names
    }

    /// What stands for a symbol. A name that would end a text in which it stands is none.
    pub(super) fn insert(&mut self, symbol: String, name: String) {
        if !name.contains(['"', '\\']) && !name.contains(char::is_control) {
            self.symbols.insert(symbol, name);
        }
    }

    /// These and others, which count before these.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.symbols.extend(others.symbols);
        self.arns.extend(others.arns);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.symbols.is_empty() && self.arns.is_empty()
    }

    /// A text with the names of what exists, if it names any of that.
    pub(super) fn in_text(&self, text: &str) -> Option<String> {
        let mut parts = text.split('⟦');
        let (mut result, mut any) = (parts.next()?.to_owned(), false);
        for part in parts {
            if let Some((name, after)) = part.split_once('⟧').and_then(|(symbol, after)| Some((self.symbols.get(symbol)?, after))) {
                result.push_str(name);
                result.push_str(after);
                any = true;
            } else {
                result.push('⟦');
                result.push_str(part);
            }
        }
        any.then_some(result)
    }

    /// `made` with the names of what exists, wherever it names it; nothing where nothing has another name.
    pub(crate) fn in_inventory(&self, made: &Inventory) -> Option<Inventory> {
        if self.is_empty() { None } else { renamed(made, &|text| self.arns.get(text).cloned().or_else(|| self.in_text(text))) }
    }

    /// The same of ARNs.
    pub(crate) fn in_arns(&self, arns: &BTreeSet<Arn>) -> BTreeSet<Arn> {
        arns.iter().map(|arn| self.in_text(arn.as_str()).and_then(|text| Arn::parse(&text).ok()).unwrap_or_else(|| arn.clone())).collect()
    }

    /// The same of what it adds to what it does not make.
    pub(crate) fn in_additions(&self, additions: &Additions) -> Additions {
        let changed = if self.is_empty() { None } else { renamed(additions, &|text| self.in_text(text)) };
        changed.unwrap_or_else(|| additions.clone())
    }
}

/// What a text is changed into, if it is.
type Change<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A thing with its texts changed, names among them: as JSON each stands as it is.
fn renamed<T: Serialize + DeserializeOwned>(thing: &T, change: Change<'_>) -> Option<T> {
    serde_json::from_value(changed(serde_json::to_value(thing).ok()?, change)).ok()
}

fn changed(value: Json, change: Change<'_>) -> Json {
    let text = |text: String| change(&text).unwrap_or(text);
    match value {
        Json::String(one) => Json::String(text(one)),
        Json::Array(items) => items.into_iter().map(|item| changed(item, change)).collect(),
        Json::Object(members) => members.into_iter().map(|(key, value)| (text(key), changed(value, change))).collect(),
        other => other,
    }
}

/// Secrets that exist, by account, region and name.
pub(super) struct Alike<'a>(BTreeMap<(&'a str, &'a str, &'a str), &'a Arn>);

impl<'a> Alike<'a> {
    pub(super) fn of(existing: &'a Inventory) -> Self {
        let mut all = BTreeMap::new();
        for arn in existing.secrets.keys() {
            all.entry((arn.account(), arn.region(), arn.name())).or_insert(arn);
        }
        Self(all)
    }

    /// The one that a secret of a template is: of the same name, in the same place.
    pub(super) fn named(&self, secret: &Secret) -> Option<&'a Arn> {
        self.0.get(&(secret.arn.account(), secret.arn.region(), secret.arn.name())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::clean;

    #[test]
    fn symbols_are_names_wherever_they_stand_and_arns_written_in_part_only_where_they_are_alone() {
        let existing = clean::account().unwrap();
        let part = Arn::parse("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db").unwrap();
        let made_up = Arn::parse("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-⟦Db#6⟧").unwrap();
        let mut made = Inventory::empty(existing.as_of);
        let secret = existing.secrets[&Arn::parse(clean::SECRET).unwrap()].clone();
        for arn in [&part, &made_up] {
            made.secrets.insert(arn.clone(), Secret { arn: arn.clone(), ..secret.clone() });
        }
        // In a policy the ARN without its random characters names no secret.
        let policy = |resource: &str| serde_json::json!({"Resource": [resource, format!("{resource}2"), "⟦Other#6⟧⟦"]}).to_string();
        let named = |resource: &str| crate::inventory::NamedDocument::new("default", crate::policy::Document::new(policy(resource)));
        made.secrets.get_mut(&part).unwrap().policies = crate::inventory::Known::Value(vec![named(part.as_str()), named(made_up.as_str())]);
        let names = Names::of(&existing, &made);
        let policies = |inventory: &Inventory, arn: &str| inventory.secrets[&Arn::parse(arn).unwrap()].policies.value().cloned().unwrap();
        let mut alone = made.clone();
        alone.secrets.remove(&made_up);
        let renamed = names.in_inventory(&alone).unwrap();
        let texts: Vec<String> = policies(&renamed, clean::SECRET).iter().map(|policy| policy.document.text().to_owned()).collect();
        assert_eq!(texts, [policy(part.as_str()), policy(clean::SECRET)]);
        assert!(Names::default().in_inventory(&made).is_none());
    }
}
