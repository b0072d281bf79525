//! DHCP option sets: those of the plan, and the one that every VPC has to begin with, which names the Amazon resolver.

use std::collections::BTreeMap;

use super::place::{Place, id_of, known, owner, stays};
use crate::inventory::network::{DhcpOptions, Vpc};
use crate::inventory::{Gap, Known};
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::Want;

/// The option sets that these VPCs use; those that are given one get its id
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html>).
pub(super) fn options(place: &Place<'_, '_>, vpcs: &mut BTreeMap<String, Vpc>) -> Known<BTreeMap<String, DhcpOptions>> {
    known(all(place, vpcs))
}

fn all(place: &Place<'_, '_>, vpcs: &mut BTreeMap<String, Vpc>) -> Result<BTreeMap<String, DhcpOptions>, Gap> {
    let mut options = BTreeMap::new();
    for it in place.of_kind("aws_vpc_dhcp_options") {
        let domain_name_servers = it.list("domain_name_servers", Want::text());
        options.insert(id_of(it, "id", Kind::DhcpOptions), DhcpOptions { domain_name_servers });
    }
    for it in place.of_kind("aws_vpc_dhcp_options_association") {
        stays(it)?;
        let (vpc, set) = (owner(it, "vpc_id", Kind::Vpc)?, owner(it, "dhcp_options_id", Kind::DhcpOptions)?);
        if let Some(vpc) = vpcs.get_mut(&vpc) {
            vpc.dhcp_options = Some(set);
        }
    }
    let amazon = || DhcpOptions { domain_name_servers: vec!["AmazonProvidedDNS".to_owned()] };
    for it in place.of_kind("aws_vpc") {
        let own = id_of(it, "dhcp_options_id", Kind::DhcpOptions);
        options.entry(own).or_insert_with(amazon);
    }
    Ok(options)
}
