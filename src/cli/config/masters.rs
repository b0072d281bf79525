//! `[[master-secrets]]`: with which secret the function of others logs in, where they rotate by alternating users.

use serde::Deserialize;

use crate::cli::error::complain;
use crate::finding::names;
use crate::inventory::{Inventory, Secret};

/// What is told of a master secret.
pub(super) const KEYS: [&str; 2] = ["secret", "for"];

/// One entry under `master-secrets`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MasterEntry {
    /// The master secret: its name, which is looked for in the account and region of each of the others, or its ARN.
    pub(super) secret: String,
    /// The secrets that rotate with it, each by name, ARN, or a glob of either.
    #[serde(rename = "for")]
    rotated: Vec<String>,
}

impl MasterEntry {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.secret.contains(['*', '?']) {
            return Err("`secret` names one secret, so it is no glob");
        }
        if self.rotated.is_empty() { Err("say under `for` which secrets rotate with it") } else { Ok(()) }
    }

    /// A glob over a folder that holds the master too does not make it its own.
    fn is_for(&self, secret: &Secret) -> bool {
        !names(&self.secret, &secret.arn, &secret.name) && self.rotated.iter().any(|glob| names(glob, &secret.arn, &secret.name))
    }
}

/// Tells the inventory which secrets have a master, the first entry that names one counting for it, also over what a template or plan tells. An entry that names none is worth a warning: it may be a slip of the pen.
pub(super) fn apply(masters: &[MasterEntry], inventory: &mut Inventory) {
    let mut used = vec![false; masters.len()];
    for secret in inventory.secrets.values_mut() {
        for (at, master) in masters.iter().enumerate() {
            used[at] |= master.is_for(secret);
        }
        if let Some(master) = masters.iter().find(|master| master.is_for(secret)) {
            secret.master = Some(master.secret.clone());
        }
    }
    for (master, _) in masters.iter().zip(&used).filter(|(_, used)| !**used) {
        complain("warning", &format!("in the configuration, the master secret {:?} is for no secret that was read", master.secret));
    }
}
