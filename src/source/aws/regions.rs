//! The regions that this build knows, for `--all-regions` where AWS does not tell which are enabled, and for telling a mistyped region from a broken network.

use crate::arn::Partition;

/// Region names
/// (<https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>,
/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html>,
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/using-govcloud-endpoints.html>).
const KNOWN: [&str; 38] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The known regions of a partition.
pub(super) fn of(partition: Partition) -> impl Iterator<Item = &'static str> {
    KNOWN.into_iter().filter(move |region| Partition::of_region(region) == partition)
}

/// Whether this build knows a region of that name. AWS opens regions faster than people upgrade: not knowing one proves nothing.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// Whether `name` can be a region's: what becomes part of a host name is never anything else.
pub(super) fn is_well_formed(name: &str) -> bool {
    (4..=40).contains(&name.len())
        && name.contains('-')
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.ends_with(|last: char| last.is_ascii_digit())
}

/// The known region that somebody may have meant by `name`.
pub(super) fn similar(name: &str) -> Option<String> {
    let (distance, nearest) =
        KNOWN.into_iter().map(|known| (strsim::damerau_levenshtein(&name.chars().take(60).collect::<String>(), known), known)).min()?;
    (distance <= 3).then(|| nearest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_region_belongs_to_one_partition_and_is_well_formed() {
        let of_all = [Partition::Aws, Partition::China, Partition::GovCloud].map(|partition| of(partition).count());
        assert_eq!(of_all, [34, 2, 2]);
        assert!(KNOWN.into_iter().all(|region| is_well_formed(region) && is_known(region)));
    }

    #[test]
    fn a_mistyped_region_is_guessed_and_nonsense_is_not() {
        assert_eq!(similar("eu-wset-1").as_deref(), Some("eu-west-1"));
        assert_eq!(similar("Ireland"), None);
        assert_eq!(similar(&"x".repeat(100_000)), None);
    }

    #[test]
    fn what_could_lead_to_another_host_is_no_region() {
        for name in ["", "evil.example/-1", "eu-west-1.evil-1", "eu-west-1:80-1", "EU-WEST-1", "eu-west-1#", "-eu-west-1", "1"] {
            assert!(!is_well_formed(name), "{name}");
        }
        assert!(is_well_formed("us-isob-east-1"));
    }
}
