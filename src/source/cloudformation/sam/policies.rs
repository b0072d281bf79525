//! The role that the macro generates for a function, and what its `Policies` stand for: managed policies by name or ARN, documents, and policy templates
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html>). `mod.rs` asks here.

use super::nodes::{allow, call, is_call, list, map, policy, reference, sub, text};
use crate::policy::Position;
use crate::source::cloudformation::document::{Content, Node};
use crate::source::cloudformation::managed;

const SECRET: [&str; 4] = [
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
];

pub(super) const INTERFACES: [&str; 4] =
    ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DetachNetworkInterface"];

/// Policy templates that begin so are about services that no rotation calls; what they allow is left out.
const OTHERS: [&str; 36] = [
    "AMIDescribe",
    "AWSGlue",
    "ActiveMQ",
    "Athena",
    "CloudFormationDescribe",
    "CloudWatch",
    "CodeCommit",
    "CodePipeline",
    "Comprehend",
    "CostExplorer",
    "DynamoDB",
    "EC2",
    "EFS",
    "Elasticsearch",
    "EventBridge",
    "FilterLogEvents",
    "Firehose",
    "Kinesis",
    "MSK",
    "MobileAnalytics",
    "OrganizationsListAccounts",
    "Pinpoint",
    "Polly",
    "Rekognition",
    "Route53",
    "S3",
    "SES",
    "SNS",
    "SQS",
    "SSMParameter",
    "ServerlessRepo",
    "StepFunctions",
    "Textract",
    "TransitGateway",
    "Connect",
    "AcmGetCertificate",
];

/// What stands among the logins of an event and names no secret.
const NETWORK: [&str; 3] = ["VPC_SUBNET", "VPC_SECURITY_GROUP", "VIRTUAL_HOST"];

/// The properties of the role that is generated for the function `id` with these properties.
pub(super) fn role(at: Position, id: &str, properties: &Node) -> Vec<(String, Node)> {
    let named = |name: &str| sub(at, &format!("arn:${{AWS::Partition}}:iam::aws:policy/{name}"));
    let mut managed = vec![named("service-role/AWSLambdaBasicExecutionRole")];
    if properties.get("VpcConfig").is_some() {
        managed.push(named("service-role/AWSLambdaVPCAccessExecutionRole"));
    }
    if properties.get("Tracing").is_some_and(|mode| mode.text() != Some("Disabled")) {
        managed.push(named("AWSXrayWriteOnlyAccess"));
    }
    let mut inline = Vec::new();
    let written = properties.get("Policies");
    let items = written.map(|node| if matches!(node.content, Content::List(_)) { node.items() } else { std::slice::from_ref(node) });
    for (index, item) in items.unwrap_or_default().iter().enumerate() {
        let (arn, document) = converted(at, item, &format!("{id}RolePolicy{index}"));
        managed.extend(arn);
        inline.extend(document);
    }
    let beside = called(at, properties);
    if !beside.is_empty() {
        let fields = [("PolicyName", text(at, &format!("{id}RoleEvents"))), ("PolicyDocument", policy(at, beside))];
        inline.push(map(at, fields.map(|(key, node)| (key.to_owned(), node))));
    }
    let mut fields = vec![
        ("AssumeRolePolicyDocument".to_owned(), properties.get("AssumeRolePolicyDocument").cloned().unwrap_or_else(|| trust(at))),
        ("ManagedPolicyArns".to_owned(), list(at, managed)),
        ("Policies".to_owned(), list(at, inline)),
    ];
    fields.extend(properties.get("PermissionsBoundary").map(|boundary| ("PermissionsBoundary".to_owned(), boundary.clone())));
    fields.extend(properties.get("RolePath").map(|path| ("Path".to_owned(), path.clone())));
    fields
}

/// What the macro lets the role do for `Events` that log in with a secret and for functions that get the outcome of events, as far as rotations could hang on it: read secrets, decrypt
/// them, invoke functions (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-mq.html>,
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventinvokedestinationconfiguration.html>).
fn called(at: Position, properties: &Node) -> Vec<Node> {
    let mut statements = Vec::new();
    for event in properties.get("Events").map(Node::entries).unwrap_or_default() {
        let Some(event) = event.node.get("Properties") else { continue };
        let logins = event.get("SourceAccessConfigurations").map(Node::items).unwrap_or_default();
        let secrets = logins.iter().filter(|login| login.get("Type").and_then(Node::text).is_none_or(|kind| !NETWORK.contains(&kind)));
        statements
            .extend(secrets.filter_map(|login| login.get("URI")).map(|it| allow(at, &["secretsmanager:GetSecretValue"], it.clone(), None)));
        if let Some(key) = event.get("SecretsManagerKmsKeyId") {
            let arn = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${key}";
            let arn = call(at, "Fn::Sub", list(at, vec![text(at, arn), map(at, [("key".to_owned(), key.clone())])]));
            statements.push(allow(at, &["kms:Decrypt"], arn, None));
        }
    }
    let destinations = properties.get("EventInvokeConfig").and_then(|config| config.get("DestinationConfig"));
    for destination in ["OnSuccess", "OnFailure"].iter().filter_map(|when| destinations?.get(when)) {
        if let (Some("Lambda"), Some(function)) = (destination.get("Type").and_then(Node::text), destination.get("Destination")) {
            statements.push(allow(at, &["lambda:InvokeFunction"], function.clone(), None));
        }
    }
    statements
}

/// The trust policy of an execution role.
pub(crate) fn trust(at: Position) -> Node {
    let service = call(at, "Service", text(at, "lambda.amazonaws.com"));
    let fields = [("Effect", text(at, "Allow")), ("Principal", service), ("Action", text(at, "sts:AssumeRole"))];
    policy(at, vec![map(at, fields.map(|(key, node)| (key.to_owned(), node)))])
}

/// One of `Policies`: the ARN of a managed policy, or a policy called `name`.
fn converted(at: Position, item: &Node, name: &str) -> (Option<Node>, Option<Node>) {
    let document = |document: Node| {
        let fields = [("PolicyName", text(at, name)), ("PolicyDocument", document)];
        (None, Some(map(at, fields.map(|(key, node)| (key.to_owned(), node)))))
    };
    match (&item.content, item.only()) {
        (Content::Text(managed), _) => (Some(managed_policy(item.at, managed)), None),
        // Each way is a policy of its own kind, and nothing of the other kind.
        (_, Some(("Fn::If", arguments))) => match arguments.items() {
            [condition, yes, no] => {
                let ((yes_arn, yes_document), (no_arn, no_document)) = (converted(at, yes, name), converted(at, no, name));
                let either = |yes: Option<Node>, no: Option<Node>| {
                    (yes.is_some() || no.is_some()).then(|| {
                        let nothing = || reference(at, "AWS::NoValue");
                        let ways = vec![condition.clone(), yes.unwrap_or_else(nothing), no.unwrap_or_else(nothing)];
                        call(at, "Fn::If", list(at, ways))
                    })
                };
                (either(yes_arn, no_arn), either(yes_document, no_document))
            }
            _ => document(unknown(at, "Fn::If")),
        },
        (_, Some(("Ref", target))) if target.text() == Some("AWS::NoValue") => (None, None),
        _ if is_call(item) => (Some(item.clone()), None),
        _ if item.get("Statement").is_some() => document(item.clone()),
        (_, Some((policy, parameters))) => template(at, policy, parameters).map_or((None, None), document),
        _ => document(unknown(at, "Policies")),
    }
}

/// A managed policy by its name; an ARN is taken as it is.
fn managed_policy(at: Position, name: &str) -> Node {
    if name.starts_with("arn:") {
        return text(at, name);
    }
    let path = managed::path_of(name).unwrap_or_else(|| name.to_owned());
    sub(at, &format!("arn:${{AWS::Partition}}:iam::aws:policy/{path}"))
}

/// A document that nobody knows, which says what would have to be known.
fn unknown(at: Position, what: &str) -> Node {
    let fields = [("Name".to_owned(), text(at, what))];
    call(at, "Fn::Transform", map(at, fields))
}

/// The policy that a policy template stands for; `None` where nothing of it matters here.
fn template(at: Position, name: &str, parameters: &Node) -> Option<Node> {
    let parameter = |name: &str| parameters.get(name).cloned().unwrap_or_else(|| unknown(at, name));
    let with = |pattern: &str, name: &str, parameter: Node| {
        call(at, "Fn::Sub", list(at, vec![text(at, pattern), map(at, [(name.to_owned(), parameter)])]))
    };
    let everything = || text(at, "*");
    let statements = match name {
        "AWSSecretsManagerGetSecretValuePolicy" => {
            vec![allow(at, &["secretsmanager:GetSecretValue"], with("${secretArn}", "secretArn", parameter("SecretArn")), None)]
        }
        "AWSSecretsManagerRotationPolicy" => {
            let secrets = sub(at, "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*");
            let function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${functionName}";
            let function = with(function, "functionName", parameter("FunctionName"));
            let condition = call(at, "StringEquals", call(at, "secretsmanager:resource/AllowRotationLambdaArn", function));
            vec![allow(at, &SECRET, secrets, Some(condition)), allow(at, &["secretsmanager:GetRandomPassword"], everything(), None)]
        }
        "VPCAccessPolicy" => vec![allow(at, &INTERFACES, everything(), None)],
        "KMSDecryptPolicy" | "KMSEncryptPolicy" => {
            let action = if name == "KMSDecryptPolicy" { "kms:Decrypt" } else { "kms:Encrypt" };
            let key = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/${keyId}";
            vec![allow(at, &[action], with(key, "keyId", parameter("KeyId")), None)]
        }
        "LambdaInvokePolicy" => {
            let function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${functionName}*";
            vec![allow(at, &["lambda:InvokeFunction"], with(function, "functionName", parameter("FunctionName")), None)]
        }
        _ if OTHERS.iter().any(|begin| name.starts_with(begin)) => return None,
        _ => return Some(unknown(at, name)),
    };
    // The macro writes no version.
    Some(map(at, [("Statement".to_owned(), list(at, statements))]))
}
