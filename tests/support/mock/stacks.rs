//! CloudFormation as the mock tells it: the stacks whose secrets are attached to databases. A database instance is a resource of the stack, a cluster one
//! of its parameters.

use std::fmt::Write as _;

use rotaudit::inventory::{Known, Secret};

use super::scope::{Failure, Scope};
use super::wire::{Answer, Asked};
use super::xml::{element, list, optional, texts};

const TAG: &str = "aws:cloudformation:stack-id";

/// A secret of the stack, its number, and its database's ARN.
type Member<'a> = (usize, &'a Secret, Option<&'a str>);

pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<Answer, Failure> {
    let stack = asked.field("StackName").unwrap_or_default();
    let network = scope.inventory.networks.get(&format!("{}/{}", scope.account, scope.region));
    let secrets = scope.inventory.secrets.values().filter(|secret| scope.is_here(&secret.arn));
    let of_stack = secrets.filter(|secret| secret.tags.get(TAG).is_some_and(|tag| tag == stack));
    let database = |secret: &Secret| network?.attached_databases.get(secret.arn.as_str())?.value()?.as_deref();
    let members: Vec<Member<'_>> = of_stack.enumerate().map(|(number, secret)| (number, secret, database(secret))).collect();
    if let Some(Known::Unreadable(gap)) = members.iter().find_map(|(_, secret, _)| network?.attached_databases.get(secret.arn.as_str())) {
        return Err(Failure::of(gap));
    }
    if members.is_empty() {
        return Err(Failure::new(400, "ValidationError", &format!("Stack with id {stack} does not exist")));
    }
    match operation {
        "ListStackResources" => {
            let (resources, next) = scope.page(members.iter().flat_map(resources).collect(), asked.token());
            Ok(Answer::Xml(list("StackResourceSummaries", "member", resources) + &optional("NextToken", next.as_deref())))
        }
        "GetTemplate" => Ok(Answer::Xml(texts(&[("TemplateBody", &template(&members))]))),
        "DescribeStacks" => {
            let of_cluster = |(number, _, arn): &Member<'_>| {
                let value = id(arn.filter(|arn| arn.contains(":cluster:"))?);
                Some(texts(&[("ParameterKey", &format!("Cluster{number}")), ("ParameterValue", value)]))
            };
            let secret = texts(&[("ParameterKey", "Password"), ("ParameterValue", super::PLANTED)]);
            let parameters = members.iter().filter_map(of_cluster).chain([secret]);
            let stack = texts(&[("StackId", stack)]) + &list("Parameters", "member", parameters);
            Ok(Answer::Xml(element("Stacks", &element("member", &stack))))
        }
        other => Err(Failure::new(400, "InvalidAction", other)),
    }
}

/// RDS's name of a database, from its ARN.
fn id(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}

fn resource(id: &str, kind: &str, physical: &str) -> String {
    texts(&[("LogicalResourceId", id), ("ResourceType", kind), ("PhysicalResourceId", physical), ("ResourceStatus", "CREATE_COMPLETE")])
}

fn resources((number, secret, arn): &Member<'_>) -> Vec<String> {
    let mut resources = vec![resource(&format!("Secret{number}"), "AWS::SecretsManager::Secret", secret.arn.as_str())];
    if let Some(arn) = arn {
        let kind = "AWS::SecretsManager::SecretTargetAttachment";
        resources.push(resource(&format!("Attachment{number}"), kind, secret.arn.as_str()));
        if !arn.contains(":cluster:") {
            // CloudFormation tells an identifier as the template wrote it.
            resources.push(resource(&format!("Instance{number}"), "AWS::RDS::DBInstance", &id(arn).to_uppercase()));
        }
    }
    // Something that is being made has no physical id yet.
    resources.push(texts(&[("LogicalResourceId", "Topic"), ("ResourceType", "AWS::SNS::Topic"), ("ResourceStatus", "CREATE_IN_PROGRESS")]));
    resources
}

fn template(members: &[Member<'_>]) -> String {
    let mut text = format!(
        "# <made by hand> & kept\nParameters:\n  Password: {{Type: String, NoEcho: true, Default: {}}}\nResources:\n",
        super::PLANTED
    );
    for (number, _, arn) in members {
        let Some(arn) = arn else { continue };
        let (target, kind) =
            if arn.contains(":cluster:") { (format!("Cluster{number}"), "DBCluster") } else { (format!("Instance{number}"), "DBInstance") };
        writeln!(
            text,
            "  Attachment{number}:\n    Type: AWS::SecretsManager::SecretTargetAttachment\n    Properties:\n      SecretId: !Ref Secret{number}\n      \
             TargetId: !Ref {target}\n      TargetType: AWS::RDS::{kind}"
        )
        .unwrap();
    }
    text + "  Elsewhere:\n    Type: AWS::SecretsManager::SecretTargetAttachment\n    Properties:\n      SecretId: !ImportValue Other\n      TargetId: !Sub '${A}-b'\n"
}
