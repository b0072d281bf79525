//! The resource types that a plan is read for, and those whose change leaves something open because nobody follows it. `stack` reads no others; `docs/plans.md` lists both.

use crate::source::planned::NetworkList;

/// Types that are read: secrets.
pub(super) const SECRETS: [&str; 4] = [
    "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_version",
    "aws_secretsmanager_secret_rotation",
    "aws_secretsmanager_secret_policy",
];

/// Functions.
pub(super) const FUNCTIONS: [&str; 5] = [
    "aws_lambda_function",
    "aws_lambda_alias",
    "aws_lambda_permission",
    "aws_lambda_function_url",
    "aws_lambda_provisioned_concurrency_config",
];

/// Roles, users, groups and their policies.
pub(super) const IDENTITIES: [&str; 19] = [
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policies_exclusive",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_iam_user",
    "aws_iam_user_policy",
    "aws_iam_user_policy_attachment",
    "aws_iam_user_policies_exclusive",
    "aws_iam_user_policy_attachments_exclusive",
    "aws_iam_user_group_membership",
    "aws_iam_group",
    "aws_iam_group_policy",
    "aws_iam_group_policy_attachment",
    "aws_iam_group_policies_exclusive",
    "aws_iam_group_policy_attachments_exclusive",
    "aws_iam_group_membership",
    "aws_iam_policy",
    "aws_iam_policy_attachment",
];

/// Keys.
pub(super) const KEYS: [&str; 6] =
    ["aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_key_policy", "aws_kms_alias", "aws_kms_grant"];

/// Networks.
pub(super) const NETWORKS: [&str; 38] = [
    "aws_vpc",
    "aws_vpc_ipv4_cidr_block_association",
    "aws_vpc_dhcp_options",
    "aws_vpc_dhcp_options_association",
    "aws_subnet",
    "aws_route_table",
    "aws_default_route_table",
    "aws_route",
    "aws_route_table_association",
    "aws_main_route_table_association",
    "aws_nat_gateway",
    "aws_internet_gateway",
    "aws_internet_gateway_attachment",
    "aws_egress_only_internet_gateway",
    "aws_security_group",
    "aws_default_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_endpoint",
    "aws_vpc_endpoint_policy",
    "aws_vpc_endpoint_private_dns",
    "aws_vpc_endpoint_subnet_association",
    "aws_vpc_endpoint_security_group_association",
    "aws_vpc_endpoint_route_table_association",
    "aws_network_acl",
    "aws_default_network_acl",
    "aws_network_acl_rule",
    "aws_network_acl_association",
    "aws_db_instance",
    "aws_rds_cluster",
    "aws_docdb_cluster",
    "aws_redshift_cluster",
    "aws_db_subnet_group",
    "aws_docdb_subnet_group",
    "aws_redshift_subnet_group",
    "aws_route53_zone",
    "aws_route53_record",
];

/// Types that are not followed, and the list of a network that is open when the plan makes, changes or takes away one over what exists.
pub(super) const NOT_FOLLOWED: [(&str, NetworkList); 37] = [
    ("aws_default_vpc", NetworkList::Vpcs),
    ("aws_default_vpc_dhcp_options", NetworkList::DhcpOptions),
    ("aws_vpc_ipv6_cidr_block_association", NetworkList::Vpcs),
    ("aws_vpc_security_group_vpc_association", NetworkList::SecurityGroups),
    ("aws_vpc_block_public_access_options", NetworkList::BlockPublicAccess),
    ("aws_vpc_block_public_access_exclusion", NetworkList::BlockPublicAccess),
    ("aws_vpn_gateway_route_propagation", NetworkList::RouteTables),
    ("aws_vpc_route_server_propagation", NetworkList::RouteTables),
    ("aws_ec2_managed_prefix_list", NetworkList::PrefixLists),
    ("aws_ec2_managed_prefix_list_entry", NetworkList::PrefixLists),
    ("aws_vpc_peering_connection", NetworkList::Peerings),
    ("aws_vpc_peering_connection_accepter", NetworkList::Peerings),
    ("aws_vpc_peering_connection_options", NetworkList::Peerings),
    ("aws_ec2_transit_gateway", NetworkList::TransitGateways),
    ("aws_ec2_transit_gateway_vpc_attachment", NetworkList::TransitGatewayAttachments),
    ("aws_ec2_transit_gateway_vpc_attachment_accepter", NetworkList::TransitGatewayAttachments),
    ("aws_ec2_transit_gateway_peering_attachment", NetworkList::TransitGatewayAttachments),
    ("aws_ec2_transit_gateway_peering_attachment_accepter", NetworkList::TransitGatewayAttachments),
    ("aws_ec2_transit_gateway_route_table_association", NetworkList::TransitGatewayAttachments),
    ("aws_ec2_transit_gateway_default_route_table_association", NetworkList::TransitGatewayAttachments),
    ("aws_ec2_transit_gateway_route_table", NetworkList::TransitGatewayRouteTables),
    ("aws_ec2_transit_gateway_route", NetworkList::TransitGatewayRouteTables),
    ("aws_ec2_transit_gateway_route_table_propagation", NetworkList::TransitGatewayRouteTables),
    ("aws_ec2_transit_gateway_default_route_table_propagation", NetworkList::TransitGatewayRouteTables),
    ("aws_ec2_transit_gateway_prefix_list_reference", NetworkList::TransitGatewayRouteTables),
    ("aws_route53_zone_association", NetworkList::HostedZones),
    ("aws_route53profiles_association", NetworkList::HostedZones),
    ("aws_route53profiles_resource_association", NetworkList::HostedZones),
    ("aws_route53_resolver_rule", NetworkList::ResolverRules),
    ("aws_route53_resolver_rule_association", NetworkList::ResolverRules),
    ("aws_vpc_endpoint_connection_accepter", NetworkList::Endpoints),
    ("aws_networkfirewall_firewall", NetworkList::Firewalls),
    ("aws_networkfirewall_firewall_policy", NetworkList::Firewalls),
    ("aws_networkfirewall_rule_group", NetworkList::Firewalls),
    ("aws_networkfirewall_tls_inspection_configuration", NetworkList::Firewalls),
    ("aws_networkfirewall_resource_policy", NetworkList::Firewalls),
    ("aws_ec2_transit_gateway_connect", NetworkList::TransitGatewayAttachments),
];

/// The same of the control policies that reach an account.
pub(super) const CONTROL_POLICIES: [&str; 2] = ["aws_organizations_policy", "aws_organizations_policy_attachment"];

/// The type that deploys an application of the Serverless Application Repository. What AWS's rotation applications make is known.
pub(super) const APPLICATION: &str = "aws_serverlessapplicationrepository_cloudformation_stack";

/// Types that deploy a template, and with it anything.
pub(super) const DEPLOYING: [&str; 4] =
    ["aws_cloudformation_stack", "aws_cloudformation_stack_instances", "aws_cloudformation_stack_set_instance", APPLICATION];

/// Whether resources of this type are looked at.
pub(super) fn is_looked_at(kind: &str) -> bool {
    let read = [&SECRETS[..], &FUNCTIONS, &IDENTITIES, &KEYS, &NETWORKS];
    let open = NOT_FOLLOWED.iter().map(|(kind, _)| kind).chain(&CONTROL_POLICIES).chain(&DEPLOYING).any(|other| *other == kind);
    open || read.iter().any(|kinds| kinds.contains(&kind))
}
