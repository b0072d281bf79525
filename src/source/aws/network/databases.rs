//! The databases that RDS describes: instances and clusters of the whole region, because a secret does not say which one it opens.

use std::collections::BTreeMap;

use crate::inventory::network::{ById, Database};
use crate::inventory::{Api, Known};
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::listing::{Paging, Read, all};
use crate::source::aws::place::Place;

pub(super) async fn databases(place: &Place) -> Known<ById<Database>> {
    let instances = listed(place, Api::DescribeDbInstances, "DBInstances", "DBInstance", instance);
    let clusters = listed(place, Api::DescribeDbClusters, "DBClusters", "DBCluster", cluster);
    let (instances, clusters) = tokio::join!(instances, clusters);
    let (mut databases, clusters): (ById<Database>, Vec<Cluster>) = match (instances, clusters) {
        (Known::Value(instances), Known::Value(clusters)) => (instances.into_iter().collect(), clusters),
        (Known::Unreadable(gap), _) | (_, Known::Unreadable(gap)) => return Known::Unreadable(gap),
    };
    // Instances tell their subnet groups, clusters only name them.
    let groups = if clusters.is_empty() {
        Known::default()
    } else {
        listed(place, Api::DescribeDbSubnetGroups, "DBSubnetGroups", "DBSubnetGroup", subnet_group).await
    };
    groups.map(|groups| {
        let groups: BTreeMap<String, SubnetGroup> = groups.into_iter().collect();
        databases.extend(clusters.into_iter().map(|cluster| {
            let group = cluster.subnet_group.and_then(|name| groups.get(&name)).cloned().unwrap_or_default();
            (cluster.arn, Database { vpc: group.vpc, subnets: group.subnets, ..cluster.database })
        }));
        databases
    })
}

async fn listed<T>(place: &Place, api: Api, list: &'static str, item: &'static str, read: Read<T>) -> Known<Vec<T>>
where
    T: std::fmt::Debug + Send + Sync + 'static,
{
    let paging = Paging { list, item, token: "Marker", next: "Marker" };
    all(&place.rds, api, &place.list(), Request::all().with("MaxRecords", "100"), paging, read).await
}

fn instance(it: &Element) -> Result<(String, Database), Malformed> {
    let group = it.child("DBSubnetGroup").map(of_group).unwrap_or_default();
    let (host, port) = match it.child("Endpoint") {
        Some(endpoint) => (endpoint.text("Address").map(str::to_owned), endpoint.value("Port")?),
        None => (None, None),
    };
    let port = match port {
        Some(port) => Some(port),
        None => it.value("DbInstancePort")?,
    };
    let database = Database { host, port: port.unwrap_or_default(), vpc: group.vpc, subnets: group.subnets, ..common(it)? };
    Ok((it.owned("DBInstanceArn")?, database))
}

/// A cluster, with the name of its subnet group.
#[derive(Debug)]
struct Cluster {
    arn: String,
    subnet_group: Option<String>,
    database: Database,
}

fn cluster(it: &Element) -> Result<Cluster, Malformed> {
    let database = Database { host: it.text("Endpoint").map(str::to_owned), port: it.value("Port")?.unwrap_or_default(), ..common(it)? };
    Ok(Cluster { arn: it.owned("DBClusterArn")?, subnet_group: it.text("DBSubnetGroup").map(str::to_owned), database })
}

/// What instances and clusters tell alike.
fn common(it: &Element) -> Result<Database, Malformed> {
    let groups = it.items("VpcSecurityGroups", "VpcSecurityGroupMembership");
    Ok(Database {
        engine: it.owned("Engine")?,
        host: None,
        port: 0,
        vpc: String::new(),
        subnets: Vec::new(),
        security_groups: groups.map(|group| group.owned("VpcSecurityGroupId")).collect::<Result<_, _>>()?,
        public: it.flag("PubliclyAccessible")?,
        master_secret: it.child("MasterUserSecret").and_then(|secret| secret.text("SecretArn")).map(str::to_owned),
    })
}

/// Where the databases of a subnet group lie.
#[derive(Debug, Clone, Default)]
struct SubnetGroup {
    vpc: String,
    subnets: Vec<String>,
}

fn subnet_group(it: &Element) -> Result<(String, SubnetGroup), Malformed> {
    Ok((it.owned("DBSubnetGroupName")?, of_group(it)))
}

fn of_group(it: &Element) -> SubnetGroup {
    let subnets = it.items("Subnets", "Subnet").filter_map(|subnet| subnet.text("SubnetIdentifier"));
    SubnetGroup { vpc: it.text("VpcId").unwrap_or_default().to_owned(), subnets: subnets.map(str::to_owned).collect() }
}
