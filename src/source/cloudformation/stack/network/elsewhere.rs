//! What the stack adds to security groups, route tables and network ACLs that it does not make: they exist, and are named by their ids. Laid over what exists, it counts there.

use super::open::{Fields, Stop};
use super::{routing, security};
use crate::inventory::{Gap, Inventory};
use crate::policy::Text;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::stack::properties::{Properties, gap_of};
use crate::source::cloudformation::stack::resources::Stack;
use crate::source::overlay::NetworkAdditions;

/// What is added, and to what.
pub(crate) fn elsewhere(stack: &Stack<'_>, inventory: &Inventory) -> Result<NetworkAdditions, TemplateError> {
    let carried = security::carried(inventory);
    let mut added = NetworkAdditions::default();
    for (kind, out) in [("AWS::EC2::SecurityGroupIngress", false), ("AWS::EC2::SecurityGroupEgress", true)] {
        let rules = stack.of_kind(kind).map(|it| to(it, "GroupId", |fields| security::rule(fields, &carried)));
        for (id, rule) in found(rules, &mut added.open_groups)? {
            added.rules.push((id, out, rule));
        }
    }
    let routes = stack.of_kind("AWS::EC2::Route").map(|it| to(it, "RouteTableId", routing::route));
    let routes = found(routes, &mut added.open_tables)?;
    added.routes.extend(routes.into_iter().filter_map(|(id, route)| Some((id, route?))));
    let entries = stack.of_kind("AWS::EC2::NetworkAclEntry").map(|it| to(it, "NetworkAclId", security::entry));
    let entries = found(entries, &mut added.open_acls)?;
    added.entries.extend(entries.into_iter().filter_map(|(id, entry)| Some((id, entry?))));
    let subnet = |fields: &Fields<'_>| fields.id_of("SubnetId");
    let tables = stack.of_kind("AWS::EC2::SubnetRouteTableAssociation").map(|it| to(it, "RouteTableId", subnet));
    let tables = found(tables, &mut added.open_tables)?;
    added.tables.extend(tables.into_iter().filter_map(|(id, subnet)| Some((id, subnet?))));
    let acls = stack.of_kind("AWS::EC2::SubnetNetworkAclAssociation").map(|it| to(it, "NetworkAclId", subnet));
    let acls = found(acls, &mut added.open_acls)?;
    added.acls.extend(acls.into_iter().filter_map(|(id, subnet)| Some((id, subnet?))));
    Ok(added)
}

/// What a resource adds to the thing that a property names, unless the stack makes that.
fn to<T>(it: Properties<'_>, property: &str, what: impl FnOnce(&Fields<'_>) -> Result<T, Stop>) -> Result<Option<(String, T)>, Stop> {
    let fields = Fields::Of(it);
    let Some(id) = fields.id_of(property)? else { return Ok(None) };
    let named = Text::parse(&id);
    if named.has_unknown() {
        return Err(Stop::Open(gap_of(it.id, &id)));
    }
    if named.as_literal().is_none() {
        return Ok(None);
    }
    Ok(Some((id, what(&fields)?)))
}

/// What is known of these. Of the first that is not, `open` says why.
fn found<T>(
    items: impl Iterator<Item = Result<Option<(String, T)>, Stop>>,
    open: &mut Option<Gap>,
) -> Result<Vec<(String, T)>, TemplateError> {
    let mut known = Vec::new();
    for item in items {
        match item {
            Ok(item) => known.extend(item),
            Err(Stop::Open(gap)) => *open = open.take().or(Some(gap)),
            Err(Stop::Wrong(error)) => return Err(error),
        }
    }
    Ok(known)
}
