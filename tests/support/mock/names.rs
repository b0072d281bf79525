//! Route 53 and its resolver as the mock tells them.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use rotaudit::inventory::Network;
use rotaudit::inventory::network::{RecordTarget, ZoneRecord};
use serde_json::{Value, json};

use super::scope::{Failure, Scope, fact};
use super::wire::Asked;
use super::xml::{element, list, optional, texts, truth};

/// The operation of a path of Route 53's; puts what the path names among the fields.
pub(super) fn operation(path: &str, fields: &mut BTreeMap<String, String>) -> String {
    let parts: Vec<&str> = path.trim_start_matches("/2013-04-01/").split('/').collect();
    match parts.as_slice() {
        ["hostedzonesbyvpc"] => "ListHostedZonesByVPC".to_owned(),
        ["hostedzone", id, "rrset"] => {
            fields.insert("HostedZoneId".to_owned(), percent_decode_str(id).decode_utf8_lossy().into_owned());
            "ListResourceRecordSets".to_owned()
        }
        _ => path.to_owned(),
    }
}

/// Route 53 has no regions: every network of the account is looked at.
fn networks<'a>(scope: &Scope<'a>) -> impl Iterator<Item = (&'a String, &'a Network)> {
    let account = format!("{}/", scope.account);
    scope.inventory.networks.iter().filter(move |(place, _)| place.starts_with(&account))
}

pub(super) fn answer(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<String, Failure> {
    match operation {
        "ListHostedZonesByVPC" => zones(scope, asked),
        "ListResourceRecordSets" => records(scope, asked),
        other => Err(Failure::new(400, "InvalidAction", other)),
    }
}

fn zones(scope: &Scope<'_>, asked: &Asked) -> Result<String, Failure> {
    let (vpc, region) = (asked.field("vpcid").unwrap_or_default(), asked.field("vpcregion").unwrap_or_default());
    let zone = |id: &str, name: &str, owner: (&str, &str)| {
        texts(&[("HostedZoneId", id), ("Name", &format!("{name}."))]) + &element("Owner", &texts(&[owner]))
    };
    let theirs = format!("secretsmanager.{region}.amazonaws.com");
    let mut all = vec![
        zone("ZOFANENDPOINT", &theirs, ("OwningService", "vpce.amazonaws.com")),
        zone("ZOFSOMETHINGELSE", "corp.example", ("OwningAccount", scope.account)),
    ];
    for (_, network) in networks(scope).filter(|(place, _)| place.ends_with(&format!("/{region}"))) {
        let here = fact(&network.hosted_zones)?.iter().filter(|(_, zone)| zone.vpcs.iter().any(|it| it == vpc));
        all.extend(here.map(|(id, it)| zone(id, &it.name, ("OwningAccount", scope.account))));
    }
    let (page, next) = scope.page(all, asked.token());
    Ok(list("HostedZoneSummaries", "HostedZoneSummary", page) + "<MaxItems>100</MaxItems>" + &optional("NextToken", next.as_deref()))
}

fn records(scope: &Scope<'_>, asked: &Asked) -> Result<String, Failure> {
    let missing = || Failure::new(404, "NoSuchHostedZone", "no such hosted zone");
    let id = asked.field("HostedZoneId").unwrap_or_default();
    let zone = networks(scope).find_map(|(_, network)| network.hosted_zones.value()?.get(id)).ok_or_else(missing)?;
    let mut sets: Vec<String> = fact(&zone.records)?.iter().flat_map(record).collect();
    sets.push(set(&zone.name, "SOA", &values(["ns. root. 1 1 1 1 1".to_owned()])));
    let (page, next) = scope.page(sets, asked.token());
    let truncated = next.is_some();
    let next = next.map(|next| texts(&[("NextRecordName", &next), ("NextRecordType", "A")]));
    Ok(list("ResourceRecordSets", "ResourceRecordSet", page)
        + &texts(&[("IsTruncated", truth(truncated)), ("MaxItems", "300")])
        + &next.unwrap_or_default())
}

fn set(name: &str, kind: &str, inside: &str) -> String {
    texts(&[("Name", &format!("{}.", name.replace('*', "\\052"))), ("Type", kind)]) + inside
}

fn values(values: impl IntoIterator<Item = String>) -> String {
    let records = values.into_iter().map(|value| texts(&[("Value", &value)]));
    texts(&[("TTL", "60")]) + &list("ResourceRecords", "ResourceRecord", records)
}

/// The record sets of a record: one, or two that share the queries.
fn record(it: &ZoneRecord) -> Vec<String> {
    match &it.target {
        RecordTarget::Addresses(addresses) => {
            let kind = if addresses.iter().all(std::net::IpAddr::is_ipv4) { "A" } else { "AAAA" };
            vec![set(&it.name, kind, &values(addresses.iter().map(ToString::to_string)))]
        }
        RecordTarget::Name(name) if name.contains(".vpce.") => {
            let alias = texts(&[("HostedZoneId", "Z7"), ("DNSName", &format!("{name}.")), ("EvaluateTargetHealth", "false")]);
            vec![set(&it.name, "A", &element("AliasTarget", &alias))]
        }
        RecordTarget::Name(name) => vec![set(&it.name, "CNAME", &values([name.clone()]))],
        RecordTarget::Varying => {
            let one = |id: &str| set(&it.name, "A", &(texts(&[("SetIdentifier", id), ("Weight", "1")]) + &values(["10.0.0.1".to_owned()])));
            vec![one("blue"), one("green")]
        }
    }
}

pub(super) fn resolver(scope: &Scope<'_>, operation: &str, asked: &Asked) -> Result<Value, Failure> {
    let nothing = Network::default();
    let network = scope.inventory.networks.get(&format!("{}/{}", scope.account, scope.region)).unwrap_or(&nothing);
    let rules = fact(&network.resolver_rules)?;
    let association = |rule: &str, vpc: &str, status: &str| json!({"Id": "a", "ResolverRuleId": rule, "VPCId": vpc, "Status": status});
    let internet = "rslvr-autodefined-rr-internet-resolver";
    match operation {
        "ListResolverRuleAssociations" => {
            let mut all: Vec<Value> =
                rules.iter().flat_map(|(id, it)| it.vpcs.iter().map(|vpc| association(id, vpc, "COMPLETE"))).collect();
            let vpcs = network.vpcs.value().into_iter().flat_map(|vpcs| vpcs.keys());
            all.extend(vpcs.flat_map(|vpc| [association("rslvr-rr-old", vpc, "OVERRIDDEN"), association(internet, vpc, "COMPLETE")]));
            all.push(association("rslvr-rr-elsewhere", "vpc-other", "COMPLETE"));
            let (page, next) = scope.page(all, asked.token());
            Ok(json!({"ResolverRuleAssociations": page, "NextToken": next}))
        }
        "ListResolverRules" => {
            let all = rules
                .iter()
                .map(|(id, it)| json!({"Id": id, "DomainName": format!("{}.", it.domain), "RuleType": it.kind, "Status": "COMPLETE"}));
            let (page, next) = scope.page(all.collect(), asked.token());
            Ok(json!({"ResolverRules": page, "NextToken": next}))
        }
        other => Err(Failure::new(400, "InvalidAction", other)),
    }
}
