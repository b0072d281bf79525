//! Which database a stack attached a secret to. The secret's value would say it, and is not read; the stack's template says it too.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::{Arn, Partition};
use crate::inventory::{Api, Known};
use crate::source::aws::ask::ask;
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::listing::{Paging, all};
use crate::source::aws::place::Place;
use crate::source::cloudformation::{self, Node};

/// The tag by which CloudFormation says which stack made a resource
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>).
pub(crate) const STACK_TAG: &str = "aws:cloudformation:stack-id";

/// The resource that ties a secret to its database
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secrettargetattachment.html>).
const ATTACHMENT: &str = "AWS::SecretsManager::SecretTargetAttachment";

/// What an attachment may tie a secret to, of what RDS describes, and how its ARNs name it
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.ARN.Constructing.html>).
const DATABASES: [(&str, &str); 4] = [
    ("AWS::RDS::DBInstance", "db"),
    ("AWS::RDS::DBCluster", "cluster"),
    ("AWS::DocDB::DBInstance", "db"),
    ("AWS::DocDB::DBCluster", "cluster"),
];

/// A secret that a stack made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StackSecret {
    pub(crate) arn: Arn,
    pub(crate) name: String,
    /// The stack's ARN.
    pub(crate) stack: String,
}

/// The ARN of the database that each of these secrets opens, if its stack tells.
pub(super) async fn attached_databases(place: &Place, secrets: Vec<StackSecret>) -> BTreeMap<String, Known<Option<String>>> {
    let mut stacks: BTreeMap<String, Vec<StackSecret>> = BTreeMap::new();
    for secret in secrets {
        stacks.entry(secret.stack.clone()).or_default().push(secret);
    }
    let mut found = BTreeMap::new();
    for (stack, secrets) in stacks {
        let attachments = Box::pin(attachments(place, &stack)).await;
        for StackSecret { arn, name, .. } in secrets {
            let is_it = |attachment: &&Attachment| attachment.secret == arn.as_str() || attachment.secret == name;
            let database = attachments.as_ref().map(|all| all.iter().find(is_it).map(|attachment| attachment.database.clone()));
            found.insert(arn.to_string(), database);
        }
    }
    found
}

/// A secret, by ARN or name, and the ARN of its database.
#[derive(Debug, Clone)]
struct Attachment {
    secret: String,
    database: String,
}

/// What the stack has, by logical id: type and physical id.
type Resources = BTreeMap<String, (String, String)>;

/// One entry of these, if the resource is there already.
type Listed = Option<(String, (String, String))>;

/// The attachments of a stack whose both ends are known. What another stack exports is not followed.
async fn attachments(place: &Place, stack: &str) -> Known<Vec<Attachment>> {
    let paging = Paging { list: "StackResourceSummaries", item: "member", token: "NextToken", next: "NextToken" };
    let request = Request::all().with("StackName", stack);
    let resources: Resources = match all(&place.cloudformation, Api::ListStackResources, stack, request, paging, resource).await {
        Known::Value(resources) => resources.into_iter().flatten().collect(),
        Known::Unreadable(gap) => return Known::Unreadable(gap),
    };
    if !resources.values().any(|(kind, _)| kind == ATTACHMENT) {
        return Known::default();
    }
    let request = Request::all().with("StackName", stack).with("TemplateStage", "Processed");
    let written = match ask(Api::GetTemplate, stack, place.cloudformation.call(Api::GetTemplate, request, written), Some).await {
        Known::Value(written) => written,
        Known::Unreadable(gap) => return Known::Unreadable(gap),
    };
    let names = written.iter().flat_map(|written| [&written.secret, &written.database]);
    let is_parameter = |name: &&Name| matches!(name, Name::Reference(id) if !resources.contains_key(id));
    let parameters = if names.clone().any(|name| is_parameter(&name)) {
        let call = place.cloudformation.call(Api::DescribeStacks, Request::all().with("StackName", stack), parameters);
        match ask(Api::DescribeStacks, stack, call, Some).await {
            Known::Value(parameters) => parameters,
            Known::Unreadable(gap) => return Known::Unreadable(gap),
        }
    } else {
        BTreeMap::new()
    };
    let resolve = |name: &Name| match name {
        Name::Text(text) => Some(text.clone()),
        Name::Reference(id) => resources.get(id).map(|(_, physical)| physical).or_else(|| parameters.get(id)).cloned(),
        Name::Other => None,
    };
    let attachment = |written: &Written| {
        let (_, kind) = DATABASES.iter().find(|(written_type, _)| *written_type == written.kind)?;
        // RDS keeps identifiers in lower case.
        let id = resolve(&written.database)?.to_ascii_lowercase();
        let (partition, region, account) = (Partition::of_region(&place.region), &place.region, &place.account);
        let database = format!("arn:{partition}:rds:{region}:{account}:{kind}:{id}");
        Some(Attachment { secret: resolve(&written.secret)?, database })
    };
    Known::Value(written.iter().filter_map(attachment).collect())
}

/// A resource that is there: its logical id, type and physical id.
fn resource(it: &Element) -> Result<Listed, Malformed> {
    let (id, kind) = (it.owned("LogicalResourceId")?, it.owned("ResourceType")?);
    Ok(it.text("PhysicalResourceId").map(|physical| (id, (kind, physical.to_owned()))))
}

fn parameters(answer: &Element) -> Result<BTreeMap<String, String>, Malformed> {
    let stacks: Vec<&Element> = answer.items("Stacks", "member").collect();
    let [stack] = stacks.as_slice() else { return Err(Malformed::new("it is not about one stack")) };
    let parameter = |it: &Element| {
        let value = it.text("ResolvedValue").or_else(|| it.text("ParameterValue")).unwrap_or_default();
        Ok((it.owned("ParameterKey")?, value.to_owned()))
    };
    stack.items("Parameters", "member").map(parameter).collect()
}

/// An attachment as the template has it.
#[derive(Debug, Clone)]
struct Written {
    secret: Name,
    database: Name,
    kind: String,
}

/// How a template names something.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Text(String),
    /// By `Ref`: a resource or a parameter.
    Reference(String),
    /// In some other way.
    Other,
}

/// The attachments in a template; nothing else of it is kept.
fn written(answer: &Element) -> Result<Vec<Written>, Malformed> {
    let text = answer.raw("TemplateBody").ok_or_else(|| Malformed::new("it has no TemplateBody"))?;
    let template = cloudformation::read(text).map_err(|error| Malformed::new(format!("the template cannot be read: {error}")))?;
    let resources = template.get("Resources").map(Node::entries).unwrap_or_default();
    let attachments = resources.iter().map(|entry| &entry.node).filter(|it| it.get("Type").and_then(Node::text) == Some(ATTACHMENT));
    let read = |it: &Node| {
        let property = |name: &str| it.get("Properties").and_then(|properties| properties.get(name));
        let kind = property("TargetType").and_then(Node::text).unwrap_or_default().to_owned();
        Written { secret: name(property("SecretId")), database: name(property("TargetId")), kind }
    };
    Ok(attachments.map(read).collect())
}

fn name(value: Option<&Node>) -> Name {
    match value.map(|value| (value.text(), value.only())) {
        Some((Some(text), _)) => Name::Text(text.to_owned()),
        Some((_, Some(("Ref", id)))) => id.text().map_or(Name::Other, |id| Name::Reference(id.to_owned())),
        _ => Name::Other,
    }
}

/// Of these secrets, those of which nothing else tells the database.
pub(super) fn untold(secrets: &BTreeSet<StackSecret>, told: &BTreeSet<&str>) -> Vec<StackSecret> {
    secrets.iter().filter(|secret| !told.contains(secret.arn.as_str())).cloned().collect()
}
