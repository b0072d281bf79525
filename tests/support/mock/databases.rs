//! RDS as the mock tells it.

use rotaudit::inventory::Network;
use rotaudit::inventory::network::Database;

use super::PLANTED;
use super::scope::{Failure, Scope, fact};
use super::wire::Asked;
use super::xml::{element, list, optional, texts, truth};

pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<String, Failure> {
    let nothing = Network::default();
    let network = scope.inventory.networks.get(&format!("{}/{}", scope.account, scope.region)).unwrap_or(&nothing);
    let databases = fact(&network.databases)?.iter();
    let (clusters, instances): (Vec<_>, Vec<_>) = databases.partition(|(arn, _)| arn.contains(":cluster:"));
    let page = |set: &str, item: &str, items: Vec<String>| {
        let (items, next) = scope.page(items, asked.token());
        list(set, item, items) + &optional("Marker", next.as_deref())
    };
    match operation {
        "DescribeDBInstances" => Ok(page("DBInstances", "DBInstance", instances.into_iter().map(instance).collect())),
        "DescribeDBClusters" => Ok(page("DBClusters", "DBCluster", clusters.into_iter().map(cluster).collect())),
        "DescribeDBSubnetGroups" => {
            let groups = clusters.into_iter().map(|(arn, it)| subnet_group(&group_name(arn), it));
            Ok(page("DBSubnetGroups", "DBSubnetGroup", groups.collect()))
        }
        other => Err(Failure::new(400, "InvalidAction", other)),
    }
}

fn group_name(arn: &str) -> String {
    format!("group-of-{}", arn.rsplit(':').next().unwrap_or_default())
}

fn common(it: &Database) -> String {
    let groups = it.security_groups.iter().map(|id| texts(&[("VpcSecurityGroupId", id), ("Status", "active")]));
    let secret =
        it.master_secret.as_deref().map(|arn| element("MasterUserSecret", &texts(&[("SecretArn", arn), ("SecretStatus", "active")])));
    let pending = element("PendingModifiedValues", &texts(&[("MasterUserPassword", PLANTED)]));
    texts(&[("Engine", &it.engine), ("PubliclyAccessible", truth(it.public)), ("MasterUsername", PLANTED)])
        + &pending
        + &list("VpcSecurityGroups", "VpcSecurityGroupMembership", groups)
        + &secret.unwrap_or_default()
}

fn instance((arn, it): (&String, &Database)) -> String {
    let port = it.port.to_string();
    // An instance that is being made has no endpoint yet.
    let endpoint = match &it.host {
        Some(host) => element("Endpoint", &texts(&[("Address", host), ("Port", &port)])) + &texts(&[("DbInstancePort", "0")]),
        None => texts(&[("DbInstancePort", &port)]),
    };
    texts(&[("DBInstanceArn", arn)]) + &common(it) + &endpoint + &element("DBSubnetGroup", &subnet_group("default", it))
}

fn cluster((arn, it): (&String, &Database)) -> String {
    texts(&[("DBClusterArn", arn), ("Port", &it.port.to_string()), ("DBSubnetGroup", &group_name(arn))])
        + &optional("Endpoint", it.host.as_deref())
        + &common(it)
}

fn subnet_group(name: &str, it: &Database) -> String {
    let subnets = it.subnets.iter().map(|id| texts(&[("SubnetIdentifier", id), ("SubnetStatus", "Active")]));
    texts(&[("DBSubnetGroupName", name), ("VpcId", &it.vpc)]) + &list("Subnets", "Subnet", subnets)
}
