//! What rules of security groups and network ACLs have in common: protocols and ports as Terraform writes them.

use crate::inventory::network::{Ports, Protocol};
use crate::source::terraform::stack::thing::Thing;

/// A protocol by its name or number (<https://www.iana.org/assignments/protocol-numbers>).
pub(super) fn protocol(text: &str) -> Protocol {
    match text.to_ascii_lowercase().as_str() {
        "-1" | "all" => Protocol::All,
        "tcp" | "6" => Protocol::Tcp,
        "udp" | "17" => Protocol::Udp,
        _ => Protocol::Other,
    }
}

/// The ports between two attributes. `Err` where they are not known.
pub(super) fn ports(it: Thing<'_>, from: &str, to: &str, protocol: Protocol) -> Result<Option<Ports>, ()> {
    if protocol == Protocol::All {
        return Ok(None);
    }
    let number = |path: &str| match it.value(path) {
        None => Ok(None),
        Some(_) => it.number::<i64>(path).map(Some).ok_or(()),
    };
    Ok(match (number(from)?, number(to)?) {
        (Some(from), Some(to)) => match (u16::try_from(from), u16::try_from(to)) {
            // 0 to 0 of all protocols is everything; of TCP and UDP it is written so for all ports as well.
            (Ok(from), Ok(to)) if (from, to) != (0, 65535) => Some(Ports { from, to }),
            _ => None,
        },
        _ => None,
    })
}
