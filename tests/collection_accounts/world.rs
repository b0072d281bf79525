//! An organization of five accounts: ours, which asks; one with functions, one with keys, one with the network that the functions use, and one that was closed.

use std::collections::BTreeMap;

use rotaudit::arn::AccountId;
use rotaudit::inventory::network::{
    BlockPublicAccess, RouteTarget, TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable, Vpc,
};
use rotaudit::inventory::{
    Account, Api, ControlPolicies, Gap, Identities, Inventory, Key, Known, Levels, NamedDocument, Network, OrganizationMembership, Secret,
    VpcAttachment, snapshot,
};
use rotaudit::policy::Document;

use super::networks::{attachment, route, subnet, table, transit_route, vpc};
use super::sample::{ACCOUNT, arn, sample};

/// Has functions, one of which rotates a secret of ours.
pub(crate) const FUNCTIONS: &str = "444455556666";
/// Has a key that encrypts a secret of ours.
pub(crate) const KEYS: &str = "777788889999";
/// Owns the VPC and the transit gateway that functions use.
pub(crate) const NETWORK: &str = "999988887777";
/// Was closed.
pub(crate) const CLOSED: &str = "121212121212";

pub(crate) fn id(account: &str) -> AccountId {
    AccountId::parse(account).unwrap()
}

fn known<T>(known: &mut Known<T>) -> &mut T {
    match known {
        Known::Value(value) => value,
        Known::Unreadable(gap) => panic!("{gap}"),
    }
}

/// The sample again, in another account and without VPCs.
fn another_sample(account: &str) -> Inventory {
    let text = snapshot::to_text(&sample()).unwrap().replace(ACCOUNT, account);
    let mut inventory = snapshot::from_text(text.as_bytes()).unwrap();
    for network in inventory.networks.values_mut() {
        let Network { databases, attached_databases, .. } = std::mem::take(network);
        *network = Network { databases, attached_databases, ..Network::default() };
    }
    for function in inventory.functions.values_mut() {
        if let Known::Value(Some(configuration)) = &mut function.configuration {
            configuration.vpc = None;
        }
    }
    inventory
}

fn policy(name: &str, statement: &str) -> NamedDocument {
    NamedDocument::new(name, Document::new(format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)))
}

fn full_access() -> NamedDocument {
    policy("FullAWSAccess", r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#)
}

/// The service control policy of one unit.
pub(crate) fn no_keys() -> NamedDocument {
    policy("NoKeys", r#"{"Sid":"NoKeys","Effect":"Deny","Action":"kms:ScheduleKeyDeletion","Resource":"*"}"#)
}

/// The resource control policy of the root.
pub(crate) fn only_us() -> NamedDocument {
    let condition = r#"{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-world12345"}}"#;
    policy("OnlyUs", &format!(r#"{{"Effect":"Deny","Principal":"*","Action":"secretsmanager:*","Resource":"*","Condition":{condition}}}"#))
}

/// Where each account stands: the units' names are the ends of their ids.
const PATHS: [(&str, &str); 5] = [
    (ACCOUNT, "o-world12345/r-ab12/"),
    (FUNCTIONS, "o-world12345/r-ab12/ou-ab12-workloads/ou-ab12-prod/"),
    (KEYS, "o-world12345/r-ab12/ou-ab12-workloads/"),
    (NETWORK, "o-world12345/r-ab12/ou-ab12-network/"),
    (CLOSED, "o-world12345/r-ab12/ou-ab12-workloads/"),
];

/// One list for the root, each unit and the account; `prod` has a policy more, and so has the root.
fn control_policies(path: &str) -> ControlPolicies {
    let targets: Vec<&str> = path.trim_end_matches('/').split('/').skip(1).chain(["account"]).collect();
    let more = |target: &str| target.ends_with("-prod").then(no_keys);
    let service: Levels = targets.iter().map(|target| [full_access()].into_iter().chain(more(target)).collect()).collect();
    let everywhere = || policy("RCPFullAWSAccess", r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#);
    let resource = targets.iter().map(|target| [everywhere()].into_iter().chain((*target == "r-ab12").then(only_us)).collect());
    ControlPolicies { service: Known::Value(service), resource: Known::Value(resource.collect()) }
}

fn shared_vpc(account: &str, inventory: &mut Inventory, change: impl FnOnce(&mut Network)) {
    let network = inventory.networks.entry(format!("{account}/eu-west-1")).or_default();
    let owner = || NETWORK.to_owned();
    known(&mut network.vpcs).insert("vpc-shared".to_owned(), Vpc { owner: owner(), ..vpc(&["10.80.0.0/16"]) });
    let mut shared = subnet("vpc-shared", &["10.80.1.0/24"]);
    shared.owner = owner();
    known(&mut network.subnets).insert("subnet-shared".to_owned(), shared);
    let routes = vec![route("0.0.0.0/0", RouteTarget::TransitGateway("tgw-hub".to_owned()))];
    known(&mut network.route_tables).insert("rtb-shared".to_owned(), table("vpc-shared", &["subnet-shared"], routes));
    let gateway = TransitGateway { owner: owner(), security_group_referencing: true };
    known(&mut network.transit_gateways).insert("tgw-hub".to_owned(), gateway);
    known(&mut network.transit_gateway_attachments).insert("tgw-attach-shared".to_owned(), hub_attachment("vpc-shared"));
    change(network);
}

fn hub_attachment(vpc: &str) -> TransitGatewayAttachment {
    TransitGatewayAttachment {
        transit_gateway: "tgw-hub".to_owned(),
        subnets: vec![format!("subnet-of-{vpc}")],
        security_group_referencing: Some(true),
        route_table: Some("tgw-rtb-hub".to_owned()),
        ..attachment("vpc", vpc, NETWORK)
    }
}

/// Nobody keeps the region's VPCs from the internet.
fn open() -> Known<BlockPublicAccess> {
    Known::Value(BlockPublicAccess { mode: "off".to_owned(), ..Default::default() })
}

/// The functions' account uses a subnet of the network account's VPC, whose routes lead through that account's transit gateway to its way out.
fn networks(inventory: &mut Inventory) {
    let central = inventory.functions.get_mut(&arn("arn:aws:lambda:eu-west-1:444455556666:function:central")).unwrap();
    known(&mut central.configuration).as_mut().unwrap().vpc = Some(VpcAttachment {
        vpc_id: "vpc-shared".to_owned(),
        subnet_ids: vec!["subnet-shared".to_owned()],
        security_group_ids: Vec::new(),
        ipv6_allowed: false,
    });
    shared_vpc(FUNCTIONS, inventory, |network| network.block_public_access = open());
    // The VPC behind our peering connection is looked for there, and is not there.
    inventory.networks.get_mut(&format!("{FUNCTIONS}/us-east-1")).unwrap().block_public_access = open();
    shared_vpc(NETWORK, inventory, |network| {
        network.block_public_access = open();
        known(&mut network.vpcs).insert("vpc-egress".to_owned(), Vpc { owner: NETWORK.to_owned(), ..vpc(&["10.81.0.0/16"]) });
        known(&mut network.transit_gateway_attachments).insert("tgw-attach-egress".to_owned(), hub_attachment("vpc-egress"));
        let routes = Known::Value(vec![transit_route("0.0.0.0/0", &["tgw-attach-egress"])]);
        let table = TransitGatewayRouteTable { transit_gateway: "tgw-hub".to_owned(), routes };
        known(&mut network.transit_gateway_route_tables).insert("tgw-rtb-hub".to_owned(), table);
    });
}

fn in_our_region(secret: &Secret, name: &str, key: &str) -> Secret {
    let own = format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{name}-AbCdEf");
    Secret { arn: arn(&own), name: name.to_owned(), kms_key_id: Some(key.to_owned()), key: Known::Value(Some(arn(key))), ..secret.clone() }
}

/// A key of an account that nobody reads.
pub(crate) const FAR_KEY: &str = "arn:aws:kms:eu-west-1:222233334444:key/far";
/// A key of the keys' account.
pub(crate) const SHARED_KEY: &str = "arn:aws:kms:eu-west-1:777788889999:key/shared";

/// All five accounts, as the whole organization tells them.
pub(crate) fn world() -> Inventory {
    let mut world = sample();
    let other = another_sample(FUNCTIONS);
    world.accounts.extend(other.accounts);
    world.secrets.extend(other.secrets);
    world.functions.extend(other.functions);
    world.keys.extend(other.keys);
    world.networks.extend(other.networks);
    let plain = world.secrets[&arn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:plain-AbCdEf")].clone();
    for (name, key) in [("crossed", SHARED_KEY), ("far", FAR_KEY)] {
        let secret = in_our_region(&plain, name, key);
        world.secrets.insert(secret.arn.clone(), secret);
        let known = world.keys.values().find(|key| key.metadata.value().is_some_and(Option::is_some)).unwrap().clone();
        world.keys.insert(arn(key), Key { arn: arn(key), ..known });
    }
    let regions = || ["eu-west-1", "us-east-1"].map(|region| (region.to_owned(), Known::Value(()))).into();
    for account in [KEYS, NETWORK] {
        world.accounts.insert(id(account), Account::new(regions(), Known::Value(Identities::default())));
    }
    networks(&mut world);
    unread(
        &mut world,
        CLOSED,
        &Gap::new(Api::ListAccountsForParent.spec().name, CLOSED, "the account is SUSPENDED, so nothing of it can be read"),
    );
    for (account, path) in PATHS {
        let account = world.accounts.get_mut(account).unwrap();
        let management = path == PATHS[0].1;
        let membership = OrganizationMembership { id: Some("o-world12345".to_owned()), management, path: Some(path.to_owned()) };
        account.organization = Some(Known::Value(membership));
        account.control_policies = Some(control_policies(path));
    }
    world
}

/// An account of which nothing could be read because of `gap`.
pub(crate) fn unread(world: &mut Inventory, account: &str, gap: &Gap) {
    let regions: BTreeMap<_, _> = ["eu-west-1", "us-east-1"].map(|region| (region.to_owned(), Known::Unreadable(gap.clone()))).into();
    let known = world.accounts.remove(account);
    let organization = known.as_ref().and_then(|account| account.organization.clone());
    let control_policies = known.and_then(|account| account.control_policies);
    let account_of_it = Account { organization, control_policies, ..Account::new(regions, Known::Unreadable(gap.clone())) };
    world.accounts.insert(id(account), account_of_it);
}

/// What is collected with one role for each account: no control policies, and of the organization what every account may know.
pub(crate) fn by_roles() -> Inventory {
    let mut world = world();
    world.accounts.remove(CLOSED);
    for account in world.accounts.values_mut() {
        account.control_policies = None;
        known(account.organization.as_mut().unwrap()).path = None;
    }
    world
}
