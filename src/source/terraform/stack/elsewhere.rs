//! What a plan says of secrets, keys and functions that it does not make, with resources of their own.

use std::collections::BTreeSet;

use serde_json::json;

use super::permissions::{for_everybody, function_of};
use super::resources::Stack;
use super::thing::Thing;
use super::{documents, keys};
use crate::arn::{Arn, Partition};
use crate::inventory::{FunctionUrl, Gap, Known};
use crate::policy::Document;
use crate::source::planned::{Named, ResourceFact};
use crate::source::terraform::identity::{self, Kind};
use crate::source::terraform::kinds::CONTROL_POLICIES;
use crate::source::terraform::resolve::Want;

/// All that the plan says so; `made` is what it makes itself.
pub(super) fn facts(stack: &Stack<'_>, made: &BTreeSet<Arn>) -> Vec<ResourceFact> {
    let mut facts = Vec::new();
    for it in stack.of_kind("aws_secretsmanager_secret_policy") {
        let secret = it.naming("secret_arn", Want::arn(Kind::Secret));
        if secret.is_some_and(|text| text.has_unknown()) {
            facts.push(ResourceFact::AnySecretPolicy { place: it.place(), gap: it.unknown("secret_arn") });
        }
    }
    for it in stack.of_kind("aws_kms_key_policy") {
        if let Some(key) = key(it, made) {
            let nothing = || Document::new(r#"{"Version":"2012-10-17","Statement":[]}"#);
            let policy = match &key {
                Named::One(_) => match it.contested() {
                    Some(gap) => Known::Unreadable(gap),
                    None => documents::of(it, "policy").map(|policy| policy.unwrap_or_else(nothing)),
                },
                Named::Any(_) => Known::Unreadable(it.unknown("key_id")),
            };
            facts.push(ResourceFact::KeyPolicy { key, policy });
        }
    }
    for it in stack.of_kind("aws_kms_grant") {
        if let Some(key) = key(it, made) {
            let grant = if matches!(key, Named::One(_)) { keys::grant(it) } else { Known::Unreadable(it.unknown("key_id")) };
            facts.push(ResourceFact::KeyGrant { key, grant });
        }
    }
    for it in stack.of_kind("aws_lambda_alias") {
        if let (Some(Named::One(function)), Some(name)) = (function(it, made), it.text("name")) {
            facts.push(ResourceFact::Alias { function, name });
        }
    }
    for it in stack.of_kind("aws_lambda_function_url") {
        if let Some(function) = function(it, made) {
            let qualifier = it.text("qualifier");
            let auth_type = it.text("authorization_type").unwrap_or_default();
            let statement = match &function {
                Named::One(arn) if auth_type == "NONE" => {
                    let resource = qualifier.as_ref().map_or_else(|| arn.to_string(), |qualifier| format!("{arn}:{qualifier}"));
                    Some(for_everybody(&resource))
                }
                Named::One(_) => None,
                Named::Any(_) => Some(maybe(it)),
            };
            facts.push(ResourceFact::Url { function, url: FunctionUrl { qualifier, auth_type }, statement });
        }
    }
    for it in stack.of_kind("aws_lambda_permission") {
        if let Some(Named::Any(place)) = function(it, made) {
            facts.push(ResourceFact::AnyPermission { place, statement: maybe(it) });
        }
    }
    for kind in CONTROL_POLICIES {
        for it in stack.of_kind(kind).filter(|it| it.instance.changes).chain(stack.earlier(kind)) {
            let gap = Gap::new("plan", it.address(), "what comes of resources of this type is not followed");
            facts.push(ResourceFact::ControlPolicies { gap });
        }
    }
    facts
}

/// A statement that may let anybody in, for whatever.
fn maybe(it: Thing<'_>) -> serde_json::Value {
    let action = identity::unknown(&format!("{}.function_name", it.address())).to_string();
    json!({"Sid": it.address(), "Effect": "Allow", "Principal": "*", "Action": action})
}

/// The key that a resource is about, unless the plan makes it.
fn key(it: Thing<'_>, made: &BTreeSet<Arn>) -> Option<Named> {
    let text = it.naming("key_id", Want::arn(Kind::Key))?;
    let written = text.written();
    let is_made = |arn: &&Arn| arn.service() == "kms" && (*written == *arn.as_str() || *written == *arn.name());
    if made.iter().any(|arn| is_made(&arn)) || (!text.has_unknown() && written.contains('⟦')) {
        return None;
    }
    if text.has_unknown() {
        return Some(Named::Any(it.place()));
    }
    let region = it.resolver.region_of(it.instance);
    let by_id = || {
        let account = it.resolver.account_of(it.instance);
        Arn::build(Partition::of_region(&region), "kms", &region, &account, &format!("key/{written}"))
    };
    Arn::parse(&written).or_else(|_| by_id()).ok().map(Named::One)
}

/// The function that a resource is about, unless the plan makes it.
fn function(it: Thing<'_>, made: &BTreeSet<Arn>) -> Option<Named> {
    let name = function_of(it, "function_name")?;
    if name.has_unknown() {
        return Some(Named::Any(it.place()));
    }
    let written = name.written();
    let region = it.resolver.region_of(it.instance);
    let account = it.resolver.account_of(it.instance);
    let by_name = || Arn::build(Partition::of_region(&region), "lambda", &region, &account, &format!("function:{written}"));
    let (function, _) = Arn::parse(&written).or_else(|_| by_name()).ok()?.split_qualifier();
    (!made.contains(&function)).then_some(Named::One(function))
}
