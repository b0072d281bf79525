//! `[[targets]]`: what a secret opens, where AWS does not tell.

use ipnet::IpNet;
use serde::Deserialize;

use crate::cli::error::complain;
use crate::finding::names;
use crate::inventory::Inventory;
use crate::inventory::network::DeclaredTarget;

/// What is told of a target.
pub(super) const KEYS: [&str; 7] = ["secret", "host", "port", "addresses", "vpc", "subnets", "security-groups"];

/// One entry under `targets`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TargetEntry {
    /// A secret's name, its ARN, or a glob of either.
    pub(super) secret: String,
    host: Option<String>,
    port: u16,
    #[serde(default)]
    addresses: Vec<IpNet>,
    vpc: Option<String>,
    #[serde(default)]
    subnets: Vec<String>,
    #[serde(default)]
    security_groups: Vec<String>,
}

impl TargetEntry {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.port == 0 {
            return Err("port 0 is no port");
        }
        let in_vpc = self.vpc.is_some() || !self.subnets.is_empty() || !self.security_groups.is_empty();
        match (self.addresses.is_empty(), in_vpc) {
            (false, false) => Ok(()),
            (false, true) => Err("give either `addresses`, or `vpc` with `subnets` and `security-groups`, not both"),
            (true, _) if self.vpc.is_some() && !self.subnets.is_empty() => Ok(()),
            (true, _) => Err("say where it is: `addresses`, or `vpc` with `subnets` and `security-groups`"),
        }
    }

    fn declared(&self) -> DeclaredTarget {
        DeclaredTarget {
            host: self.host.clone(),
            port: self.port,
            addresses: self.addresses.clone(),
            vpc: self.vpc.clone(),
            subnets: self.subnets.clone(),
            security_groups: self.security_groups.clone(),
        }
    }
}

/// Tells the inventory what the file says of its secrets. An entry that names none of them is worth a warning: it may be a slip of the pen.
pub(super) fn apply(targets: &[TargetEntry], inventory: &mut Inventory) {
    let mut used = vec![false; targets.len()];
    for secret in inventory.secrets.values_mut() {
        let named = |target: &&TargetEntry| names(&target.secret, &secret.arn, &secret.name);
        for (at, target) in targets.iter().enumerate() {
            used[at] |= named(&target);
        }
        secret.target = targets.iter().find(named).map(TargetEntry::declared);
    }
    for (target, _) in targets.iter().zip(&used).filter(|(_, used)| !**used) {
        complain("warning", &format!("in the configuration, the target of {:?} names no secret that was read", target.secret));
    }
}
