//! Secrets, their rotation schedules and resource policies.

use std::collections::{BTreeMap, BTreeSet};

use super::properties::{Properties, gap_of};
use super::resources::Stack;
use super::{functions, keys, network, order, unread};
use crate::arn::{Arn, Partition};
use crate::inventory::{Gap, Inventory, Known, NamedDocument, RotationConfiguration, Secret, SecretVersion};
use crate::policy::Text;
use crate::source::bare;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::identity::APPLICATION;
use crate::source::cloudformation::value::{Missing, Value};

/// The secrets that the stack makes or sets up for rotation. Functions that such a rotation names and the stack does not make are added to `inventory`.
pub(super) fn secrets(stack: &Stack<'_>, inventory: &mut Inventory) -> Result<BTreeMap<Arn, Secret>, TemplateError> {
    let mut secrets = BTreeMap::new();
    for it in stack.of_kind("AWS::SecretsManager::Secret") {
        let secret = secret(stack, it)?;
        secrets.insert(secret.arn.clone(), secret);
    }
    for it in stack.of_kind("AWS::SecretsManager::RotationSchedule") {
        let rotation = rotation(stack, it, inventory)?;
        if let Some(secret) = of(stack, it, &mut secrets)? {
            secret.rotation = rotation;
        }
    }
    for it in stack.of_kind("AWS::SecretsManager::ResourcePolicy") {
        let document = it.document("ResourcePolicy")?;
        if let Some(secret) = of(stack, it, &mut secrets)? {
            secret.policies =
                document.map(|document| document.map(|document| NamedDocument::new("default", document)).into_iter().collect());
        }
    }
    Ok(secrets)
}

fn secret(stack: &Stack<'_>, it: Properties<'_>) -> Result<Secret, TemplateError> {
    let written = |name: &str| Ok::<_, TemplateError>(it.text(name)?.map(|text| text.written().into_owned()));
    let arn = Arn::parse(&it.reference()?.written()).map_err(|error| it.wrong(&error.to_string()))?;
    let kms_key_id = it.text("KmsKeyId")?;
    let key = kms_key_id.as_ref().map_or(Ok(Known::Value(None)), |text| keys::named(stack, it.id, text))?;
    // A secret that is made with a value has one version, which is current.
    let has_value = it.value("SecretString")?.is_some() || it.value("GenerateSecretString")?.is_some();
    let version = format!("⟦{}.Version⟧", it.id);
    let stages = has_value.then(|| (version.clone(), BTreeSet::from(["AWSCURRENT".to_owned()])));
    let versions = has_value.then(|| SecretVersion { id: version, created_at: None, key_ids: Vec::new() });
    let policies = unread::may_change(stack, |text| text.written() == arn.as_str())?;
    let master = master(it)?.filter(|master| master != arn.as_str());
    Ok(Secret {
        master,
        policies: policies.map_or_else(|| Known::Value(Vec::new()), Known::Unreadable),
        name: written("Name")?.unwrap_or_else(|| arn.name().to_owned()),
        description: None,
        tags: functions::tags(it)?.value().cloned().unwrap_or_default(),
        kms_key_id: kms_key_id.map(|text| text.written().into_owned()),
        key,
        stages: stages.into_iter().collect(),
        versions: Known::Value(versions.into_iter().collect()),
        ..bare::secret(arn.name().to_owned(), arn)
    })
}

/// The secret with which a rotation logs in: in what the template writes of the value it stands under `masterarn`
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>). Nothing else is taken from there.
fn master(it: Properties<'_>) -> Result<Option<String>, TemplateError> {
    let value = match it.value("GenerateSecretString")? {
        Some(generated) => generated.get("SecretStringTemplate").cloned(),
        None => it.value("SecretString")?,
    };
    let Some(Value::Text(text)) = value else { return Ok(None) };
    let fields: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&text.written()).ok();
    Ok(fields.and_then(|fields| fields.get("masterarn")?.as_str().map(str::to_owned)).filter(|master| !master.is_empty()))
}

/// The secret that a resource names by its `SecretId`. One that the stack does not make is added, with nothing known of it.
fn of<'s>(stack: &Stack<'_>, it: Properties<'_>, secrets: &'s mut BTreeMap<Arn, Secret>) -> Result<Option<&'s mut Secret>, TemplateError> {
    let Some(id) = it.text("SecretId")? else { return Ok(None) };
    let written = id.written();
    let by_name =
        |secrets: &BTreeMap<Arn, Secret>| secrets.values().find(|secret| secret.name == *written).map(|secret| secret.arn.clone());
    let made_up = || {
        let resource = format!("secret:{written}-⟦{}#6⟧", it.id);
        Arn::build(Partition::of_region(stack.region), "secretsmanager", stack.region, stack.account.as_str(), &resource)
            .map_err(|error| it.wrong(&error.to_string()))
    };
    let arn = Arn::parse(&written).ok().or_else(|| by_name(secrets)).map_or_else(made_up, Ok)?;
    let unknown = || {
        let gap = if id.has_unknown() {
            gap_of(it.id, &written)
        } else {
            Gap::new("template", &written, "the template does not make this secret: --over FILE or live reads it")
        };
        // It is there, so it has a value, of a version that nobody names here.
        let current = (format!("⟦?version of {}⟧", it.id), BTreeSet::from(["AWSCURRENT".to_owned()]));
        Secret {
            stages: BTreeMap::from([current]),
            key: Known::Unreadable(gap.clone()),
            versions: Known::Unreadable(gap.clone()),
            policies: Known::Unreadable(gap.clone()),
            policies_listed: Some(Known::Unreadable(gap)),
            ..bare::secret(arn.name().to_owned(), arn.clone())
        }
    };
    Ok(Some(secrets.entry(arn.clone()).or_insert_with(unknown)))
}

fn rotation<'a>(stack: &Stack<'a>, it: Properties<'a>, inventory: &mut Inventory) -> Result<RotationConfiguration, TemplateError> {
    let rules = it.value("RotationRules")?;
    let rule = |name: &str| match rules.as_ref()?.get(name)? {
        Value::Text(text) => Some(text.written().into_owned()),
        _ => None,
    };
    let open = |value: &Value| match value {
        Value::Unknown(missing) => Some(super::properties::gap(it.id, missing)),
        Value::Text(text) if text.has_unknown() => Some(gap_of(it.id, &text.written())),
        _ => None,
    };
    let named = |name: &&str| open(rules.as_ref()?.get(name)?);
    let rules_gap =
        rules.as_ref().and_then(open).or_else(|| ["AutomaticallyAfterDays", "ScheduleExpression", "Duration"].iter().find_map(named));
    let function = match (it.text("RotationLambdaARN")?, it.value("HostedRotationLambda")?.is_some()) {
        (Some(text), false) => Some(function(stack, it, &text, inventory)?),
        (named, true) => {
            let which = "which of RotationLambdaARN and HostedRotationLambda counts".to_owned();
            let missing = named.map_or_else(|| Missing::Macro("AWS::SecretsManager".to_owned()), |_| Missing::Text(which));
            Some(hidden(stack, it, &format!("⟦{}.Hosted⟧", it.id), &super::properties::gap(it.id, &missing), inventory)?)
        }
        (None, false) => None,
    };
    Ok(RotationConfiguration {
        enabled: true,
        not_awaited: order::not_awaited(stack, it, function.as_ref())?,
        order_hidden: None,
        open: None,
        not_given: not_given(stack, it, function.as_ref())?,
        late: network::late(stack, inventory, &order::awaited(stack, it.id))?,
        function,
        external_role: it.text("ExternalSecretRotationRoleArn")?.and_then(|text| Arn::parse(&text.written()).ok()),
        after_days: rule("AutomaticallyAfterDays").and_then(|days| days.parse().ok()),
        schedule: rule("ScheduleExpression"),
        window: rule("Duration"),
        rules_gap,
        is_asked_for: true,
        last_rotated: None,
        next_rotation: None,
    })
}

/// What the function that AWS makes for this schedule is made without.
fn not_given<'a>(stack: &Stack<'a>, schedule: Properties<'a>, function: Option<&Arn>) -> Result<Vec<String>, TemplateError> {
    let mut found = Vec::new();
    for it in std::iter::once(schedule).chain(stack.of_kind(APPLICATION)) {
        let makes_it =
            it.text("RotationLambdaARN")?.is_some_and(|made| function.is_some_and(|function| made.written() == function.as_str()));
        let lacks = it.list("Lacks")?;
        for name in lacks.value().into_iter().flatten().filter(|_| makes_it) {
            found.extend(if let Value::Text(name) = name { Some(name.written().into_owned()) } else { None });
        }
    }
    Ok(found)
}

/// The function that a schedule names.
fn function(stack: &Stack<'_>, it: Properties<'_>, text: &Text, inventory: &mut Inventory) -> Result<Arn, TemplateError> {
    let written = text.written();
    match Arn::parse(&written) {
        Ok(arn) => {
            let (unqualified, _) = arn.split_qualifier();
            let because =
                Gap::new("template", unqualified.as_str(), "the template does not make this function: --over FILE or live reads it");
            inventory.functions.entry(unqualified.clone()).or_insert_with(|| bare::function(&unqualified, &because));
            Ok(arn)
        }
        Err(_) => hidden(stack, it, &written, &gap_of(it.id, &written), inventory),
    }
}

/// A function of which not even the name is known.
fn hidden(stack: &Stack<'_>, it: Properties<'_>, name: &str, because: &Gap, inventory: &mut Inventory) -> Result<Arn, TemplateError> {
    let partition = Partition::of_region(stack.region);
    let arn = Arn::build(partition, "lambda", stack.region, stack.account.as_str(), &format!("function:{name}"))
        .map_err(|error| it.wrong(&error.to_string()))?;
    inventory.functions.insert(arn.clone(), bare::function(&arn, because));
    Ok(arn)
}
