//! What the resolver of a VPC answers beside the public names: private hosted zones, and names that are forwarded.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::records::records;
use crate::inventory::network::{ById, HostedZone, ResolverRule};
use crate::inventory::{Api, Gap, Known};
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::listing::{Paging, all};
use crate::source::aws::place::Place;

/// A zone as a VPC's list tells it; `None` for a zone that an AWS service keeps.
type Listed = Option<(String, String)>;

/// The private hosted zones of these VPCs that answer for one of these hosts; no other zone can.
///
/// Zones that AWS services keep for themselves are left out: the private names of an interface endpoint are told by the endpoint
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZoneOwner.html>).
pub(super) async fn hosted_zones(place: &Place, vpcs: &BTreeSet<String>, hosts: &BTreeSet<String>) -> Known<ById<HostedZone>> {
    let mut zones: ById<HostedZone> = ById::new();
    // Route 53 allows five requests a second: one after the other.
    for vpc in vpcs {
        let request = Request::path(&["hostedzonesbyvpc"]).with("vpcid", vpc).with("vpcregion", &place.region).with("maxitems", "100");
        let paging = Paging { list: "HostedZoneSummaries", item: "HostedZoneSummary", token: "nexttoken", next: "NextToken" };
        let listed = match all(&place.route53, Api::ListHostedZonesByVpc, &place.arn("vpc", vpc), request, paging, zone).await {
            Known::Value(listed) => listed,
            Known::Unreadable(gap) => return Known::Unreadable(gap),
        };
        for (id, name) in listed.into_iter().flatten().filter(|(_, name)| hosts.iter().any(|host| answers_for(name, host))) {
            let records = || Known::Unreadable(Gap::not_collected(Api::ListRecordSets.spec().name, &id));
            let zone = zones.entry(id.clone()).or_insert_with(|| HostedZone { name, vpcs: Vec::new(), records: records() });
            zone.vpcs.push(vpc.clone());
        }
    }
    for (id, zone) in &mut zones {
        zone.records = records(place, id).await;
    }
    Known::Value(zones)
}

fn zone(it: &Element) -> Result<Listed, Malformed> {
    if it.child("Owner").is_some_and(|owner| owner.text("OwningService").is_some()) {
        return Ok(None);
    }
    let id = it.owned("HostedZoneId")?;
    let id = id.rsplit('/').next().unwrap_or(&id).to_owned();
    Ok(Some((id, it.owned("Name")?.trim_end_matches('.').to_ascii_lowercase())))
}

/// Whether a zone of that name holds the names of a host: it has that name, or a parent's.
fn answers_for(zone: &str, host: &str) -> bool {
    zone.is_empty() || host.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The names by which Secrets Manager is known in a region
/// (<https://docs.aws.amazon.com/general/latest/gr/asm.html>).
pub(super) fn secrets_manager(region: &str) -> impl Iterator<Item = String> {
    let suffixes = ["amazonaws.com", "amazonaws.com.cn", "api.aws", "api.amazonwebservices.com.cn"];
    let names = ["secretsmanager", "secretsmanager-fips"];
    let region = region.to_owned();
    names.into_iter().flat_map(move |name| suffixes.map(|suffix| format!("{name}.{region}.{suffix}")))
}

/// The resolver rules that are associated with these VPCs.
pub(super) async fn resolver_rules(place: &Place, vpcs: &BTreeSet<String>) -> Known<ById<ResolverRule>> {
    let paging = |list| Paging { list, item: "item", token: "NextToken", next: "NextToken" };
    let request = || Request::json(json!({"MaxResults": 100}));
    let (resolver, resource) = (&place.resolver, place.list());
    let api = Api::ListResolverRuleAssociations;
    let associations = match all(resolver, api, &resource, request(), paging("ResolverRuleAssociations"), association).await {
        Known::Value(associations) => associations,
        Known::Unreadable(gap) => return Known::Unreadable(gap),
    };
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (rule, vpc) in associations.into_iter().flatten().filter(|(_, vpc)| vpcs.contains(vpc)) {
        used.entry(rule).or_default().insert(vpc);
    }
    if used.is_empty() {
        return Known::default();
    }
    let api = Api::ListResolverRules;
    let listed = match all(resolver, api, &resource, request(), paging("ResolverRules"), rule).await {
        Known::Value(listed) => listed,
        Known::Unreadable(gap) => return Known::Unreadable(gap),
    };
    let mut listed: ById<ResolverRule> = listed.into_iter().collect();
    let mut rules = ById::new();
    for (id, vpcs) in used {
        match listed.remove(&id) {
            Some(rule) => {
                rules.insert(id, ResolverRule { vpcs: vpcs.into_iter().collect(), ..rule });
            }
            // Those that the resolver makes for itself say what it does anyway.
            None if id.starts_with("rslvr-autodefined-") => {}
            None => return Known::Unreadable(Gap::new(api.spec().name, &resource, &format!("{id} is in use and not listed"))),
        }
    }
    Known::Value(rules)
}

/// Rule and VPC of an association that is in force
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_ResolverRuleAssociation.html>).
fn association(it: &Element) -> Result<Option<(String, String)>, Malformed> {
    let in_force = matches!(it.owned("Status")?.as_str(), "COMPLETE" | "DELETING");
    Ok(in_force.then_some((it.owned("ResolverRuleId")?, it.owned("VPCId")?)))
}

fn rule(it: &Element) -> Result<(String, ResolverRule), Malformed> {
    let domain = it.text("DomainName").unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    Ok((it.owned("Id")?, ResolverRule { domain, kind: it.owned("RuleType")?, vpcs: Vec::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_answers_for_its_own_name_and_for_those_below_it() {
        let host = "secretsmanager.eu-west-1.amazonaws.com";
        for zone in ["", "com", "amazonaws.com", "eu-west-1.amazonaws.com", host] {
            assert!(answers_for(zone, host), "{zone}");
        }
        for zone in ["manager.eu-west-1.amazonaws.com", "aws.com", "x.secretsmanager.eu-west-1.amazonaws.com", "corp"] {
            assert!(!answers_for(zone, host), "{zone}");
        }
    }
}
