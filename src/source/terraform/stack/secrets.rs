//! Secrets, their versions, rotation and resource policies.

use std::collections::{BTreeMap, BTreeSet};

use super::resources::Stack;
use super::thing::{Thing, gap_of};
use super::{documents, keys, order};
use crate::arn::{Arn, Partition};
use crate::inventory::{Gap, Inventory, Known, NamedDocument, RotationConfiguration, Secret, SecretVersion};
use crate::policy::Text;
use crate::source::bare;
use crate::source::terraform::code::Made;
use crate::source::terraform::identity::{self, Kind};
use crate::source::terraform::resolve::Want;
use crate::source::terraform::value::Value;

const SECRET: Want = Want::arn(Kind::Secret);

/// The secrets that the plan makes or sets up for rotation. Functions that such a rotation names and the plan does not make are added to `inventory`.
pub(super) fn secrets(stack: &Stack<'_>, inventory: &mut Inventory) -> BTreeMap<Arn, Secret> {
    let mut secrets = BTreeMap::new();
    for it in stack.of_kind("aws_secretsmanager_secret") {
        if let Some(secret) = secret(stack, it, inventory) {
            secrets.insert(secret.arn.clone(), secret);
        }
    }
    for it in stack.of_kind("aws_secretsmanager_secret_version") {
        if let Some(secret) = of(it, "secret_id", &mut secrets) {
            version(it, secret);
        }
    }
    for it in stack.of_kind("aws_secretsmanager_secret_rotation") {
        let mut rotation = rotation(it, "rotation_rules.0", inventory);
        (rotation.not_awaited, rotation.order_hidden) = order::not_awaited(stack, it, rotation.function.as_ref());
        if let Some(secret) = of(it, "secret_id", &mut secrets) {
            secret.rotation = rotation;
        }
    }
    for it in stack.of_kind("aws_secretsmanager_secret_policy") {
        // One for a secret that is not known may be for any of them.
        if it.naming("secret_arn", SECRET).is_some_and(|text| text.has_unknown()) {
            for secret in secrets.values_mut() {
                secret.policies = Known::Unreadable(it.unknown("secret_arn"));
            }
            continue;
        }
        let policies = policies(it);
        if let Some(secret) = of(it, "secret_arn", &mut secrets) {
            secret.policies = policies;
        }
    }
    secrets
}

fn secret(stack: &Stack<'_>, it: Thing<'_>, inventory: &mut Inventory) -> Option<Secret> {
    let arn = it.arn()?;
    let kms_key_id = it.naming("kms_key_id", Want::arn(Kind::Key));
    let exists = it.value("arn").and_then(Value::text).is_some();
    // Before version 5 of the provider a secret named its function itself.
    let rotation = match it.value("rotation_lambda_arn") {
        Some(value) if value.text() != Some("") && it.is_written("rotation_lambda_arn") => rotation(it, "rotation_rules.0", inventory),
        _ => RotationConfiguration::default(),
    };
    Some(Secret {
        name: it
            .resolver
            .text(it.instance, &["name"], Want::text())
            .filter(|name| !name.has_unknown())
            .map_or_else(|| name_in(&arn), |name| name.written().into_owned()),
        description: it.text("description"),
        tags: it.tags().value().cloned().unwrap_or_default(),
        key: kms_key_id.as_ref().map_or(Known::Value(None), |text| keys::named(stack, it, text)),
        kms_key_id: kms_key_id.map(|text| text.written().into_owned()),
        rotation,
        // Whoever made the value of a secret that is there already, the plan does not know it.
        versions: if exists {
            Known::Unreadable(Gap::new("plan", it.address(), "it does not tell the versions of a secret that it does not give one to"))
        } else {
            Known::Value(Vec::new())
        },
        stages: if exists { some_version(it) } else { BTreeMap::new() },
        policies: if gave_up_policy(stack, it) { Known::Value(Vec::new()) } else { policies(it) },
        ..bare::secret(name_in(&arn), arn)
    })
}

/// The name in a secret's ARN, also of one whose last characters AWS will make up.
fn name_in(arn: &Arn) -> String {
    let resource = arn.resource().strip_prefix("secret:").unwrap_or(arn.resource());
    resource.rfind("-⟦").filter(|_| resource.ends_with("#6⟧")).map_or(arn.name(), |end| &resource[..end]).to_owned()
}

/// Whether the policy that a secret is told to have was given to it by another resource, which the plan changes or takes away. That the secret is now
/// written to have it changes nothing: the state says that it has.
fn gave_up_policy(stack: &Stack<'_>, it: Thing<'_>) -> bool {
    let names = || ["arn", "name"].into_iter().filter_map(|name| it.value(name)?.text());
    let is_left_alone = || !it.is_written("policy") || (it.value("policy").is_some() && it.was("policy") == it.value("policy"));
    names().any(|name| !stack.given_up("aws_secretsmanager_secret_policy", "secret_arn", name).is_empty()) && is_left_alone()
}

fn policies(it: Thing<'_>) -> Known<Vec<NamedDocument>> {
    if let Some(gap) = it.contested() {
        return Known::Unreadable(gap);
    }
    // What nobody writes and nobody knows will be as AWS makes it: there is none.
    if it.value("policy") == Some(&Value::Unknown) && !it.is_written("policy") {
        return Known::Value(Vec::new());
    }
    documents::of(it, "policy").map(|document| document.map(|document| NamedDocument::new("default", document)).into_iter().collect())
}

/// The current version of a secret that is there already: it has one as far as anybody knows, and the plan does not tell which.
fn some_version(it: Thing<'_>) -> BTreeMap<String, BTreeSet<String>> {
    let id = identity::unknown(&format!("version of {}", it.address())).to_string();
    BTreeMap::from([(id, BTreeSet::from(["AWSCURRENT".to_owned()]))])
}

fn version(it: Thing<'_>, secret: &mut Secret) {
    secret.stages.retain(|id, _| !id.starts_with("⟦?"));
    let id = it.value("version_id").and_then(Value::text).map_or_else(|| format!("⟦{}⟧", it.address().replace('"', "'")), str::to_owned);
    let stages = it.list("version_stages", Want::text());
    // One that names no labels becomes the current one.
    let stages = if stages.is_empty() || stages.iter().any(|stage| stage.contains('⟦')) { vec!["AWSCURRENT".to_owned()] } else { stages };
    secret.master = master(it).filter(|master| master != secret.arn.as_str());
    secret.stages.insert(id.clone(), stages.into_iter().collect::<BTreeSet<_>>());
    let version = SecretVersion { id, created_at: None, key_ids: Vec::new() };
    match &mut secret.versions {
        Known::Value(versions) => versions.push(version),
        unreadable @ Known::Unreadable(_) => *unreadable = Known::Value(vec![version]),
    }
}

/// The secret with which a rotation logs in: in the value that the configuration writes it stands under `masterarn`
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>). What the plan itself knows of the value is forgotten.
fn master(it: Thing<'_>) -> Option<String> {
    let Some(Made::Text(text)) = it.made("secret_string") else { return None };
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text.written()).ok()?;
    fields.get("masterarn")?.as_str().filter(|master| !master.is_empty()).map(str::to_owned)
}

/// The secret that a resource names. One that the plan does not make is added, with nothing known of it.
fn of<'s>(it: Thing<'_>, path: &str, secrets: &'s mut BTreeMap<Arn, Secret>) -> Option<&'s mut Secret> {
    let id = it.naming(path, SECRET)?;
    let written = id.written();
    let by_name = || secrets.values().find(|secret| secret.name == *written).map(|secret| secret.arn.clone());
    let arn = Arn::parse(&written).ok().or_else(by_name).or_else(|| {
        let region = it.resolver.region_of(it.instance);
        let resource = format!("secret:{written}-⟦{}#6⟧", it.address().replace('"', "'"));
        Arn::build(Partition::of_region(&region), "secretsmanager", &region, &it.resolver.account_of(it.instance), &resource).ok()
    })?;
    let unknown = || {
        let gap = if id.has_unknown() {
            gap_of(it.address(), &written)
        } else {
            Gap::new("plan", &written, "the plan does not make this secret")
        };
        Secret {
            stages: some_version(it),
            key: Known::Unreadable(gap.clone()),
            versions: Known::Unreadable(gap.clone()),
            policies: Known::Unreadable(gap.clone()),
            policies_listed: Some(Known::Unreadable(gap)),
            ..bare::secret(name_in(&arn), arn.clone())
        }
    };
    Some(secrets.entry(arn.clone()).or_insert_with(unknown))
}

fn rotation(it: Thing<'_>, rules: &str, inventory: &mut Inventory) -> RotationConfiguration {
    let known = |name: &str| {
        it.value(&format!("{rules}.{name}")).and_then(Value::text).filter(|text| !text.is_empty() && *text != "0").map(str::to_owned)
    };
    let function = it.naming("rotation_lambda_arn", Want::arn(Kind::Function));
    // Days that nobody writes may be computed from the expression.
    let names = ["automatically_after_days", "schedule_expression", "duration"];
    let is_open = |name: &&str| it.value(&format!("{rules}.{name}")) == Some(&Value::Unknown);
    let open = names.into_iter().find(is_open).filter(|name| *name != names[0] || known(names[1]).is_none());
    let block = rules.split('.').next().unwrap_or(rules);
    let open = if it.value(block) == Some(&Value::Unknown) { Some(block.to_owned()) } else { open.map(|name| format!("{rules}.{name}")) };
    let function = function.and_then(|text| self::function(it, &text, inventory));
    let unqualified = function.as_ref().map(|function| function.split_qualifier().0);
    let application = it.resolver.applications().values().find(|application| Some(&application.function.arn) == unqualified.as_ref());
    RotationConfiguration {
        enabled: true,
        not_given: application.map(|application| application.lacks.clone()).unwrap_or_default(),
        function,
        external_role: it
            .naming("external_secret_rotation_role_arn", Want::arn(Kind::Role))
            .and_then(|text| Arn::parse(&text.written()).ok()),
        after_days: known("automatically_after_days").and_then(|days| days.parse().ok()),
        schedule: known("schedule_expression"),
        window: known("duration"),
        rules_gap: open.map(|path| it.unknown(&path)),
        is_asked_for: it.instance.changes,
        open: it.contested(),
        ..RotationConfiguration::default()
    }
}

/// The function that a rotation names. One that the plan does not make is added, with nothing known of it.
fn function(it: Thing<'_>, text: &Text, inventory: &mut Inventory) -> Option<Arn> {
    let written = text.written();
    if let Ok(arn) = Arn::parse(&written) {
        let (unqualified, _) = arn.split_qualifier();
        let because = Gap::new("plan", unqualified.as_str(), "the plan does not make this function");
        inventory.functions.entry(unqualified.clone()).or_insert_with(|| bare::function(&unqualified, &because));
        return Some(arn);
    }
    let region = it.resolver.region_of(it.instance);
    let account = it.resolver.account_of(it.instance);
    let arn = Arn::build(Partition::of_region(&region), "lambda", &region, &account, &format!("function:{written}")).ok()?;
    let because = it.unknown("rotation_lambda_arn");
    inventory.functions.entry(arn.clone()).or_insert_with(|| bare::function(&arn, &because));
    Some(arn)
}
