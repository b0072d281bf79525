//! The records of a private hosted zone.

use std::net::IpAddr;

use crate::arn::Partition;
use crate::inventory::network::{RecordTarget, ZoneRecord};
use crate::inventory::{Api, Known};
use crate::source::aws::ask::{pages, whole};
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::place::Place;

/// The parameters that name the first record of a page, and the elements that tell the next
/// (<https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html>).
const NEXT: [(&str, &str); 3] = [("name", "NextRecordName"), ("type", "NextRecordType"), ("identifier", "NextRecordIdentifier")];

/// The records of a zone that lead to addresses or other names.
pub(super) async fn records(place: &Place, zone: &str) -> Known<Vec<ZoneRecord>> {
    let api = Api::ListRecordSets;
    let page = |token: Option<String>| {
        let mut request = Request::path(&["hostedzone", zone, "rrset"]).with("maxitems", "300");
        // A token has a line for each parameter, and a parameter that is not there has an empty one.
        for ((parameter, _), value) in NEXT.iter().zip(token.as_deref().unwrap_or_default().split('\n')) {
            if !value.is_empty() {
                request = request.with(parameter, value);
            }
        }
        place.route53.call(api, request, page)
    };
    let resource = format!("arn:{}:route53:::hostedzone/{zone}", Partition::of_region(&place.region));
    let known = whole(pages(api, &resource, page, |(records, next)| (Some(records), next)).await);
    // Several sets of one name that vary are one record that varies.
    known.map(|mut records| {
        records.dedup();
        records
    })
}

fn page(answer: &Element) -> Result<(Vec<ZoneRecord>, Option<String>), Malformed> {
    answer.needed("ResourceRecordSets")?;
    let sets = answer.items("ResourceRecordSets", "ResourceRecordSet");
    let records = sets.filter_map(|set| record(set).transpose()).collect::<Result<_, _>>()?;
    let next = answer.flag("IsTruncated")?.then(|| NEXT.map(|(_, element)| answer.text(element).unwrap_or_default()).join("\n"));
    if next.as_deref().is_some_and(|next| next.trim().is_empty()) {
        return Err(Malformed::new("it has more records and does not say where"));
    }
    Ok((records, next))
}

fn record(set: &Element) -> Result<Option<ZoneRecord>, Malformed> {
    let kind = set.owned("Type")?;
    if !["A", "AAAA", "CNAME"].contains(&kind.as_str()) {
        return Ok(None);
    }
    let values = || set.items("ResourceRecords", "ResourceRecord").map(|record| record.owned("Value"));
    let target = if set.text("SetIdentifier").is_some() {
        RecordTarget::Varying
    } else if let Some(alias) = set.child("AliasTarget") {
        RecordTarget::Name(name(&alias.owned("DNSName")?))
    } else if kind == "CNAME" {
        let value = values().next().transpose()?.ok_or_else(|| Malformed::new("a CNAME record has no value"))?;
        RecordTarget::Name(name(&value))
    } else {
        let address = |text: String| text.parse::<IpAddr>().map_err(|_| Malformed::new(format!("a record's value cannot be {text:?}")));
        RecordTarget::Addresses(values().map(|value| value.and_then(address)).collect::<Result<_, _>>()?)
    };
    Ok(Some(ZoneRecord { name: name(&set.owned("Name")?), target }))
}

/// A name without the dot at its end. Route 53 writes what is no letter, digit, hyphen or underscore in octal: `\052` is the asterisk
/// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html>).
fn name(text: &str) -> String {
    let mut parts = text.trim_end_matches('.').split('\\');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(byte) = part.get(..3).and_then(|octal| u8::from_str_radix(octal, 8).ok()).filter(u8::is_ascii) {
            name.push(char::from(byte));
            name.push_str(part.get(3..).unwrap_or_default());
        } else {
            name.push('\\');
            name.push_str(part);
        }
    }
    name.make_ascii_lowercase();
    name
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_are_as_people_write_them() {
        assert_eq!(name("\\052.Example.com."), "*.example.com");
        assert_eq!(name("a\\344b."), "a\\344b");
        assert_eq!(name("a\\9é\\"), "a\\9é\\");
    }
}
