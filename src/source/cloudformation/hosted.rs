//! What the macro `AWS::SecretsManager-2024-09-16` makes of `HostedRotationLambda`: a rotation function in a stack of its own. `made` calls it, after SAM.
//!
//! The properties are documented, with what they grant to the execution role
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-rotationschedule-hostedrotationlambda.html>); what else the role may do, and
//! who may invoke the function, is not, and stays open by the macro's name: the processed template tells, and the account once it is deployed.

use std::collections::BTreeMap;

use super::document::{Content, Entry, Node, TemplateError};
use super::evaluate::Evaluator;
use super::reading::Reading;
use super::sam::nodes::{allow, attribute, call, fields, list, map, policy, sub, text};
use super::sam::{Parameters, key_statements, superuser_policy, trust};
use super::template::Resource;
use super::value::Value;
use crate::policy::Position;

const SCHEDULE: &str = "AWS::SecretsManager::RotationSchedule";
const HOSTED: &str = "HostedRotationLambda";
const NAMED: &str = "RotationLambdaARN";

/// What the names of the macro's versions begin with, and the newest of them.
const MACRO: &str = "AWS::SecretsManager-";
const NEWEST: &str = "AWS::SecretsManager-2024-09-16";

/// What is known of each hosted function that a template writes out, by logical id. The schedule then names the function, and by `Lacks` what it is made without.
pub(super) fn made(evaluator: &Evaluator<'_>) -> Result<BTreeMap<String, Resource>, TemplateError> {
    let mut resources = BTreeMap::new();
    for (id, resource) in evaluator.member().template.resources.iter().filter(|(_, it)| it.kind == SCHEDULE) {
        let written = resource.properties.as_ref().and_then(|it| it.get(HOSTED));
        let hosted = written.map(|node| evaluator.chosen(node)).transpose()?.flatten();
        let Some(node) = hosted.filter(|node| node.get("RotationType").is_some()) else { continue };
        // With both, nobody knows which of them counts.
        if evaluator.written(resource.properties.as_ref(), NAMED)?.is_none_or(|it| matches!(it, Value::Null | Value::Nothing)) {
            resources.extend(of_schedule(evaluator, id, resource, node)?);
        }
    }
    Ok(resources)
}

fn of_schedule(evaluator: &Evaluator<'_>, id: &str, schedule: &Resource, node: &Node) -> Result<BTreeMap<String, Resource>, TemplateError> {
    let at = node.at;
    let parameters = Parameters { evaluator, node: Some(node) };
    let transform = evaluator.template().transforms.iter().find(|name| name.starts_with(MACRO));
    let hidden = || call(at, "Fn::Transform", fields(at, [("Name", text(at, transform.map_or(NEWEST, String::as_str)))]));
    // A text of it, where the rest of a document is known.
    let untold = || call(at, "Fn::Sub", list(at, vec![text(at, "${made}"), fields(at, [("made", hidden())])]));
    let superuser = parameters.first(&["SuperuserSecretArn", "MasterSecretArn"])?;
    let mut lacks = Vec::new();
    if transform.is_none() {
        lacks.push(text(at, &format!("Transform: {NEWEST}")));
    }
    let strategy = parameters.first(&["RotationType"])?.map(|node| evaluator.value(node)).transpose()?;
    let alternating = matches!(&strategy, Some(Value::Text(name)) if name.as_literal().is_some_and(|name| name.ends_with("MultiUser")));
    if alternating && superuser.is_none() {
        lacks.push(text(at, "SuperuserSecretArn"));
    }
    let [function, role, its_policy] = ["Function", "FunctionRole", "FunctionPolicy"].map(|part| format!("{id}.{part}"));
    let like = |kind: &str, properties: Node| Resource {
        kind: kind.to_owned(),
        properties: Some(properties),
        depends_on: Vec::new(),
        ..schedule.clone()
    };
    let policies = policies(&parameters, at, &untold)?;
    let role_fields = [("AssumeRolePolicyDocument", trust(at)), ("Policies", list(at, policies))];
    let policy_fields = [("ResourceArn", attribute(at, &function, "Arn")), ("PolicyDocument", hidden())];
    let mut properties = vec![
        ("Role".to_owned(), attribute(at, &role, "Arn")),
        ("Timeout".to_owned(), text(at, "30")),
        ("Runtime".to_owned(), parameters.first(&["Runtime"])?.cloned().unwrap_or_else(untold)),
        ("Environment".to_owned(), fields(at, [("Variables", variables(&parameters, at)?)])),
    ];
    properties.extend(parameters.first(&["RotationLambdaName"])?.map(|name| ("FunctionName".to_owned(), name.clone())));
    if let Some(subnets) = parameters.list("VpcSubnetIds")? {
        let groups = parameters.list("VpcSecurityGroupIds")?.unwrap_or_else(|| list(at, Vec::new()));
        properties.push(("VpcConfig".to_owned(), fields(at, [("SubnetIds", subnets), ("SecurityGroupIds", groups)])));
    }
    let mut resources = BTreeMap::from([
        (role, like("AWS::IAM::Role", fields(at, role_fields))),
        (its_policy, like("AWS::Lambda::ResourcePolicy", fields(at, policy_fields))),
        (function.clone(), like("AWS::Lambda::Function", map(at, properties))),
    ]);
    // The schedule is made after that stack.
    let depends_on = resources.keys().cloned().chain(schedule.depends_on.clone()).collect();
    let mut entries: Vec<Entry> =
        schedule.properties.iter().flat_map(Node::entries).filter(|it| ![HOSTED, NAMED].contains(&it.key.as_str())).cloned().collect();
    entries.push(Entry { at, key: NAMED.to_owned(), node: attribute(at, &function, "Arn") });
    entries.push(Entry { at, key: "Lacks".to_owned(), node: list(at, lacks) });
    let properties = schedule.properties.as_ref().map(|node| Node { at: node.at, content: Content::Map(entries) });
    resources.insert(id.to_owned(), Resource { properties, depends_on, ..schedule.clone() });
    Ok(resources)
}

/// The policies of the role: what is documented for the keys and the superuser's secret, and whatever it may do else.
fn policies(parameters: &Parameters<'_>, at: Position, untold: &impl Fn() -> Node) -> Result<Vec<Node>, TemplateError> {
    let else_granted = ["secretsmanager:*", "ec2:*", "logs:*"];
    let perhaps = fields(at, [("StringEquals", fields(at, [("aws:PrincipalAccount", untold())]))]);
    let mut documents = vec![policy(at, vec![allow(at, &else_granted, text(at, "*"), Some(perhaps))])];
    for names in [["KmsKeyArn", "KmsKeyArn"], ["SuperuserSecretKmsKeyArn", "MasterSecretKmsKeyArn"]] {
        documents.extend(parameters.first(&names)?.map(|key| policy(at, key_statements(key, Some(untold())))));
    }
    documents.extend(parameters.first(&["SuperuserSecretArn", "MasterSecretArn"])?.map(superuser_policy));
    let named = |(index, document): (usize, Node)| {
        fields(at, [("PolicyName", text(at, &format!("policy {}", index + 1))), ("PolicyDocument", document)])
    };
    Ok(documents.into_iter().enumerate().map(named).collect())
}

/// The variables of the function. It calls the region's own endpoint: there is no property for another.
fn variables(parameters: &Parameters<'_>, at: Position) -> Result<Node, TemplateError> {
    let endpoint = sub(at, "https://secretsmanager.${AWS::Region}.${AWS::URLSuffix}");
    let mut variables = vec![("SECRETS_MANAGER_ENDPOINT".to_owned(), endpoint)];
    variables.extend(parameters.first(&["ExcludeCharacters"])?.map(|node| ("EXCLUDE_CHARACTERS".to_owned(), node.clone())));
    Ok(map(at, variables))
}
