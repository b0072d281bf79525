//! What `Ref` and `Fn::GetAtt` give for a resource that does not exist yet: ARNs and names whose known parts are known, and whose other parts are symbols that
//! are equal to themselves alone. The table follows the pages "Return values" of the resource types
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html>).

use super::document::TemplateError;
use super::reading::Reading;
use super::value::{Missing, Value};
use crate::policy::{Part, Position, Symbol, Text};
use crate::source::ports;

/// The type that deploys an application. Where it is AWS's own, `sam` makes it tell by `RotationLambdaARN` the function that it made, and by `Lacks` what that is made without.
pub(super) const APPLICATION: &str = "AWS::Serverless::Application";

/// How things of a type are called.
struct Naming {
    kind: &'static str,
    /// The property that names it. Without one, or where it is not written, AWS or CloudFormation makes the name up.
    name: Option<&'static str>,
    /// What `Ref` gives.
    reference: Form,
    /// What `Fn::GetAtt` gives.
    attributes: &'static [(&'static str, Form)],
}

/// How a text about a resource is made.
#[derive(Clone, Copy)]
enum Form {
    /// Its name alone.
    Name,
    /// An id that AWS makes up, always: a key's, a subnet's.
    Id,
    /// What AWS makes with it, by this name.
    Part(&'static str),
    /// The ARN of the function that it belongs to, and its name behind that.
    Qualified,
    /// The port of a database: what a property says, or that of its engine.
    Port,
    /// What a property gives.
    Same(&'static str),
    /// The function of an application.
    Application,
    /// An ARN: service, whether it names a region, and what stands before and after the name.
    Arn(&'static str, Region, &'static str, Suffix),
}

#[derive(Clone, Copy, PartialEq)]
enum Region {
    Named,
    Global,
}

#[derive(Clone, Copy, PartialEq)]
enum Suffix {
    None,
    /// A hyphen and six characters that AWS makes up.
    Secret,
    /// A colon and a number that AWS makes up.
    Version,
}

const SECRET: Form = Form::Arn("secretsmanager", Region::Named, "secret:", Suffix::Secret);
const FUNCTION: Form = Form::Arn("lambda", Region::Named, "function:", Suffix::None);
const ROLE: Form = Form::Arn("iam", Region::Global, "role", Suffix::None);
const USER: Form = Form::Arn("iam", Region::Global, "user", Suffix::None);
const GROUP: Form = Form::Arn("iam", Region::Global, "group", Suffix::None);
const POLICY: Form = Form::Arn("iam", Region::Global, "policy", Suffix::None);
const KEY: Form = Form::Arn("kms", Region::Named, "key/", Suffix::None);

const LAYER: Form = Form::Arn("lambda", Region::Named, "layer:", Suffix::Version);

const OF_SECRET: Form = Form::Same("SecretId");

const PORT: &[(&str, Form)] = &[("Endpoint.Port", Form::Port), ("Port", Form::Port)];

const fn database(kind: &'static str, name: &'static str, attributes: &'static [(&'static str, Form)]) -> Naming {
    Naming { kind, name: Some(name), reference: Form::Name, attributes }
}

const NAMINGS: [Naming; 38] = [
    Naming { kind: "AWS::SecretsManager::Secret", name: Some("Name"), reference: SECRET, attributes: &[("Id", SECRET)] },
    Naming { kind: "AWS::Lambda::Function", name: Some("FunctionName"), reference: Form::Name, attributes: &[("Arn", FUNCTION)] },
    Naming { kind: "AWS::Serverless::Function", name: Some("FunctionName"), reference: Form::Name, attributes: &[("Arn", FUNCTION)] },
    Naming {
        kind: "AWS::IAM::Role",
        name: Some("RoleName"),
        reference: Form::Name,
        attributes: &[("Arn", ROLE), ("RoleId", Form::Part("Id"))],
    },
    Naming { kind: "AWS::IAM::User", name: Some("UserName"), reference: Form::Name, attributes: &[("Arn", USER)] },
    Naming { kind: "AWS::IAM::Group", name: Some("GroupName"), reference: Form::Name, attributes: &[("Arn", GROUP)] },
    Naming { kind: "AWS::IAM::ManagedPolicy", name: Some("ManagedPolicyName"), reference: POLICY, attributes: &[("PolicyArn", POLICY)] },
    Naming { kind: "AWS::KMS::Key", name: None, reference: Form::Id, attributes: &[("Arn", KEY), ("KeyId", Form::Id)] },
    Naming { kind: "AWS::KMS::ReplicaKey", name: None, reference: Form::Id, attributes: &[("Arn", KEY), ("KeyId", Form::Id)] },
    Naming { kind: "AWS::KMS::Alias", name: Some("AliasName"), reference: Form::Name, attributes: &[] },
    Naming {
        kind: "AWS::EC2::VPC",
        name: None,
        reference: Form::Id,
        attributes: &[
            ("VpcId", Form::Id),
            ("CidrBlock", Form::Same("CidrBlock")),
            ("DefaultSecurityGroup", Form::Part("DefaultSecurityGroup")),
            ("DefaultNetworkAcl", Form::Part("DefaultNetworkAcl")),
        ],
    },
    Naming {
        kind: "AWS::EC2::Subnet",
        name: None,
        reference: Form::Id,
        attributes: &[
            ("SubnetId", Form::Id),
            ("CidrBlock", Form::Same("CidrBlock")),
            ("VpcId", Form::Same("VpcId")),
            ("AvailabilityZone", Form::Same("AvailabilityZone")),
        ],
    },
    Naming {
        kind: "AWS::EC2::SecurityGroup",
        name: None,
        reference: Form::Id,
        attributes: &[("GroupId", Form::Id), ("VpcId", Form::Same("VpcId"))],
    },
    Naming { kind: "AWS::EC2::VPCEndpoint", name: None, reference: Form::Id, attributes: &[("Id", Form::Id)] },
    Naming { kind: "AWS::EC2::RouteTable", name: None, reference: Form::Id, attributes: &[("RouteTableId", Form::Id)] },
    Naming { kind: "AWS::EC2::NatGateway", name: None, reference: Form::Id, attributes: &[("NatGatewayId", Form::Id)] },
    Naming { kind: "AWS::EC2::InternetGateway", name: None, reference: Form::Id, attributes: &[("InternetGatewayId", Form::Id)] },
    Naming { kind: "AWS::EC2::NetworkAcl", name: None, reference: Form::Id, attributes: &[("Id", Form::Id)] },
    Naming { kind: "AWS::EC2::DHCPOptions", name: None, reference: Form::Id, attributes: &[("DhcpOptionsId", Form::Id)] },
    Naming { kind: "AWS::EC2::EgressOnlyInternetGateway", name: None, reference: Form::Id, attributes: &[("Id", Form::Id)] },
    Naming { kind: "AWS::SecretsManager::RotationSchedule", name: None, reference: OF_SECRET, attributes: &[("Id", OF_SECRET)] },
    Naming { kind: "AWS::SecretsManager::ResourcePolicy", name: None, reference: OF_SECRET, attributes: &[("Id", OF_SECRET)] },
    Naming { kind: "AWS::SecretsManager::SecretTargetAttachment", name: None, reference: OF_SECRET, attributes: &[("Id", OF_SECRET)] },
    Naming { kind: "AWS::Lambda::LayerVersion", name: Some("LayerName"), reference: LAYER, attributes: &[("LayerVersionArn", LAYER)] },
    Naming { kind: "AWS::Serverless::LayerVersion", name: Some("LayerName"), reference: LAYER, attributes: &[] },
    Naming { kind: APPLICATION, name: None, reference: Form::Id, attributes: &[("Outputs.RotationLambdaARN", Form::Application)] },
    Naming { kind: "AWS::Lambda::Version", name: None, reference: Form::Qualified, attributes: &[("FunctionArn", Form::Qualified)] },
    Naming { kind: "AWS::Lambda::Alias", name: Some("Name"), reference: Form::Qualified, attributes: &[("AliasArn", Form::Qualified)] },
    database("AWS::RDS::DBInstance", "DBInstanceIdentifier", PORT),
    database("AWS::RDS::DBCluster", "DBClusterIdentifier", PORT),
    database("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName", &[]),
    database("AWS::DocDB::DBInstance", "DBInstanceIdentifier", PORT),
    database("AWS::DocDB::DBCluster", "DBClusterIdentifier", PORT),
    database("AWS::DocDB::DBSubnetGroup", "DBSubnetGroupName", &[]),
    database("AWS::Neptune::DBCluster", "DBClusterIdentifier", PORT),
    database("AWS::Neptune::DBSubnetGroup", "DBSubnetGroupName", &[]),
    database("AWS::Redshift::Cluster", "ClusterIdentifier", PORT),
    database("AWS::Redshift::ClusterSubnetGroup", "ClusterSubnetGroupName", &[]),
];

/// The port on which a database of the template listens. An instance of a cluster listens on the cluster's.
fn port(evaluator: &impl Reading, id: &str, at: Position) -> Result<Text, TemplateError> {
    let kind = evaluator.template().resources.get(id).map_or("", |it| it.kind.as_str());
    for name in ["Port", "DBPort"] {
        match evaluator.property(id, name, at)? {
            Some(Value::Text(text)) => return Ok(text),
            Some(Value::Unknown(missing)) => return Ok(missing.text()),
            _ => {}
        }
    }
    let engine = match (ports::engine_of(kind), evaluator.property(id, "DBClusterIdentifier", at)?) {
        (_, Some(_)) if kind.ends_with("DBInstance") => None,
        (Some(engine), _) => Some(engine.to_owned()),
        (None, _) => match evaluator.property(id, "Engine", at)? {
            Some(Value::Text(engine)) => engine.as_literal().map(str::to_owned),
            _ => None,
        },
    };
    let usual = engine.as_deref().and_then(ports::usual);
    Ok(usual.map_or_else(|| unknown_text(evaluator, id, "Port"), |port| Text::literal(port.to_string())))
}

/// What `Ref` gives for this resource of the template.
pub(super) fn reference(evaluator: &impl Reading, id: &str, at: Position) -> Result<Value, TemplateError> {
    match naming(evaluator, id) {
        Some(naming) => form(evaluator, id, at, naming, naming.reference),
        None => Ok(unknown(evaluator, id, "Ref")),
    }
}

/// What `Fn::GetAtt` gives for this resource of the template.
pub(super) fn attribute(evaluator: &impl Reading, id: &str, attribute: &str, at: Position) -> Result<Value, TemplateError> {
    let naming = naming(evaluator, id);
    let made = naming.and_then(|naming| Some((naming, naming.attributes.iter().find(|(name, _)| *name == attribute)?.1)));
    match made {
        Some((naming, made)) => form(evaluator, id, at, naming, made),
        None => Ok(unknown(evaluator, id, attribute)),
    }
}

/// Whether it has no name in the template, so that AWS or CloudFormation makes one up.
pub(super) fn is_nameless(evaluator: &impl Reading, id: &str, at: Position) -> Result<bool, TemplateError> {
    let Some(naming) = naming(evaluator, id) else { return Ok(false) };
    match naming.name {
        Some(property) => Ok(!matches!(evaluator.property(id, property, at)?, Some(Value::Text(_) | Value::Unknown(_)))),
        None => Ok(matches!(naming.reference, Form::Id | Form::Qualified)),
    }
}

/// The ARN of the function that a text names, by its name or in full.
fn function_arn(evaluator: &impl Reading, named: &Text, at: Position) -> Result<Text, TemplateError> {
    if named.literal_prefix().starts_with("arn:") {
        return Ok(named.clone());
    }
    for (id, _) in evaluator.template().resources.iter().filter(|(_, it)| it.kind == "AWS::Lambda::Function") {
        if let (Value::Text(name), Value::Text(arn)) = (reference(evaluator, id, at)?, attribute(evaluator, id, "Arn", at)?)
            && name == *named
        {
            return Ok(arn);
        }
    }
    Ok(named.clone())
}

fn unknown(evaluator: &impl Reading, id: &str, attribute: &str) -> Value {
    Value::Text(unknown_text(evaluator, id, attribute))
}

fn unknown_text(evaluator: &impl Reading, id: &str, attribute: &str) -> Text {
    Missing::Attribute { resource: evaluator.given().scoped(id), attribute: attribute.to_owned() }.text()
}

fn naming(evaluator: &impl Reading, id: &str) -> Option<&'static Naming> {
    let kind = &evaluator.template().resources.get(id)?.kind;
    NAMINGS.iter().find(|naming| naming.kind == kind)
}

fn form(evaluator: &impl Reading, id: &str, at: Position, naming: &Naming, form: Form) -> Result<Value, TemplateError> {
    let scoped = evaluator.given().scoped(id);
    let made_up = || vec![Part::Symbol(Symbol::fresh(&scoped))];
    let property = |name: &str| -> Result<Option<Text>, TemplateError> {
        let value = evaluator.property(id, name, at)?;
        Ok(match value {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Unknown(missing)) => Some(missing.text()),
            _ => None,
        })
    };
    let name = || Ok(naming.name.map(property).transpose()?.flatten().map_or_else(made_up, |text| text.parts()));
    let (service, region, before, suffix) = match form {
        Form::Id => return Ok(Value::Text(Text::from_parts(made_up()))),
        Form::Same(same) => {
            return Ok(Value::Text(property(same)?.unwrap_or_else(|| unknown_text(evaluator, id, same))));
        }
        Form::Application => {
            let location = evaluator.property(id, "Location", at)?;
            let named = match location.as_ref().and_then(|location| location.get("ApplicationId")) {
                Some(Value::Text(text)) => text.written().into_owned(),
                _ => id.to_owned(),
            };
            let unknown = || Missing::Function(format!("the application {named}")).text();
            return Ok(Value::Text(property("RotationLambdaARN")?.unwrap_or_else(unknown)));
        }
        Form::Port => return port(evaluator, id, at).map(Value::Text),
        Form::Part(part) => return Ok(Value::Text(Text::from_parts([Part::Symbol(Symbol::fresh(&format!("{scoped}.{part}")))]))),
        Form::Qualified => {
            let function = property("FunctionName")?.unwrap_or_else(|| unknown_text(evaluator, id, "FunctionName"));
            let function = function_arn(evaluator, &function, at)?;
            return Ok(Value::Text(Text::from_parts(function.parts().into_iter().chain([Part::Literal(":".into())]).chain(name()?))));
        }
        Form::Name => return name().map(|parts| Value::Text(Text::from_parts(parts))),
        Form::Arn(service, region, before, suffix) => (service, region, before, suffix),
    };
    let place = |name: &'static str| match evaluator.given().place(name) {
        Some(known) => vec![Part::Literal(known.into())],
        None => Missing::Place(name).text().parts(),
    };
    let literal = |text: &str| Part::Literal(text.into());
    let mut parts = vec![literal("arn:")];
    parts.extend(place("AWS::Partition"));
    parts.push(literal(&format!(":{service}:")));
    if region == Region::Named {
        parts.extend(place("AWS::Region"));
    }
    parts.push(literal(":"));
    parts.extend(place("AWS::AccountId"));
    parts.push(literal(&format!(":{before}")));
    if region == Region::Global {
        // A path begins and ends with a slash.
        parts.extend(property("Path")?.map_or_else(|| vec![literal("/")], |path| path.parts()));
    }
    parts.extend(name()?);
    match suffix {
        Suffix::None => {}
        Suffix::Secret => parts.extend([literal("-"), Part::Symbol(Symbol::fresh(&scoped).with_length(6))]),
        Suffix::Version => parts.extend([literal(":"), Part::Symbol(Symbol::fresh(&format!("{scoped}.Version")))]),
    }
    Ok(Value::Text(Text::from_parts(parts)))
}
