//! What tells resources apart that do not exist yet: for each type the attributes that name the whole of it, and how AWS makes them. An attribute that AWS will
//! make up is a symbol that is equal to itself alone. The table follows the sections "Attribute Reference" of the AWS provider's pages
//! (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs>).

use super::kinds::APPLICATION;
use super::world::Instance;
use crate::policy::{Part, Symbol, Text};

/// What a resource is, for whoever refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Secret,
    Function,
    Role,
    User,
    Group,
    Policy,
    Key,
    Vpc,
    DhcpOptions,
    Subnet,
    SecurityGroup,
    RouteTable,
    NatGateway,
    Gateway,
    Endpoint,
    NetworkAcl,
    PrefixList,
    Database,
    /// Whatever it is, where one thing is named.
    Any,
    /// A text in which more may stand than a name, as in the resources and conditions of a policy: it is what its expression makes, and that the plan does not show.
    Text,
}

/// How a text about a resource is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Its name alone.
    Name,
    /// An id that AWS makes up.
    Id,
    /// A part of it that AWS makes up too, called like this: the security group that comes with a VPC.
    Own(&'static str),
    /// An ARN: service, whether it names a region, and what stands before the name.
    Arn(&'static str, Region, &'static str),
    /// The ARN of a secret, with the six characters that AWS makes up.
    SecretArn,
    /// The ARN of a function's version.
    VersionArn,
    /// The ARN of a function's alias.
    AliasArn,
    /// The ARN of the function of an application, where it is one of AWS's.
    Application,
    /// Whatever this attribute refers to.
    As(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    Named,
    Global,
}

/// How things of a type are called.
pub(super) struct Naming {
    resource: &'static str,
    pub(super) kind: Kind,
    /// The attribute that names it, if people do.
    pub(super) name: Option<&'static str>,
    pub(super) attributes: &'static [(&'static str, Form)],
}

/// What AWS's rotation applications tell, and the only thing: the ARN of the function
/// (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/serverlessrepo/cloudformation_stack_test.go>).
pub(super) const FUNCTION_OF_APPLICATION: &str = "outputs.RotationLambdaARN";

const FUNCTION: Form = Form::Arn("lambda", Region::Named, "function:");
const ROLE: Form = Form::Arn("iam", Region::Global, "role");
const POLICY: Form = Form::Arn("iam", Region::Global, "policy");
const USER: Form = Form::Arn("iam", Region::Global, "user");
const GROUP: Form = Form::Arn("iam", Region::Global, "group");
const KEY: Form = Form::Arn("kms", Region::Named, "key/");
const KEY_ATTRIBUTES: &[(&str, Form)] = &[("arn", KEY), ("key_id", Form::Id), ("id", Form::Id)];
const ID: &[(&str, Form)] = &[("id", Form::Id)];

const fn naming(resource: &'static str, kind: Kind, name: Option<&'static str>, attributes: &'static [(&'static str, Form)]) -> Naming {
    Naming { resource, kind, name, attributes }
}

const NAMINGS: [Naming; 36] = [
    naming(
        "aws_secretsmanager_secret",
        Kind::Secret,
        Some("name"),
        &[("arn", Form::SecretArn), ("id", Form::SecretArn), ("name", Form::Name)],
    ),
    naming("aws_secretsmanager_secret_version", Kind::Secret, None, &[("arn", Form::As("secret_id"))]),
    naming("aws_secretsmanager_secret_rotation", Kind::Secret, None, &[("id", Form::As("secret_id"))]),
    naming("aws_secretsmanager_secret_policy", Kind::Secret, None, &[("id", Form::As("secret_arn"))]),
    naming(
        "aws_lambda_function",
        Kind::Function,
        Some("function_name"),
        &[
            ("arn", FUNCTION),
            ("function_name", Form::Name),
            ("id", Form::Name),
            ("qualified_arn", Form::VersionArn),
            ("version", Form::Own("version")),
        ],
    ),
    naming("aws_lambda_alias", Kind::Function, Some("name"), &[("arn", Form::AliasArn), ("id", Form::AliasArn), ("name", Form::Name)]),
    naming("aws_lambda_permission", Kind::Function, None, &[]),
    // The ARN of the whole is that of its function.
    naming(APPLICATION, Kind::Function, None, &[("arn", Form::Application), (FUNCTION_OF_APPLICATION, Form::Application)]),
    naming(
        "aws_iam_role",
        Kind::Role,
        Some("name"),
        &[("arn", ROLE), ("name", Form::Name), ("id", Form::Name), ("unique_id", Form::Own("unique_id"))],
    ),
    naming(
        "aws_iam_user",
        Kind::User,
        Some("name"),
        &[("arn", USER), ("name", Form::Name), ("id", Form::Name), ("unique_id", Form::Own("unique_id"))],
    ),
    naming("aws_iam_group", Kind::Group, Some("name"), &[("arn", GROUP), ("name", Form::Name), ("id", Form::Name)]),
    naming("aws_iam_policy", Kind::Policy, Some("name"), &[("arn", POLICY), ("id", POLICY), ("name", Form::Name)]),
    naming("aws_kms_key", Kind::Key, None, KEY_ATTRIBUTES),
    naming("aws_kms_external_key", Kind::Key, None, KEY_ATTRIBUTES),
    naming("aws_kms_replica_key", Kind::Key, None, KEY_ATTRIBUTES),
    naming(
        "aws_kms_alias",
        Kind::Key,
        Some("name"),
        &[
            ("arn", Form::Arn("kms", Region::Named, "")),
            ("name", Form::Name),
            ("id", Form::Name),
            ("target_key_arn", Form::As("target_key_id")),
        ],
    ),
    naming(
        "aws_vpc",
        Kind::Vpc,
        None,
        &[
            ("id", Form::Id),
            ("default_security_group_id", Form::Own("default_security_group_id")),
            ("default_network_acl_id", Form::Own("default_network_acl_id")),
            ("dhcp_options_id", Form::Own("dhcp_options_id")),
            ("main_route_table_id", Form::Own("main_route_table_id")),
            ("default_route_table_id", Form::Own("main_route_table_id")),
        ],
    ),
    naming("aws_vpc_dhcp_options", Kind::DhcpOptions, None, ID),
    naming("aws_subnet", Kind::Subnet, None, ID),
    naming("aws_security_group", Kind::SecurityGroup, None, ID),
    naming("aws_default_security_group", Kind::SecurityGroup, None, ID),
    naming("aws_route_table", Kind::RouteTable, None, ID),
    naming("aws_default_route_table", Kind::RouteTable, None, &[("id", Form::As("default_route_table_id"))]),
    naming("aws_nat_gateway", Kind::NatGateway, None, ID),
    naming("aws_internet_gateway", Kind::Gateway, None, ID),
    naming("aws_egress_only_internet_gateway", Kind::Gateway, None, ID),
    naming("aws_vpc_endpoint", Kind::Endpoint, None, &[("id", Form::Id), ("prefix_list_id", Form::Own("prefix_list_id"))]),
    naming("aws_network_acl", Kind::NetworkAcl, None, ID),
    naming("aws_default_network_acl", Kind::NetworkAcl, None, &[("id", Form::As("default_network_acl_id"))]),
    naming("aws_ec2_managed_prefix_list", Kind::PrefixList, None, ID),
    naming("aws_ec2_transit_gateway", Kind::Gateway, None, ID),
    naming("aws_vpc_peering_connection", Kind::Gateway, None, ID),
    naming(
        "aws_db_instance",
        Kind::Database,
        Some("identifier"),
        &[("arn", Form::Arn("rds", Region::Named, "db:")), ("identifier", Form::Name)],
    ),
    naming(
        "aws_rds_cluster",
        Kind::Database,
        Some("cluster_identifier"),
        &[("arn", Form::Arn("rds", Region::Named, "cluster:")), ("id", Form::Name)],
    ),
    naming(
        "aws_docdb_cluster",
        Kind::Database,
        Some("cluster_identifier"),
        &[("arn", Form::Arn("rds", Region::Named, "cluster:")), ("id", Form::Name)],
    ),
    naming(
        "aws_redshift_cluster",
        Kind::Database,
        Some("cluster_identifier"),
        &[("arn", Form::Arn("redshift", Region::Named, "cluster:")), ("id", Form::Name)],
    ),
];

/// How resources of this type are called, if they are in the table.
pub(super) fn naming_of(resource: &str) -> Option<&'static Naming> {
    NAMINGS.iter().find(|naming| naming.resource == resource)
}

impl Naming {
    /// How this attribute is made, if it names the whole.
    pub(super) fn form(&self, attribute: &str) -> Option<Form> {
        self.attributes.iter().find(|(name, _)| *name == attribute).map(|(_, form)| *form)
    }
}

/// The attribute that this one is the same as.
pub(super) fn same_as(instance: &Instance, attribute: &str) -> Option<&'static str> {
    match naming_of(&instance.kind)?.form(attribute)? {
        Form::As(other) => Some(other),
        _ => None,
    }
}

/// What an instance is, or belongs to.
pub(super) fn kind_of(instance: &Instance) -> Kind {
    naming_of(&instance.kind).map_or(Kind::Text, |naming| naming.kind)
}

/// Whether an ARN of this type can be one of those that a rotation asks for. What it cannot be may stay without a form.
pub(super) fn is_of_rotations(resource: &str) -> bool {
    ["aws_secretsmanager_", "aws_kms_", "aws_lambda_", "aws_iam_", "aws_serverlessapplicationrepository_", "aws_cloudformation_"]
        .iter()
        .any(|prefix| resource.starts_with(prefix))
        || !resource.starts_with("aws_")
}

/// What AWS will make up for this instance.
pub(super) fn made_up(instance: &Instance) -> Symbol {
    Symbol::fresh(&written(&instance.address))
}

/// What AWS will make up for this instance, called so.
pub(super) fn made_up_as(instance: &Instance, name: &str) -> Symbol {
    Symbol::fresh(&written(&format!("{}.{name}", instance.address)))
}

/// A text that nobody knows before it is there.
pub(super) fn unknown(name: &str) -> Text {
    Text::from_parts([Part::Symbol(Symbol::unknown(&written(name)))])
}

/// An address as symbols write it. Quotes would need escapes in the JSON of a policy.
pub(super) fn written(address: &str) -> String {
    address.replace(['"', '\\'], "'")
}
