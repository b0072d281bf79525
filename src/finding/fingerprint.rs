//! The identity of a finding across runs, sources and versions.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::arn::Arn;

/// Sixteen bytes over rule, account, region, and kind and name of the resource; nothing else goes in, so order, time, tool
/// version, source and a secret's random suffix make no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// The fingerprint of a finding of `rule` about `resource`.
    pub fn of(rule: &str, resource: &Arn) -> Self {
        let kind = resource.resource().split([':', '/']).next().unwrap_or_default();
        let parts = [rule, resource.account(), resource.region(), resource.service(), kind, resource.name()];
        // FNV-1a over the parts, each ended by a byte that no part can hold.
        let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
        for byte in parts.into_iter().flat_map(|part| part.bytes().chain([0xff])) {
            hash ^= u128::from(byte);
            hash = hash.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
        Self(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = ParseIntError;

    /// Reads what `Display` writes: 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rule: &str, arn: &str) -> Fingerprint {
        Fingerprint::of(rule, &Arn::parse(arn).unwrap())
    }

    #[test]
    fn a_secret_made_again_keeps_its_fingerprint() {
        let first = of("r", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf");
        assert_eq!(first, of("r", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-GhIjKl"));
        assert_ne!(first, of("r", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db2-AbCdEf"));
        assert_ne!(first, of("other", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"));
        assert_ne!(first, of("r", "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbCdEf"));
    }

    #[test]
    fn the_value_is_pinned_so_that_baselines_survive_an_upgrade() {
        let text = of("rule", "arn:aws:iam::111122223333:role/team/Rotate").to_string();
        assert_eq!(text.len(), 32);
        assert_eq!(text, of("rule", "arn:aws:iam::111122223333:role/Rotate").to_string(), "the path is not part of the name");
    }
}
