//! Where the template writes the resources that findings are about.

use std::collections::BTreeMap;

use super::properties::Properties;
use super::resources::Stack;
use crate::arn::{Arn, Partition};
use crate::inventory::Origin;
use crate::source::cloudformation::document::TemplateError;

/// How the ARN of a resource of a type is found.
enum By {
    /// `Ref` gives it.
    Reference,
    /// An attribute gives it.
    Attribute(&'static str),
    /// It is EC2's, of this kind, and ends with what `Ref` gives.
    Id(&'static str),
}

const KINDS: [(&str, By); 15] = [
    ("AWS::SecretsManager::Secret", By::Reference),
    ("AWS::Lambda::Function", By::Attribute("Arn")),
    ("AWS::IAM::Role", By::Attribute("Arn")),
    ("AWS::IAM::User", By::Attribute("Arn")),
    ("AWS::IAM::Group", By::Attribute("Arn")),
    ("AWS::IAM::ManagedPolicy", By::Reference),
    ("AWS::KMS::Key", By::Attribute("Arn")),
    ("AWS::KMS::ReplicaKey", By::Attribute("Arn")),
    ("AWS::EC2::VPC", By::Id("vpc")),
    ("AWS::EC2::Subnet", By::Id("subnet")),
    ("AWS::EC2::SecurityGroup", By::Id("security-group")),
    ("AWS::EC2::VPCEndpoint", By::Id("vpc-endpoint")),
    ("AWS::EC2::RouteTable", By::Id("route-table")),
    ("AWS::EC2::NatGateway", By::Id("natgateway")),
    ("AWS::EC2::NetworkAcl", By::Id("network-acl")),
];

/// The places of the stack's resources, by ARN.
pub(super) fn origins(stack: &Stack<'_>) -> Result<BTreeMap<Arn, Origin>, TemplateError> {
    let mut origins = BTreeMap::new();
    for it in &stack.made {
        origins.extend(arn(stack, *it)?.map(|arn| (arn, origin(*it))));
    }
    Ok(origins)
}

/// The ARN of a resource, if it is of a type that findings are about.
pub(super) fn arn(stack: &Stack<'_>, it: Properties<'_>) -> Result<Option<Arn>, TemplateError> {
    let Some((_, by)) = KINDS.iter().find(|(kind, _)| *kind == it.resource.kind) else { return Ok(None) };
    Ok(match by {
        By::Reference => Arn::parse(&it.reference()?.written()).ok(),
        By::Attribute(name) => Some(it.arn(name)?),
        By::Id(kind) => {
            let resource = format!("{kind}/{}", it.reference()?.written());
            Arn::build(Partition::of_region(stack.region), "ec2", stack.region, stack.account.as_str(), &resource).ok()
        }
    })
}

fn origin(it: Properties<'_>) -> Origin {
    let name = it.resource.construct.as_deref().unwrap_or(it.id).to_owned();
    Origin { file: it.file().to_owned(), line: it.resource.at.line, column: it.resource.at.column, name }
}
