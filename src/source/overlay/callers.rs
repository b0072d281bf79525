//! What exists of functions that a template writes, and the template does not write: statements of their policies, URLs, concurrency, aliases and tags. The first calls of a
//! rotation, and whoever else gets in, hang on these. `kept` asks here.

use serde_json::Value as Json;

use super::additions::{Additions, with_statement};
use super::earlier::{Earlier, Fate};
use super::maybe::{content, may_be, maybe_statement, statements};
use super::tags;
use super::untold::TEMPLATE;
use crate::arn::Arn;
use crate::inventory::{Function, FunctionUrl, Gap, Inventory, Known};
use crate::policy::Document;

/// The authentication of a URL that has none (<https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>).
const NO_AUTH: &str = "NONE";

/// Puts it beside what the template makes, and takes from functions that it does not make what the earlier version had added.
pub(super) fn keep(existing: &Inventory, (made, additions): (&Inventory, &Additions), earlier: Earlier<'_>, result: &mut Inventory) {
    for (arn, there) in &existing.functions {
        let Some(function) = result.functions.get_mut(arn).filter(|function| !matches!(function.configuration, Known::Value(None))) else {
            continue;
        };
        if !made.origins.contains_key(arn) {
            if !earlier.is_empty() {
                without_statements(arn, earlier, function);
            }
            continue;
        }
        let Some(own) = made.functions.get(arn) else { continue };
        let whole = |qualifier: &String| additions.whole.iter().any(|(of, other)| of == arn && other == qualifier);
        for (qualifier, policy) in there.policies.iter().filter(|(qualifier, _)| own.policies.contains_key(*qualifier)) {
            if !whole(qualifier) {
                statements_beside((arn, qualifier), policy, earlier, function);
            }
        }
        qualifiers(own, earlier, function);
        urls(there, earlier, function);
        concurrency(there, earlier, function);
        if let (Known::Value(was), Known::Value(now)) = (&there.tags, &mut function.tags) {
            tags::keep(was, now, earlier, &format!("function {}", arn.name()), |inventory| written(arn, inventory)?.tags.value());
        }
    }
}

/// What the earlier version made of this function.
fn written<'i>(arn: &Arn, inventory: &'i Inventory) -> Option<&'i Function> {
    inventory.origins.get(arn).and_then(|_| inventory.functions.get(arn))
}

/// Takes away the versions and aliases that the earlier version made and this one does not.
fn qualifiers(own: &Function, earlier: Earlier<'_>, function: &mut Function) {
    let arn = &own.arn;
    let others: Vec<String> = function.qualified.keys().filter(|qualifier| !own.qualified.contains_key(*qualifier)).cloned().collect();
    for qualifier in others {
        let wrote =
            |inventory: &Inventory, _: &Additions| Some(written(arn, inventory).is_some_and(|it| it.qualified.contains_key(&qualifier)));
        match Fate::of(earlier, wrote) {
            Fate::Goes => {
                function.qualified.insert(qualifier.clone(), Known::Value(None));
                function.policies.insert(qualifier, Known::Value(None));
            }
            Fate::Stays => policy_of(arn, &qualifier, earlier, function),
            Fate::Open => {}
        }
    }
}

/// Takes from the policy of a version or alias that stays what the earlier version had let in.
fn policy_of(arn: &Arn, qualifier: &String, earlier: Earlier<'_>, function: &mut Function) {
    if let Some(Known::Value(Some(document))) = function.policies.get_mut(qualifier) {
        kept_statements((arn, qualifier), earlier, document);
    }
}

/// URLs that the template does not write. One that anybody may call leaves open who gets in, if it may stay.
fn urls(there: &Function, earlier: Earlier<'_>, function: &mut Function) {
    let known = match &there.urls {
        Known::Value(known) => known,
        Known::Unreadable(gap) => {
            function.urls = Known::Unreadable(gap.clone());
            return;
        }
    };
    let Known::Value(own) = &mut function.urls else { return };
    let others = known.iter().filter(|url| own.iter().all(|other| other.qualifier != url.qualifier)).collect::<Vec<_>>();
    for url in others {
        match Fate::of(earlier, |inventory, _: &Additions| wrote_url(&there.arn, url, inventory)) {
            Fate::Goes => {}
            Fate::Open if url.auth_type == NO_AUTH => {
                let says =
                    format!("function {} has a URL without authentication now, and the template does not write it", there.arn.name());
                function.urls = Known::Unreadable(Gap::new(TEMPLATE, there.arn.as_str(), &says));
                return;
            }
            Fate::Stays | Fate::Open => own.push(url.clone()),
        }
    }
}

fn wrote_url(arn: &Arn, url: &FunctionUrl, inventory: &Inventory) -> Option<bool> {
    match written(arn, inventory).map(|function| &function.urls) {
        None => Some(false),
        Some(Known::Value(urls)) => Some(urls.iter().any(|other| other.qualifier == url.qualifier)),
        Some(Known::Unreadable(_)) => None,
    }
}

/// Reserved concurrency that the template does not write. With none left the function does not run, so that it matters whether that stays.
fn concurrency(there: &Function, earlier: Earlier<'_>, function: &mut Function) {
    if function.reserved_concurrency != Known::Value(None) {
        return;
    }
    let wrote = |inventory: &Inventory, _: &Additions| {
        Some(written(&there.arn, inventory).is_some_and(|function| function.reserved_concurrency != Known::Value(None)))
    };
    match (Fate::of(earlier, wrote), &there.reserved_concurrency) {
        (Fate::Goes, _) => {}
        (Fate::Open, Known::Value(Some(0))) => {
            let says = format!("function {} has a reserved concurrency of 0 now, and the template does not write it", there.arn.name());
            function.reserved_concurrency = Known::Unreadable(Gap::new(TEMPLATE, there.arn.as_str(), &says));
        }
        (_, reserved) => function.reserved_concurrency = reserved.clone(),
    }
}

/// Adds the statements that the policy of a function has beside those of the template.
fn statements_beside((arn, qualifier): (&Arn, &String), there: &Known<Option<Document>>, earlier: Earlier<'_>, function: &mut Function) {
    let Some(Known::Value(own)) = function.policies.get_mut(qualifier) else { return };
    match there {
        Known::Value(None) => {}
        // Who else was let in is not known.
        Known::Unreadable(gap) => {
            function.policies.insert(qualifier.clone(), Known::Unreadable(gap.clone()));
        }
        Known::Value(Some(document)) => {
            let Some(all) = statements(document) else {
                *own = Some(document.clone());
                return;
            };
            let written: Vec<Json> = own.as_ref().and_then(statements).unwrap_or_default().iter().map(content).collect();
            for statement in all.iter().filter(|statement| !written.contains(&content(statement))) {
                let fate = Fate::of(earlier, |inventory, additions| wrote_statement((arn, qualifier), statement, inventory, additions));
                let kept = match fate {
                    Fate::Goes => continue,
                    Fate::Stays => statement.clone(),
                    Fate::Open => maybe_statement(statement, &why_statement(arn, statement)),
                };
                *own = Some(with_statement(own.as_ref(), &kept));
            }
        }
    }
}

fn why_statement(arn: &Arn, statement: &Json) -> String {
    let sid = statement.get("Sid").and_then(Json::as_str).unwrap_or("without a Sid");
    format!("statement {sid} is in the policy of function {} now, and the template does not write it", arn.name())
}

fn wrote_statement((arn, qualifier): (&Arn, &String), statement: &Json, inventory: &Inventory, additions: &Additions) -> Option<bool> {
    let wanted = content(statement);
    let added = additions.statements.iter().filter(|(function, of, _)| function == arn && of == qualifier).map(|(_, _, it)| it.clone());
    let policy = inventory.origins.get(arn).and_then(|_| inventory.functions.get(arn)?.policies.get(qualifier));
    let whole =
        additions.function_policies.iter().filter(|(function, of, _)| function == arn && of == qualifier).map(|(.., policy)| policy);
    let mut own = Vec::new();
    for policy in policy.into_iter().chain(whole) {
        match policy {
            Known::Unreadable(_) => return None,
            Known::Value(Some(document)) => own.extend(statements(document)?),
            Known::Value(None) => {}
        }
    }
    let all: Vec<Json> = own.into_iter().chain(added).map(|it| content(&it)).collect();
    if all.contains(&wanted) {
        return Some(true);
    }
    // One that names something by a name that AWS makes up may be this one.
    (!all.iter().any(|it| may_be(it, &wanted))).then_some(false)
}

/// Takes away what the earlier version had let in to a function that the template does not make.
fn without_statements(arn: &Arn, earlier: Earlier<'_>, function: &mut Function) {
    for (qualifier, policy) in &mut function.policies {
        if let Known::Value(Some(document)) = policy {
            kept_statements((arn, qualifier), earlier, document);
        }
    }
}

/// The statements of a policy that stay or may.
fn kept_statements((arn, qualifier): (&Arn, &String), earlier: Earlier<'_>, document: &mut Document) {
    let Some(all) = statements(document) else { return };
    let fate =
        |statement: &Json| Fate::of(earlier, |inventory, additions| wrote_statement((arn, qualifier), statement, inventory, additions));
    let kept = all.iter().filter_map(|statement| match fate(statement) {
        Fate::Stays => Some(statement.clone()),
        Fate::Goes => None,
        Fate::Open => Some(maybe_statement(statement, &why_statement(arn, statement))),
    });
    let kept: Vec<Json> = kept.collect();
    if kept != all {
        *document = Document::new(serde_json::json!({"Version": "2012-10-17", "Statement": kept}).to_string());
    }
}
