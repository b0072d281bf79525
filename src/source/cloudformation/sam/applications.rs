//! AWS's own rotation applications of the Serverless Application Repository: the function, role and permission that a template gets by deploying one. `made` calls it, for each way in which
//! conditions come out.
//!
//! What the parameters are, and that function, execution role and the policy of the function are made, is documented
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_turn-on-for-other.html>), and so is what the role may do
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html>). Which further conditions the statements have is not, and
//! neither are runtime and what is left out without a VPC: these stay open, as attributes of the application that nobody knows. Of applications that are for no database only the
//! parameters are known: name, endpoint and network of the function. What its role may do and who may invoke it stay open as a whole.

use std::collections::BTreeMap;

use super::made;
use super::nodes::{allow, attribute, call, fields, list, map, policy, reference, sub, text};
use crate::policy::Position;
use crate::source::cloudformation::document::{Node, TemplateError};
use crate::source::cloudformation::evaluate::Evaluator;
use crate::source::cloudformation::identity::APPLICATION;
use crate::source::cloudformation::reading::Reading;
use crate::source::cloudformation::template::{Resource, SERVERLESS};
use crate::source::cloudformation::value::Value;

/// What AWS's applications begin with, one publisher for each partition
/// (<https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-secretsmanager/lib/secret-rotation.ts>). Whoever else has an application of the same name is somebody else.
const PUBLISHERS: [&str; 3] = [
    "arn:aws:serverlessrepo:us-east-1:297356227824:applications/SecretsManager",
    "arn:aws-cn:serverlessrepo:cn-north-1:193023089310:applications/SecretsManager",
    "arn:aws-us-gov:serverlessrepo:us-gov-west-1:023102451235:applications/SecretsManager",
];

/// What stands between that and `RotationSingleUser` or `RotationMultiUser` in the applications that are followed: those for databases
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html>).
const DATABASES: [&str; 8] = ["RDSDb2", "RDSMariaDB", "RDSMySQL", "RDSOracle", "RDSPostgreSQL", "RDSSQLServer", "MongoDB", "Redshift"];

/// What stands behind `SecretsManager` in the others of that page: for Active Directory, `ElastiCache` and Timestream for `InfluxDB`, and the one whose code is one's own to write.
const OTHERS: [&str; 6] = [
    "ActiveDirectoryRotationSingleUser",
    "ActiveDirectoryAndKeytabRotationSingleUser",
    "ElasticacheUserRotation",
    "InfluxDBRotationSingleUser",
    "InfluxDBRotationMultiUser",
    "RotationTemplate",
];

/// The time limit of AWS's rotation functions for databases.
const TIMEOUT_SECONDS: &str = "30";

/// What AWS's rotation applications in a template make, by logical id. Of others it is not known.
pub(crate) fn deployed(evaluator: &Evaluator<'_>) -> Result<BTreeMap<String, Resource>, TemplateError> {
    let template = &evaluator.member().template;
    let mut resources = BTreeMap::new();
    if template.transforms.iter().any(|name| name == SERVERLESS) {
        for (id, resource) in template.resources.iter().filter(|(_, it)| it.kind == APPLICATION) {
            if let Some(application) = Application::of(evaluator, id, resource)? {
                resources.extend(application.resources());
            }
        }
    }
    Ok(resources)
}

/// The parameters of one function that AWS makes, as nodes of the template.
pub(crate) struct Parameters<'a> {
    pub(crate) evaluator: &'a Evaluator<'a>,
    pub(crate) node: Option<&'a Node>,
}

impl<'a> Parameters<'a> {
    /// The first of these that has a value. An empty text is none.
    pub(crate) fn first(&self, names: &[&str]) -> Result<Option<&'a Node>, TemplateError> {
        for name in names {
            let Some(node) = self.node.and_then(|node| node.get(name)) else { continue };
            let nothing = match self.evaluator.value(node)? {
                Value::Null | Value::Nothing => true,
                Value::Text(text) => text.as_literal() == Some(""),
                _ => false,
            };
            if !nothing {
                return Ok(Some(node));
            }
        }
        Ok(None)
    }

    /// A list that is written with commas.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Node>, TemplateError> {
        let Some(node) = self.first(&[name])? else { return Ok(None) };
        Ok(Some(match self.evaluator.value(node)? {
            Value::List(_) => node.clone(),
            _ => call(node.at, "Fn::Split", list(node.at, vec![text(node.at, ","), node.clone()])),
        }))
    }
}

/// One application that is AWS's.
struct Application<'a> {
    id: &'a str,
    resource: &'a Resource,
    /// Whether it is for databases, so that AWS documents what it makes.
    for_database: bool,
    /// Its ARN.
    arn: String,
    /// The version that is named.
    version: Option<&'a Node>,
    function_name: Option<&'a Node>,
    endpoint: Option<&'a Node>,
    characters: Option<&'a Node>,
    service: Option<&'a Node>,
    runtime: Option<&'a Node>,
    key: Option<&'a Node>,
    superuser: Option<&'a Node>,
    superuser_key: Option<&'a Node>,
    subnets: Option<Node>,
    groups: Option<Node>,
}

impl<'a> Application<'a> {
    /// `None` where the resource deploys something else, or nobody knows what, or with which parameters.
    fn of(evaluator: &'a Evaluator<'a>, id: &'a str, resource: &'a Resource) -> Result<Option<Self>, TemplateError> {
        let Some(properties) = resource.properties.as_ref().map(|node| evaluator.chosen(node)).transpose()?.flatten() else {
            return Ok(None);
        };
        let property = |name: &str| properties.get(name).map(|node| evaluator.chosen(node)).transpose();
        let Some(location) = property("Location")?.flatten() else { return Ok(None) };
        let Some(named) = location.get("ApplicationId") else { return Ok(None) };
        let Value::Text(named) = evaluator.value(named)? else { return Ok(None) };
        let Some((arn, for_database)) = named.as_literal().and_then(|arn| Some((arn, is_for_database(arn)?))) else { return Ok(None) };
        let node = match property("Parameters")? {
            Some(None) => return Ok(None),
            node => node.flatten(),
        };
        let parameters = Parameters { evaluator, node };
        let first = |names: &[&str]| parameters.first(names);
        Ok(Some(Self {
            id,
            resource,
            for_database,
            arn: arn.to_owned(),
            version: location.get("SemanticVersion"),
            function_name: first(&["functionName"])?,
            endpoint: first(&["endpoint"])?,
            characters: first(&["excludeCharacters"])?,
            service: first(&["invokingServicePrincipal"])?,
            runtime: first(&["runtime"])?,
            key: first(&["kmsKeyArn"])?,
            superuser: first(&["superuserSecretArn", "masterSecretArn"])?,
            superuser_key: first(&["superuserSecretKmsKeyArn", "masterSecretKmsKeyArn"])?,
            subnets: parameters.list("vpcSubnetIds")?,
            groups: parameters.list("vpcSecurityGroupIds")?,
        }))
    }

    fn at(&self) -> Position {
        self.resource.at
    }

    /// What nobody tells of it.
    fn untold(&self, what: &str) -> Node {
        attribute(self.at(), self.id, what)
    }

    fn named(&self, what: &str) -> String {
        format!("{}.{what}", self.id)
    }

    fn resources(&self) -> BTreeMap<String, Resource> {
        let at = self.at();
        let function = self.named("Function");
        let like = |kind: &str, properties: Node, depends_on: Vec<String>| Resource {
            kind: kind.to_owned(),
            properties: Some(properties),
            depends_on,
            ..self.resource.clone()
        };
        let mut resources = made(&function, self.resource, &self.function());
        if self.for_database {
            let own_account = reference(at, "AWS::AccountId");
            // That Secrets Manager may invoke it for this account is sure; whether for others too is not.
            for (name, account) in [("Permission", own_account), ("OpenPermission", self.untold("SourceAccount of the permission"))] {
                resources.insert(self.named(name), like("AWS::Lambda::Permission", self.permission(&function, account), Vec::new()));
            }
        } else {
            let whole =
                fields(at, [("ResourceArn", attribute(at, &function, "Arn")), ("PolicyDocument", self.untold("policy of the function"))]);
            resources.insert(self.named("Permission"), like("AWS::Lambda::ResourcePolicy", whole, Vec::new()));
        }
        // A stack of its own: whoever waits for it waits for all of it.
        let parts = resources.keys().cloned().chain(self.resource.depends_on.clone()).collect();
        let alternates = self.for_database && self.arn.ends_with("MultiUser");
        let lacks = if alternates && self.superuser.is_none() { vec![text(at, "superuserSecretArn")] } else { Vec::new() };
        let told = fields(at, [("RotationLambdaARN", attribute(at, &function, "Arn")), ("Lacks", list(at, lacks))]);
        resources.insert(self.id.to_owned(), like(APPLICATION, told, parts));
        resources
    }

    fn permission(&self, function: &str, account: Node) -> Node {
        let at = self.at();
        let service = self.service.cloned().unwrap_or_else(|| text(at, "secretsmanager.amazonaws.com"));
        fields(
            at,
            [
                ("FunctionName", reference(at, function)),
                ("Action", text(at, "lambda:InvokeFunction")),
                ("Principal", service),
                ("SourceAccount", account),
            ],
        )
    }

    /// The function as SAM writes it.
    fn function(&self) -> Node {
        let at = self.at();
        let mut variables =
            vec![("SECRETS_MANAGER_ENDPOINT".to_owned(), self.endpoint.cloned().unwrap_or_else(|| self.untold("endpoint")))];
        variables.extend(self.characters.map(|node| ("EXCLUDE_CHARACTERS".to_owned(), node.clone())));
        let mut tags = vec![("serverlessrepo:applicationId".to_owned(), text(at, &self.arn))];
        if self.for_database {
            tags.push(("SecretsManagerLambda".to_owned(), text(at, "Rotation")));
        }
        tags.extend(self.version.map(|node| ("serverlessrepo:semanticVersion".to_owned(), node.clone())));
        let mut properties = vec![
            ("Timeout".to_owned(), if self.for_database { text(at, TIMEOUT_SECONDS) } else { self.untold("Timeout") }),
            ("Runtime".to_owned(), self.runtime.cloned().unwrap_or_else(|| self.untold("Runtime"))),
            ("Environment".to_owned(), fields(at, [("Variables", map(at, variables))])),
            ("Tags".to_owned(), map(at, tags)),
            ("Policies".to_owned(), list(at, self.policies())),
        ];
        properties.extend(self.function_name.map(|name| ("FunctionName".to_owned(), name.clone())));
        if let Some(subnets) = &self.subnets {
            let groups = self.groups.clone().unwrap_or_else(|| list(at, Vec::new()));
            properties.push(("VpcConfig".to_owned(), fields(at, [("SubnetIds", subnets.clone()), ("SecurityGroupIds", groups)])));
        }
        map(at, properties)
    }

    /// The policies of its role.
    fn policies(&self) -> Vec<Node> {
        let at = self.at();
        if !self.for_database {
            // It may allow and deny anything.
            let anything = || self.untold("policy of the execution role");
            let statement = |effect| fields(at, [("Effect", text(at, effect)), ("Action", anything()), ("Resource", anything())]);
            return vec![policy(at, vec![statement("Allow"), statement("Deny")])];
        }
        let rotation = fields(at, [("FunctionName", reference(at, &self.named("Function")))]);
        let mut policies = vec![fields(at, [("AWSSecretsManagerRotationPolicy", rotation)])];
        policies.push(if self.subnets.is_some() {
            fields(at, [("VPCAccessPolicy", map(at, Vec::new()))])
        } else {
            let interfaces = super::policies::INTERFACES;
            let perhaps = fields(at, [("StringEquals", fields(at, [("aws:PrincipalAccount", self.untold("VPC permissions"))]))]);
            policy(at, vec![allow(at, &interfaces, text(at, "*"), Some(perhaps))])
        });
        for key in [self.key, self.superuser_key].into_iter().flatten() {
            policies.push(policy(at, key_statements(key, self.untold("condition on the key").into())));
        }
        policies.extend(self.superuser.map(superuser_policy));
        policies
    }
}

/// What a role may do with the key that it is given: what the properties of hosted functions are documented to grant
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-rotationschedule-hostedrotationlambda.html>). It holds for what Secrets
/// Manager does for the role; `beyond` is the account for which it may hold beyond that.
pub(crate) fn key_statements(key: &Node, beyond: Option<Node>) -> Vec<Node> {
    let actions = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"];
    let when = |name: &str, value: Node| Some(fields(key.at, [("StringEquals", fields(key.at, [(name, value)]))]));
    let through = sub(key.at, "secretsmanager.${AWS::Region}.${AWS::URLSuffix}");
    let mut statements = vec![allow(key.at, &actions, key.clone(), when("kms:ViaService", through))];
    statements.extend(beyond.map(|account| allow(key.at, &actions, key.clone(), when("kms:CallerAccount", account))));
    statements
}

/// What a role may do with the secret of the superuser.
pub(crate) fn superuser_policy(secret: &Node) -> Node {
    policy(secret.at, vec![allow(secret.at, &["secretsmanager:GetSecretValue"], secret.clone(), None)])
}

/// Whether this is one of AWS's applications for databases, or another one of AWS's; `None` for anybody else's.
fn is_for_database(arn: &str) -> Option<bool> {
    let name = PUBLISHERS.iter().find_map(|publisher| arn.strip_prefix(publisher))?;
    let strategy = name.strip_suffix("RotationSingleUser").or_else(|| name.strip_suffix("RotationMultiUser"));
    if strategy.is_some_and(|database| DATABASES.contains(&database)) {
        return Some(true);
    }
    OTHERS.contains(&name).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_aws_publishes_is_followed() {
        let own = "arn:aws:serverlessrepo:us-east-1:297356227824:applications/SecretsManagerRDSMySQLRotationSingleUser";
        assert_eq!(is_for_database(own), Some(true));
        assert_eq!(is_for_database(&own.replace("Single", "Multi").replace("RDSMySQL", "MongoDB")), Some(true));
        for other in ["RotationTemplate", "ElasticacheUserRotation", "ActiveDirectoryRotationSingleUser"] {
            assert_eq!(is_for_database(&own.replace("RDSMySQLRotationSingleUser", other)), Some(false), "{other}");
        }
        for (from, to) in [
            ("297356227824", "297356227924"),
            ("us-east-1", "eu-west-1"),
            ("arn:aws:", "arn:aws-cn:"),
            ("RotationSingleUser", "RotationSingleUserPlus"),
            ("RDSMySQL", "RDSMySQL2"),
            ("RDSMySQLRotationSingleUser", "RotationTemplates"),
            ("RDSMySQLRotationSingleUser", "ActiveDirectoryRotationMultiUser"),
        ] {
            assert_eq!(is_for_database(&own.replace(from, to)), None, "{to}");
        }
    }
}
