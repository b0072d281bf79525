//! The network of the clean account, for those who attach its function to a VPC: two subnets without a way to the internet, an endpoint for Secrets Manager, and
//! the database whose password rotates. Everything admits what a rotation needs and nothing else.

use std::collections::BTreeMap;
use std::net::{AddrParseError, IpAddr};

use ipnet::{AddrParseError as RangeError, IpNet};
use serde_json::json;
use thiserror::Error;

use super::account::{ACCOUNT, FUNCTION, REGION, ROLE, SECRET, account};
use crate::arn::{Arn, ArnError};
use crate::inventory::network::{
    BlockPublicAccess, Database, DhcpOptions, NetworkAcl, NetworkAclRule, NetworkInterface, Peer, Ports, Protocol, Route, RouteDestination,
    RouteOrigin, RouteTable, RouteTarget, SecurityGroup, SecurityGroupRule, Subnet, Vpc, VpcEndpoint,
};
use crate::inventory::{Inventory, Known, Network, VpcAttachment};
use crate::policy::Document;

/// Where the network lies among [`Inventory::networks`].
pub const PLACE: &str = "111122223333/eu-west-1";
/// The VPC.
pub const VPC: &str = "vpc-0c1ea0";
/// Its endpoint for Secrets Manager.
pub const ENDPOINT: &str = "vpce-0c1ea0";
/// The subnets of the function, the endpoint and the database, one in each of two zones.
pub const SUBNETS: [&str; 2] = ["subnet-0a", "subnet-0b"];
/// The security group of the function.
pub const FUNCTION_GROUP: &str = "sg-function";
/// The security group of the endpoint.
pub const ENDPOINT_GROUP: &str = "sg-endpoint";
/// The security group of the database.
pub const DATABASE_GROUP: &str = "sg-database";
/// The database.
pub const DATABASE: &str = "arn:aws:rds:eu-west-1:111122223333:db:prod";

const RANGES: [&str; 2] = ["10.0.1.0/24", "10.0.2.0/24"];
const DATABASE_PORT: u16 = 5432;

/// A constant of this file is not what it is taken for, which a test excludes.
#[derive(Debug, Error)]
pub enum CleanNetworkError {
    /// No ARN.
    #[error(transparent)]
    Arn(#[from] ArnError),
    /// No address.
    #[error(transparent)]
    Address(#[from] AddrParseError),
    /// No range of addresses.
    #[error(transparent)]
    Range(#[from] RangeError),
}

/// The clean account with its function attached to a VPC.
pub fn account_in_vpc() -> Result<Inventory, CleanNetworkError> {
    let mut inventory = account()?;
    attach_to_vpc(&mut inventory, &Arn::parse(FUNCTION)?, &Arn::parse(ROLE)?, FUNCTION_GROUP)?;
    if let Some(secret) = inventory.secrets.get_mut(&Arn::parse(SECRET)?) {
        secret.tags.insert("aws:rds:primarydbinstancearn".to_owned(), DATABASE.to_owned());
    }
    Ok(inventory)
}

/// Attaches a function of the clean account to the clean VPC, in this security group, with the permissions that its role needs for that.
pub fn attach_to_vpc(inventory: &mut Inventory, function: &Arn, role: &Arn, group: &str) -> Result<(), CleanNetworkError> {
    if let Some(function) = inventory.functions.get_mut(function)
        && let Known::Value(Some(configuration)) = &mut function.configuration
    {
        configuration.vpc = Some(VpcAttachment {
            vpc_id: VPC.to_owned(),
            subnet_ids: SUBNETS.map(str::to_owned).into(),
            security_group_ids: vec![group.to_owned()],
            ipv6_allowed: false,
        });
    }
    if let Some(account) = inventory.accounts.get_mut(ACCOUNT)
        && let Known::Value(identities) = &mut account.identities
        && let Some(known) = identities.roles.get_mut(role)
    {
        let policy = Arn::parse(&format!("arn:aws:iam::{ACCOUNT}:policy/attach-{}", function.name()))?;
        known.permissions.attached.push(policy.clone());
        identities.policies.insert(policy, attaching(function));
    }
    if !inventory.networks.contains_key(PLACE) {
        inventory.networks.insert(PLACE.to_owned(), network()?);
    }
    Ok(())
}

/// What Lambda needs to attach a function to a VPC, kept from the function's own code
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html>).
fn attaching(function: &Arn) -> Document {
    let actions = [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ];
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Attach", "Effect": "Allow", "Action": actions, "Resource": "*"},
            {
                "Sid": "NotTheCode",
                "Effect": "Deny",
                "Action": actions,
                "Resource": "*",
                "Condition": {"ArnEquals": {"lambda:SourceFunctionArn": function.as_str()}},
            },
        ],
    });
    Document::new(policy.to_string())
}

fn network() -> Result<Network, CleanNetworkError> {
    let vpc = Vpc {
        owner: ACCOUNT.to_owned(),
        cidrs: vec!["10.0.0.0/16".parse()?],
        dhcp_options: Some("dopt-0".to_owned()),
        dns_support: Known::Value(true),
        dns_hostnames: Known::Value(true),
    };
    let local = Route {
        destination: RouteDestination::Cidr("10.0.0.0/16".parse()?),
        target: RouteTarget::Local,
        blackhole: false,
        origin: RouteOrigin::Static,
    };
    let table = RouteTable { vpc: VPC.to_owned(), main: true, subnets: Vec::new(), routes: vec![local] };
    let interface = |subnet: &str, address: &str| -> Result<_, AddrParseError> {
        let addresses = vec![address.parse::<IpAddr>()?];
        Ok(NetworkInterface { subnet: subnet.to_owned(), addresses, security_groups: vec![ENDPOINT_GROUP.to_owned()] })
    };
    Ok(Network {
        vpcs: one(VPC, vpc),
        subnets: Known::Value(subnets()?),
        dhcp_options: one("dopt-0", DhcpOptions { domain_name_servers: vec!["AmazonProvidedDNS".to_owned()] }),
        route_tables: one("rtb-0", table),
        network_acls: one("acl-0", acl()?),
        security_groups: Known::Value(groups()),
        endpoints: one(ENDPOINT, endpoint()),
        interfaces: Known::Value(BTreeMap::from([
            ("eni-0a".to_owned(), interface(SUBNETS[0], "10.0.1.10")?),
            ("eni-0b".to_owned(), interface(SUBNETS[1], "10.0.2.10")?),
        ])),
        block_public_access: Known::Value(BlockPublicAccess { mode: "off".to_owned(), exclusions: BTreeMap::new() }),
        databases: one(DATABASE, database()),
        ..Network::default()
    })
}

fn one<T>(id: &str, thing: T) -> Known<BTreeMap<String, T>> {
    Known::Value(BTreeMap::from([(id.to_owned(), thing)]))
}

fn subnets() -> Result<BTreeMap<String, Subnet>, CleanNetworkError> {
    let zones = ["euw1-az1", "euw1-az2"];
    let mut subnets = BTreeMap::new();
    for (at, id) in SUBNETS.into_iter().enumerate() {
        let subnet = Subnet {
            vpc: VPC.to_owned(),
            owner: ACCOUNT.to_owned(),
            zone_id: zones[at].to_owned(),
            zone: Some(["eu-west-1a", "eu-west-1b"][at].to_owned()),
            cidrs: vec![RANGES[at].parse::<IpNet>()?],
            internet_gateway_block: None,
            free_addresses: Some(200),
        };
        subnets.insert(id.to_owned(), subnet);
    }
    Ok(subnets)
}

/// The default network ACL, which lets everything through.
fn acl() -> Result<NetworkAcl, CleanNetworkError> {
    let everything: IpNet = "0.0.0.0/0".parse()?;
    let rule = |number, egress, allow| NetworkAclRule { number, egress, allow, protocol: Protocol::All, ports: None, cidr: everything };
    let rules = vec![rule(100, false, true), rule(100, true, true), rule(32767, false, false), rule(32767, true, false)];
    Ok(NetworkAcl { vpc: VPC.to_owned(), default: true, subnets: SUBNETS.map(str::to_owned).into(), rules })
}

fn groups() -> BTreeMap<String, SecurityGroup> {
    let rule = |port, group: &str| SecurityGroupRule {
        protocol: Protocol::Tcp,
        ports: Some(Ports { from: port, to: port }),
        peer: Peer::Group(group.to_owned()),
    };
    let group =
        |name: &str, ingress, egress| (format!("sg-{name}"), SecurityGroup { name: name.to_owned(), vpc: VPC.to_owned(), ingress, egress });
    BTreeMap::from([
        group("function", Vec::new(), vec![rule(443, ENDPOINT_GROUP), rule(DATABASE_PORT, DATABASE_GROUP)]),
        group("endpoint", vec![rule(443, FUNCTION_GROUP)], Vec::new()),
        group("database", vec![rule(DATABASE_PORT, FUNCTION_GROUP)], Vec::new()),
    ])
}

/// Its policy admits the account's own principals to the account's own secrets, and to `GetRandomPassword`, which knows no resource
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/vpc-endpoint-overview.html>).
fn endpoint() -> VpcEndpoint {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OwnSecrets",
                "Effect": "Allow",
                "Principal": {"AWS": ACCOUNT},
                "Action": "secretsmanager:*",
                "Resource": format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:*"),
            },
            {"Sid": "RandomPassword", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "secretsmanager:GetRandomPassword", "Resource": "*"},
        ],
    });
    VpcEndpoint {
        vpc: VPC.to_owned(),
        owner: ACCOUNT.to_owned(),
        kind: "Interface".to_owned(),
        service: format!("com.amazonaws.{REGION}.secretsmanager"),
        service_region: None,
        state: "available".to_owned(),
        private_dns: true,
        private_dns_only_for_inbound_resolver: false,
        subnets: SUBNETS.map(str::to_owned).into(),
        security_groups: vec![ENDPOINT_GROUP.to_owned()],
        interfaces: vec!["eni-0a".to_owned(), "eni-0b".to_owned()],
        route_tables: Vec::new(),
        dns_names: vec![format!("{ENDPOINT}-abcdef.secretsmanager.{REGION}.vpce.amazonaws.com")],
        policy: Some(Document::new(policy.to_string())),
        firewall: None,
    }
}

fn database() -> Database {
    Database {
        engine: "postgres".to_owned(),
        host: Some(format!("prod.c0a1b2c3d4e5.{REGION}.rds.amazonaws.com")),
        port: DATABASE_PORT,
        vpc: VPC.to_owned(),
        subnets: SUBNETS.map(str::to_owned).into(),
        security_groups: vec![DATABASE_GROUP.to_owned()],
        public: false,
        master_secret: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clean_network_is_complete() {
        let inventory = account_in_vpc().unwrap();
        assert!(inventory.gaps().is_empty());
        let network = &inventory.networks[PLACE];
        let known = |group: &str| network.security_groups.value().unwrap().contains_key(group);
        assert!([FUNCTION_GROUP, ENDPOINT_GROUP, DATABASE_GROUP].into_iter().all(known));
        assert!(network.endpoints.value().unwrap()[ENDPOINT].policy.as_ref().unwrap().policy().is_ok());
        assert!(inventory.secrets.values().any(|secret| secret.tags.values().any(|value| value == DATABASE)));
    }
}
