//! VPC Block Public Access.

use super::lists::List;
use crate::inventory::network::BlockPublicAccess;
use crate::inventory::{Api, Known};
use crate::source::aws::ask::ask;
use crate::source::aws::direct::{Element, Malformed, Request};
use crate::source::aws::place::Place;

/// The states of an exclusion that is not in force, not yet or not any more
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcBlockPublicAccessExclusion.html>).
const NOT_IN_FORCE: [&str; 6] =
    ["create-in-progress", "create-failed", "delete-in-progress", "delete-complete", "disable-in-progress", "disable-complete"];

pub(super) async fn block_public_access(place: &Place) -> Known<BlockPublicAccess> {
    let api = Api::DescribeBlockPublicAccess;
    let call =
        place.ec2.call(api, Request::all(), |answer| answer.needed("vpcBlockPublicAccessOptions")?.owned("internetGatewayBlockMode"));
    let known = ask(api, &place.list(), call, Some).await;
    let mode = match known {
        Known::Value(mode) => mode,
        Known::Unreadable(gap) => return Known::Unreadable(gap),
    };
    if mode == "off" {
        return Known::Value(BlockPublicAccess { mode, ..BlockPublicAccess::default() });
    }
    let set = "vpcBlockPublicAccessExclusionSet";
    let list = List { api: Api::DescribeBlockPublicAccessExclusions, set, most: "1000", read: exclusion };
    let exclusions = list.asked(place, Request::all()).await;
    exclusions.map(|exclusions| BlockPublicAccess { mode, exclusions: exclusions.into_values().flatten().collect() })
}

/// An exclusion by its id: what is excluded, and how.
fn exclusion(it: &Element) -> Result<(String, Option<(String, String)>), Malformed> {
    let id = it.owned("exclusionId")?;
    if NOT_IN_FORCE.contains(&it.owned("state")?.as_str()) {
        return Ok((id, None));
    }
    let arn = it.owned("resourceArn")?;
    let resource = arn.rsplit('/').next().unwrap_or(&arn).to_owned();
    Ok((id, Some((resource, it.owned("internetGatewayExclusionMode")?))))
}
