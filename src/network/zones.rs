//! What a private hosted zone says about a name, and which of several domains is the most specific one for it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::inventory::network::{HostedZone, RecordTarget, ZoneRecord};
use crate::inventory::{Gap, Known};

/// What a zone answers.
pub(super) enum Record {
    /// These addresses.
    Addresses(Vec<IpAddr>),
    /// The same as this name.
    Name(String),
    /// There is no such name.
    Absent,
    /// Something that cannot be followed.
    Unclear,
    /// Its records were not read.
    Unread(Gap),
}

/// A name without the dot at its end, in lower case.
pub(super) fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// How specific `domain` is for `host`: its length if the host lies in it, else nothing. The empty domain holds every host.
pub(super) fn specificity(domain: &str, host: &str) -> Option<usize> {
    let domain = plain(domain);
    let within = domain.is_empty() || host == domain || host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
    within.then_some(domain.len())
}

/// Looks `host` up in a zone.
pub(super) fn look_up(zone: &HostedZone, host: &str) -> Record {
    let records = match &zone.records {
        Known::Value(records) => records,
        Known::Unreadable(gap) => return Record::Unread(gap.clone()),
    };
    let exact: Vec<&ZoneRecord> = records.iter().filter(|record| plain(&record.name) == host).collect();
    if !exact.is_empty() {
        return answer(&exact);
    }
    wildcard(records, host)
}

/// The most specific wildcard above `host`. A name that exists between the two takes the wildcard's place
/// (<https://www.rfc-editor.org/rfc/rfc4592>); whether Route 53 follows that here is not verified.
fn wildcard(records: &[ZoneRecord], host: &str) -> Record {
    let mut parent = host;
    while let Some((_, above)) = parent.split_once('.') {
        let wild: Vec<&ZoneRecord> =
            records.iter().filter(|record| plain(&record.name).strip_prefix("*.").is_some_and(|name| name == above)).collect();
        if !wild.is_empty() {
            return answer(&wild);
        }
        let inner = |record: &&ZoneRecord| !record.name.starts_with('*') && specificity(above, &plain(&record.name)).is_some();
        let higher = |record: &&ZoneRecord| plain(&record.name).strip_prefix("*.").is_some_and(|name| specificity(name, above).is_some());
        if records.iter().any(|record| inner(&record)) && records.iter().any(|record| higher(&record)) {
            return Record::Unclear;
        }
        parent = above;
    }
    Record::Absent
}

fn answer(records: &[&ZoneRecord]) -> Record {
    let (mut addresses, mut names) = (BTreeSet::new(), BTreeSet::new());
    for record in records {
        match &record.target {
            RecordTarget::Addresses(more) => addresses.extend(more.iter().copied()),
            RecordTarget::Name(name) => {
                names.insert(plain(name));
            }
            RecordTarget::Varying => return Record::Unclear,
        }
    }
    match (names.len(), addresses.is_empty()) {
        (0, false) => Record::Addresses(addresses.into_iter().collect()),
        (1, true) => names.pop_first().map_or(Record::Absent, Record::Name),
        (0, true) => Record::Absent,
        _ => Record::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(records: &[(&str, RecordTarget)]) -> HostedZone {
        let records = records.iter().map(|(name, target)| ZoneRecord { name: (*name).to_owned(), target: target.clone() }).collect();
        HostedZone { name: "amazonaws.com".to_owned(), vpcs: Vec::new(), records: Known::Value(records) }
    }

    fn addresses() -> RecordTarget {
        RecordTarget::Addresses(vec!["10.0.0.5".parse().unwrap()])
    }

    const HOST: &str = "secretsmanager.eu-west-1.amazonaws.com";

    #[test]
    fn an_exact_record_comes_before_a_wildcard() {
        let zone = zone(&[("*.amazonaws.com", RecordTarget::Varying), (HOST, addresses())]);
        assert!(matches!(look_up(&zone, HOST), Record::Addresses(_)));
    }

    #[test]
    fn a_wildcard_covers_names_of_any_depth_unless_another_name_stands_between() {
        assert!(matches!(look_up(&zone(&[("*.amazonaws.com", addresses())]), HOST), Record::Addresses(_)));
        let between = zone(&[("*.amazonaws.com", addresses()), ("kms.eu-west-1.amazonaws.com", addresses())]);
        assert!(matches!(look_up(&between, HOST), Record::Unclear));
    }

    #[test]
    fn a_zone_without_the_record_says_that_there_is_no_such_name() {
        assert!(matches!(look_up(&zone(&[("kms.eu-west-1.amazonaws.com", addresses())]), HOST), Record::Absent));
    }

    #[test]
    fn a_domain_holds_its_own_names_only() {
        assert_eq!(specificity("amazonaws.com.", HOST), Some(13));
        assert_eq!(specificity(".", HOST), Some(0));
        assert_eq!(specificity("azonaws.com", HOST), None);
        assert_eq!(specificity("x.secretsmanager.eu-west-1.amazonaws.com", HOST), None);
    }
}
