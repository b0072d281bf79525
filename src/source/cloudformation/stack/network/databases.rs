//! Databases that the stack makes, and the secrets that it attaches to them.

use std::collections::BTreeMap;

use super::open::{Fields, Stop, made_with};
use crate::arn::Partition;
use crate::inventory::network::{ById, Database, Subnet};
use crate::inventory::{Gap, Known};
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::stack::properties::{Properties, gap_of};
use crate::source::cloudformation::stack::resources::Stack;
use crate::source::ports;

/// The types of databases, and what stands before their name in an ARN
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html>).
pub(crate) const KINDS: [(&str, &str); 6] = [
    ("AWS::RDS::DBInstance", "rds:db"),
    ("AWS::RDS::DBCluster", "rds:cluster"),
    ("AWS::DocDB::DBInstance", "rds:db"),
    ("AWS::DocDB::DBCluster", "rds:cluster"),
    ("AWS::Redshift::Cluster", "redshift:cluster"),
    ("AWS::Neptune::DBCluster", "rds:cluster"),
];

/// The databases of the stack, by ARN.
pub(super) fn databases(stack: &Stack<'_>, subnets: Option<&ById<Subnet>>) -> Result<ById<Database>, Stop> {
    let mut databases = ById::new();
    for (kind, prefix) in KINDS {
        for it in stack.of_kind(kind) {
            databases.insert(arn(stack, it, prefix)?, database(stack, it, subnets)?);
        }
    }
    Ok(databases)
}

fn arn(stack: &Stack<'_>, it: Properties<'_>, prefix: &str) -> Result<String, TemplateError> {
    let (service, kind) = prefix.split_once(':').unwrap_or((prefix, "db"));
    let name = it.reference()?;
    Ok(format!("arn:{}:{service}:{}:{}:{kind}:{}", Partition::of_region(stack.region), stack.region, stack.account, name.written()))
}

fn database(stack: &Stack<'_>, it: Properties<'_>, subnets: Option<&ById<Subnet>>) -> Result<Database, Stop> {
    let fields = Fields::Of(it);
    // An instance of a cluster lies where its cluster lies.
    if let Some(cluster) = fields.id_of("DBClusterIdentifier")?.filter(|_| it.resource.kind.ends_with("DBInstance")) {
        for (kind, _) in KINDS.iter().filter(|(kind, _)| kind.ends_with("DBCluster")) {
            for other in stack.of_kind(kind) {
                if other.reference()?.written() == cluster {
                    return database(stack, other, subnets);
                }
            }
        }
        return Err(Stop::Open(Gap::new("template", it.id, "the template does not make its cluster: --over FILE or live reads it")));
    }
    let engine = match ports::engine_of(&it.resource.kind) {
        Some(engine) => engine.to_owned(),
        None => fields.literal("Engine")?.unwrap_or_default(),
    };
    let usual = ports::usual(&engine);
    let port = fields.parsed("Port")?.or(fields.parsed("DBPort")?).or(usual).unwrap_or_default();
    let group = fields.id_of("DBSubnetGroupName")?.or(fields.id_of("ClusterSubnetGroupName")?);
    let of_group = match &group {
        Some(group) => members(stack, group)?,
        None => return Err(Stop::Open(Gap::new("template", it.id, "it names no subnet group, and the default VPC is not read"))),
    };
    let vpc = of_group.iter().find_map(|id| subnets?.get(id)).map(|subnet| subnet.vpc.clone());
    let mut security_groups = Vec::new();
    for name in ["VPCSecurityGroups", "VpcSecurityGroupIds"] {
        security_groups.extend(fields.ids(name)?);
    }
    // Without one it has the VPC's default group (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html).
    if let Some(vpc) = vpc.as_ref().filter(|_| security_groups.is_empty()) {
        security_groups.push(made_with(vpc, "DefaultSecurityGroup"));
    }
    Ok(Database {
        engine,
        host: None,
        port,
        vpc: vpc.unwrap_or_default(),
        subnets: of_group,
        security_groups,
        public: fields.flag("PubliclyAccessible", false)?,
        master_secret: None,
    })
}

/// The subnets of the group of this name.
fn members(stack: &Stack<'_>, name: &str) -> Result<Vec<String>, Stop> {
    for kind in ["AWS::RDS::DBSubnetGroup", "AWS::DocDB::DBSubnetGroup", "AWS::Neptune::DBSubnetGroup", "AWS::Redshift::ClusterSubnetGroup"]
    {
        for it in stack.of_kind(kind) {
            if it.reference()?.written() == name {
                return Fields::Of(it).ids("SubnetIds");
            }
        }
    }
    Err(Stop::Open(Gap::new("template", name, "the template does not make this subnet group: --over FILE or live reads it")))
}

/// What the stack attaches secrets to, by the secret's ARN.
pub(super) fn attached(stack: &Stack<'_>) -> Result<BTreeMap<String, Known<Option<String>>>, TemplateError> {
    let mut attached = BTreeMap::new();
    for it in stack.of_kind("AWS::SecretsManager::SecretTargetAttachment") {
        let (Some(secret), Some(target)) = (it.text("SecretId")?, it.text("TargetId")?) else { continue };
        let mut found = Known::Unreadable(gap_of(it.id, &target.written()));
        if let Some(name) = target.as_literal() {
            let says = format!("the template does not make {name}: --over FILE or live reads it");
            found = Known::Unreadable(Gap::new("template", name, &says));
        }
        for (kind, prefix) in KINDS {
            for database in stack.of_kind(kind) {
                if database.reference()? == target {
                    found = Known::Value(Some(arn(stack, database, prefix)?));
                }
            }
        }
        attached.insert(secret.written().into_owned(), found);
    }
    Ok(attached)
}
