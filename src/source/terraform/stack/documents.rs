//! Policy documents that are not known before apply: those that data `aws_iam_policy_document` makes keep their statements in the plan, so they are put together
//! here as the provider does it (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>).

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::resources::Stack;
use super::thing::Thing;
use crate::arn::{Arn, Partition};
use crate::inventory::{Known, NamedDocument};
use crate::policy::{Document, Text};
use crate::source::bare;
use crate::source::cloudformation::managed;
use crate::source::overlay::maybe;
use crate::source::terraform::code::Made;
use crate::source::terraform::identity;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::value::Value;

/// Documents are not put together from others more often than this.
const MOST_LAYERS: usize = 16;

/// An attribute that is a policy document.
pub(super) fn of(it: Thing<'_>, path: &str) -> Known<Option<Document>> {
    match it.value(path) {
        Some(Value::Text(text)) if text.is_empty() => Known::Value(None),
        Some(Value::Text(text)) => Known::Value(Some(Document::new(text.as_str()))),
        Some(Value::Unknown) => unknown(it, path).map(Some),
        _ => Known::Value(None),
    }
}

/// The document that will stand at `path`.
fn unknown(it: Thing<'_>, path: &str) -> Known<Document> {
    let hidden = match it.made(path) {
        Some(Made::Text(text)) => return Known::Value(Document::new(text.written().as_ref())),
        Some(Made::Open(what) | Made::Fails(what)) => Some(what),
        _ => None,
    };
    let steps: Vec<&str> = path.split('.').collect();
    let sources = it.resolver.sources(it.instance, &steps, true, "aws_iam_policy_document");
    // With its expression known, the evaluator has made what there was to make.
    let made = sources.alone().filter(|_| hidden.is_none()).and_then(|only| statements(it.other(only), MOST_LAYERS));
    match made {
        Some(statements) => Known::Value(Document::new(whole(&statements))),
        None => Known::Unreadable(hidden.map_or_else(|| it.unknown(path), |what| it.hidden(path, &what))),
    }
}

/// The text of the document that this data makes.
pub(super) fn made(it: Thing<'_>) -> Option<Text> {
    statements(it, MOST_LAYERS).map(|statements| Text::parse(&whole(&statements)))
}

fn whole(statements: &[Json]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

/// A policy of which nothing is known: it may allow or deny anything, so that whatever hangs on it stays undecided and names it.
pub(super) fn anything(what: &str, principal: bool) -> Document {
    bare::policy(&identity::unknown(what).to_string(), principal)
}

/// The statements of a document that data makes; `None` where not even how many there are is known.
fn statements(it: Thing<'_>, layers: usize) -> Option<Vec<Json>> {
    let layers = layers.checked_sub(1)?;
    if let Some(text) = it.value("json").and_then(Value::text) {
        return given(text);
    }
    let mut all = Vec::new();
    for path in ["source_policy_documents", "source_json"] {
        for statements in others(it, path, layers)? {
            all.extend(statements);
        }
    }
    for index in 0..it.count("statement")? {
        put(&mut all, statement(it, index)?);
    }
    for path in ["override_policy_documents", "override_json"] {
        for statement in others(it, path, layers)?.into_iter().flatten() {
            put(&mut all, statement);
        }
    }
    Some(all)
}

/// Adds a statement; one of the same id is replaced.
fn put(all: &mut Vec<Json>, statement: Json) {
    let same = |other: &&mut Json| other.get("Sid").is_some_and(|id| Some(id) == statement.get("Sid"));
    match all.iter_mut().find(same) {
        Some(other) => *other = statement,
        None => all.push(statement),
    }
}

/// The statements of a document that is known.
fn given(text: &str) -> Option<Vec<Json>> {
    let document: Json = serde_json::from_str(text).ok()?;
    Some(match document.get("Statement")? {
        Json::Array(statements) => statements.clone(),
        one => vec![one.clone()],
    })
}

/// The documents that another one is made of.
fn others(it: Thing<'_>, path: &str, layers: usize) -> Option<Vec<Vec<Json>>> {
    let Some(value) = it.value(path) else { return Some(Vec::new()) };
    if let Some(texts) = it.made(path).and_then(|made| made.texts()) {
        return texts.iter().filter(|text| text.as_literal() != Some("")).map(|text| given(&text.written())).collect();
    }
    let items = match value {
        Value::Text(text) => return given(text).map(|statements| vec![statements]),
        Value::Unknown => &[Value::Unknown][..],
        list => list.items(),
    };
    let known: Option<Vec<Vec<Json>>> = items.iter().filter_map(Value::text).filter(|text| !text.is_empty()).map(given).collect();
    let mut documents = known?;
    let holes = items.iter().filter(|item| **item == Value::Unknown).count();
    if holes > 0 {
        let sources = it.resolver.sources(it.instance, &[path], true, "aws_iam_policy_document");
        let open: Vec<_> = if *value == Value::Unknown {
            sources.alone().into_iter().collect()
        } else {
            sources.all()?.iter().copied().filter(|source| source.values.at(["json"]).and_then(Value::text).is_none()).collect()
        };
        if open.len() != holes {
            return None;
        }
        for source in open {
            documents.push(statements(it.other(source), layers)?);
        }
    }
    Some(documents)
}

fn statement(it: Thing<'_>, index: usize) -> Option<Json> {
    let at = |name: &str| format!("statement.{index}.{name}");
    let texts = |path: &str| -> Vec<String> {
        // `&{` stands for `${`, which Terraform would take for its own.
        it.list(path, Want::arn(Kind::Text)).into_iter().map(|text| text.replace("&{", "${")).collect()
    };
    let mut fields = Map::new();
    if let Some(sid) = it.text(&at("sid")) {
        fields.insert("Sid".to_owned(), sid.into());
    }
    fields.insert("Effect".to_owned(), it.text(&at("effect")).unwrap_or_else(|| "Allow".to_owned()).into());
    for (name, key) in [("actions", "Action"), ("not_actions", "NotAction"), ("resources", "Resource"), ("not_resources", "NotResource")] {
        let values = texts(&at(name));
        if !values.is_empty() {
            fields.insert(key.to_owned(), values.into());
        }
    }
    for (name, key) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        let mut principals: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for block in 0..it.count(&at(name))? {
            let kind = it.text(&at(&format!("{name}.{block}.type"))).unwrap_or_default();
            principals.entry(kind).or_default().extend(texts(&at(&format!("{name}.{block}.identifiers"))));
        }
        let everybody = principals.len() == 1 && principals.get("*").is_some_and(|identifiers| identifiers == &["*"]);
        match everybody {
            true => fields.insert(key.to_owned(), "*".into()),
            false if principals.is_empty() => None,
            false => fields.insert(key.to_owned(), json!(principals)),
        };
    }
    let mut conditions: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for block in 0..it.count(&at("condition"))? {
        let text = |name: &str| it.text(&at(&format!("condition.{block}.{name}"))).unwrap_or_default();
        let values = texts(&at(&format!("condition.{block}.values")));
        conditions.entry(text("test")).or_default().entry(text("variable")).or_default().extend(values);
    }
    if !conditions.is_empty() {
        fields.insert("Condition".to_owned(), json!(conditions));
    }
    Some(Json::Object(fields))
}

/// The policy that a text names. One that it does not name by an ARN has an ARN that no inventory holds.
pub(super) fn policy_named(holder: &Arn, written: &str) -> Arn {
    let otherwise = || Arn::build(Partition::named(holder.partition_name()), "iam", "", holder.account(), &format!("policy/{written}"));
    Arn::parse(written).or_else(|_| otherwise()).unwrap_or_else(|_| holder.clone())
}

/// The policy that stands at `path`, which may be there or not where something takes the same away.
pub(super) fn document(it: Thing<'_>, path: &str, principal: bool) -> Document {
    let document = match of(it, path) {
        Known::Value(Some(document)) => document,
        Known::Value(None) => Document::new(r#"{"Version":"2012-10-17","Statement":[]}"#),
        Known::Unreadable(gap) => anything(&format!("{}: {}", it.address(), gap.error), principal),
    };
    it.contest().map_or_else(|| document.clone(), |why| maybe(&document, &identity::written(&why), principal))
}

/// A managed policy that may be attached: what it says, where that is known here, and else anything.
pub(super) fn maybe_attached(stack: &Stack<'_>, policy: &Arn, why: &str) -> NamedDocument {
    let of_plan = stack.called("aws_iam_policy", policy.as_str()).into_iter().find(|it| it.arn().as_ref() == Some(policy));
    let of_plan = of_plan.map(|it| document(it, "policy", false));
    let known = of_plan.or_else(|| managed::documents(std::iter::once(policy)).into_values().next());
    let says = known.map_or_else(|| anything(why, false), |known| maybe(&known, &identity::written(why), false));
    NamedDocument::new(policy.as_str(), says)
}
