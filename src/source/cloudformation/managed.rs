//! The AWS managed policies that rotation roles use, as data: a template names them, and holds nothing of what they say. `stack` and `sam` ask here, and `terraform` for plans.
//!
//! Each with the version that it is of (<https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>); whatever is not here stays undecided.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::arn::Arn;
use crate::policy::Document;

/// Logs, as the policies of Lambda have them.
const LOGS: [&str; 3] = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];

/// Traces of X-Ray.
const TRACES: [&str; 5] = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:GetSamplingStatisticSummaries",
];

/// What Lambda needs to attach a function to a VPC, but for `ec2:DescribeSubnets`, which only one of them has.
const INTERFACES: [&str; 5] = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
];

/// A policy by what stands behind `policy/` in its ARN.
struct Managed {
    path: &'static str,
    /// The version that is told here.
    version: &'static str,
    statements: fn() -> Value,
}

const ALL: [Managed; 22] = [
    Managed { path: "service-role/AWSLambdaBasicExecutionRole", version: "v1", statements: || json!([allow(&LOGS)]) },
    Managed {
        path: "service-role/AWSLambdaVPCAccessExecutionRole",
        version: "v3",
        statements: || json!([allow(&[&LOGS[..], &INTERFACES[..], &["ec2:DescribeSubnets"]].concat())]),
    },
    Managed { path: "service-role/AWSLambdaENIManagementAccess", version: "v2", statements: || json!([allow(&INTERFACES)]) },
    Managed { path: "AWSXRayDaemonWriteAccess", version: "v2", statements: || json!([allow(&TRACES)]) },
    Managed { path: "AWSXrayWriteOnlyAccess", version: "v2", statements: || json!([allow(&TRACES)]) },
    Managed { path: "CloudWatchLambdaInsightsExecutionRolePolicy", version: "v1", statements: insights },
    Managed { path: "service-role/AWSLambdaRole", version: "v1", statements: || json!([allow(&["lambda:InvokeFunction"])]) },
    Managed { path: "service-role/AWSLambdaSQSQueueExecutionRole", version: "v1", statements: || events(&QUEUES) },
    Managed { path: "service-role/AWSLambdaDynamoDBExecutionRole", version: "v1", statements: || events(&TABLES) },
    Managed { path: "service-role/AWSLambdaKinesisExecutionRole", version: "v2", statements: || events(&STREAMS) },
    Managed { path: "CloudWatchLogsFullAccess", version: "v8", statements: || json!([allow(&["logs:*"])]) },
    Managed { path: "AmazonSSMReadOnlyAccess", version: "v1", statements: || json!([allow(&["ssm:Describe*", "ssm:Get*", "ssm:List*"])]) },
    Managed { path: "AmazonEC2ReadOnlyAccess", version: "v5", statements: || json!([allow(&["ec2:Describe*"])]) },
    Managed {
        path: "AmazonRDSReadOnlyAccess",
        version: "v7",
        statements: || json!([allow(&["rds:Describe*", "rds:ListTagsForResource"])]),
    },
    Managed { path: "AdministratorAccess", version: "v1", statements: || json!([allow(&["*"])]) },
    Managed { path: "PowerUserAccess", version: "v12", statements: power_user },
    Managed { path: "IAMFullAccess", version: "v2", statements: || json!([allow(&["iam:*"])]) },
    Managed { path: "AWSLambda_FullAccess", version: "v7", statements: lambda },
    Managed { path: "AWSKeyManagementServicePowerUser", version: "v2", statements: keys },
    Managed { path: "AmazonRDSDataFullAccess", version: "v3", statements: data_of_databases },
    Managed { path: "AWSSecretsManagerClientReadOnlyAccess", version: "v4", statements: reader_of_secrets },
    Managed { path: "SecretsManagerReadWrite", version: "v6", statements: secrets_manager },
];

/// What Lambda reads events from for a function.
const QUEUES: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
const TABLES: [&str; 4] = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];
const STREAMS: [&str; 7] = [
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
    "kinesis:ListStreams",
    "kinesis:SubscribeToShard",
];

fn allow(actions: &[&str]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": "*"})
}

fn insights() -> Value {
    json!([
        allow(&["logs:CreateLogGroup"]),
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:*:*:log-group:/aws/lambda-insights:*"},
    ])
}

fn events(of: &[&str]) -> Value {
    json!([allow(&[of, &LOGS[..]].concat())])
}

/// Of `PowerUserAccess`, all but what it may see of accounts and organizations.
fn power_user() -> Value {
    json!([
        {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
        allow(&["iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"]),
    ])
}

/// Of `AWSLambda_FullAccess`, what is about functions, keys and roles.
fn lambda() -> Value {
    let to_lambda = json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}});
    json!([
        allow(&[
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "kms:DescribeKey",
            "kms:ListAliases",
            "iam:GetPolicy",
            "iam:GetPolicyVersion",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
            "iam:ListRoles",
            "lambda:*",
        ]),
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": to_lambda},
    ])
}

/// Of `AWSKeyManagementServicePowerUser`, what is about keys.
fn keys() -> Value {
    let one = ["CreateAlias", "CreateKey", "DeleteAlias", "Describe*", "GenerateRandom", "Get*", "List*", "TagResource", "UntagResource"];
    let actions: Vec<String> = one.iter().map(|name| format!("kms:{name}")).collect();
    json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}])
}

/// Of `AmazonRDSDataFullAccess`, what is about secrets.
fn data_of_databases() -> Value {
    let one = ["GetSecretValue", "PutResourcePolicy", "PutSecretValue", "DeleteSecret", "DescribeSecret", "TagResource"];
    let actions: Vec<String> = one.iter().map(|name| format!("secretsmanager:{name}")).collect();
    json!([
        {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:secretsmanager:*:*:secret:rds-db-credentials/*"},
        allow(&["secretsmanager:CreateSecret", "secretsmanager:ListSecrets", "secretsmanager:GetRandomPassword"]),
    ])
}

fn reader_of_secrets() -> Value {
    let through = json!({"StringLike": {
        "kms:EncryptionContext:SecretARN": "arn:aws:secretsmanager:*:*:secret:*",
        "kms:ViaService": "secretsmanager.*.amazonaws.com",
    }});
    let read = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"];
    json!([
        {"Effect": "Allow", "Action": read, "Resource": "arn:aws:secretsmanager:*:*:secret:*"},
        allow(&["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"]),
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": "arn:aws:kms:*:*:key/*", "Condition": through},
    ])
}

/// Of `SecretsManagerReadWrite`, what is about secrets, keys and functions.
fn secrets_manager() -> Value {
    let functions = ["AddPermission", "CreateFunction", "GetFunction", "InvokeFunction", "UpdateFunctionConfiguration"];
    let functions: Vec<String> = functions.iter().map(|name| format!("lambda:{name}")).collect();
    json!([
        allow(&["secretsmanager:*", "kms:DescribeKey", "kms:ListAliases", "kms:ListKeys", "lambda:ListFunctions"]),
        {"Effect": "Allow", "Action": functions, "Resource": "arn:aws:lambda:*:*:function:SecretsManager*"},
    ])
}

/// What stands behind `policy/` in the ARN of the policy of this name.
pub(super) fn path_of(name: &str) -> Option<String> {
    ALL.iter().map(|policy| policy.path).find(|path| path.rsplit('/').next() == Some(name)).map(str::to_owned)
}

/// The documents of those of `arns` that are known here.
pub(crate) fn documents<'a>(arns: impl Iterator<Item = &'a Arn>) -> BTreeMap<Arn, Document> {
    let document = |arn: &Arn| {
        let path = arn.resource().strip_prefix("policy/").filter(|_| arn.account() == "aws")?;
        let policy = ALL.iter().find(|policy| policy.path == path)?;
        let id = format!("{} {}", policy.path, policy.version);
        let text = json!({"Version": "2012-10-17", "Id": id, "Statement": (policy.statements)()}).to_string();
        // Other partitions have the same with ARNs of their own.
        Some(Document::new(text.replace("arn:aws:", &format!("arn:{}:", arn.partition_name()))))
    };
    arns.filter_map(|arn| Some((arn.clone(), document(arn)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_managed_policy_is_one_and_is_found_by_its_name() {
        for policy in &ALL {
            let arn = Arn::parse(&format!("arn:aws:iam::aws:policy/{}", policy.path)).unwrap();
            assert!(documents(std::iter::once(&arn))[&arn].policy().is_ok(), "{arn}");
            assert_eq!(path_of(arn.name()).as_deref(), Some(policy.path));
        }
        let chinese = Arn::parse("arn:aws-cn:iam::aws:policy/AWSSecretsManagerClientReadOnlyAccess").unwrap();
        let text = documents(std::iter::once(&chinese))[&chinese].text().to_owned();
        assert!(text.contains("arn:aws-cn:kms:*:*:key/*") && !text.contains("arn:aws:"), "{text}");
        let other = Arn::parse("arn:aws:iam::aws:policy/ReadOnlyAccess").unwrap();
        assert!(documents(std::iter::once(&other)).is_empty());
    }
}
