//! Databases, and the secrets that belong to them: those whose value the configuration makes from an attribute of the database.

use std::collections::BTreeMap;

use super::place::{Place, id_of};
use crate::inventory::network::Database;
use crate::inventory::{Known, Secret};
use crate::source::ports;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::stack::thing::Thing;
use crate::source::terraform::value::Value;

/// Type, the attribute that names its engine (or what it is without one), and that of its subnet group with the type of that.
const KINDS: [(&str, &str, &str, &str); 4] = [
    ("aws_db_instance", "", "db_subnet_group_name", "aws_db_subnet_group"),
    ("aws_rds_cluster", "", "db_subnet_group_name", "aws_db_subnet_group"),
    ("aws_docdb_cluster", "docdb", "db_subnet_group_name", "aws_docdb_subnet_group"),
    ("aws_redshift_cluster", "redshift", "cluster_subnet_group_name", "aws_redshift_subnet_group"),
];

/// The databases of the plan of which it is known where they will be, by ARN.
pub(super) fn databases(place: &Place<'_, '_>) -> BTreeMap<String, Database> {
    let mut databases = BTreeMap::new();
    for (kind, engine, group, group_kind) in KINDS {
        for it in place.of_kind(kind) {
            if let (Some(arn), Some(database)) = (it.arn(), database(place, it, engine, (group, group_kind))) {
                databases.insert(arn.to_string(), database);
            }
        }
    }
    databases
}

fn database(place: &Place<'_, '_>, it: Thing<'_>, engine: &str, (group, group_kind): (&str, &'static str)) -> Option<Database> {
    let known = |name: &str| it.value(name).and_then(Value::text).map(str::to_owned);
    let engine = if engine.is_empty() { known("engine")? } else { engine.to_owned() };
    let groups = it.resolver.sources(it.instance, &[group], false, group_kind);
    let group = if let Some(only) = groups.only() {
        it.other(only)
    } else {
        let name = known(group)?;
        place.of_kind(group_kind).find(|other| other.text("name").as_deref() == Some(&name))?
    };
    let subnets = group.list("subnet_ids", Want::id(Kind::Subnet));
    let first = subnets.first()?;
    let vpc = place.of_kind("aws_subnet").find(|subnet| id_of(*subnet, "id", Kind::Subnet) == *first)?;
    Some(Database {
        host: known("address").or_else(|| known("endpoint")),
        port: it.number("port").or_else(|| ports::usual(&engine))?,
        vpc: id_of(vpc, "vpc_id", Kind::Vpc),
        subnets,
        security_groups: it.list("vpc_security_group_ids", Want::id(Kind::SecurityGroup)),
        public: known("publicly_accessible").as_deref() == Some("true"),
        master_secret: known("master_user_secret.0.secret_arn"),
        engine,
    })
}

/// The databases that secrets belong to, by the secret's ARN.
pub(super) fn attached(place: &Place<'_, '_>, secrets: &[&Secret]) -> BTreeMap<String, Known<Option<String>>> {
    let mut attached = BTreeMap::new();
    for it in place.of_kind("aws_secretsmanager_secret_version") {
        let Some(secret) = it.naming("secret_id", Want::arn(Kind::Secret)) else { continue };
        let written = secret.written();
        let Some(secret) = secrets.iter().find(|known| *written == *known.arn.as_str() || *written == *known.name) else { continue };
        let of = |kind: &str| it.resolver.sources(it.instance, &["secret_string"], false, kind);
        let databases: Vec<_> = KINDS.iter().flat_map(|(kind, ..)| of(kind).found).collect();
        if let [only] = databases.as_slice()
            && let Some(arn) = it.other(only).arn()
        {
            attached.insert(secret.arn.to_string(), Known::Value(Some(arn.to_string())));
        }
    }
    attached
}
