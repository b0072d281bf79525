//! Which regions of an account are read. `accounts` asks here when it opens one.

use super::ask::gap;
use super::direct::{Element, Malformed, Request};
use super::listing::{Paging, all};
use super::options::Options;
use super::regions;
use super::session::Session;
use crate::inventory::{Api, Gap, Known};

/// The regions to read, sorted; and, where all that are enabled were wanted and AWS did not tell, why: then they are those that this build knows.
pub(super) async fn wanted(session: &Session, options: &Options) -> (Vec<String>, Option<Gap>) {
    let (mut regions, missing) = match (options.all_regions, options.regions.is_empty()) {
        (true, _) => match enabled(session).await {
            Known::Value(regions) => (regions, None),
            Known::Unreadable(gap) => (regions::of(session.partition).map(str::to_owned).collect(), Some(gap)),
        },
        (false, true) => (Vec::new(), None),
        (false, false) => (options.regions.clone(), None),
    };
    if regions.is_empty() {
        // The region of the chain, which is also all that is known of a partition without known regions.
        regions.push(session.home.clone());
    }
    regions.sort_unstable();
    regions.dedup();
    (regions, missing)
}

/// The regions that would be read of an account that nobody can ask.
pub(super) fn unasked(base: &Session, options: &Options) -> Vec<String> {
    match (options.all_regions, options.regions.is_empty()) {
        (true, _) => regions::of(base.partition).map(str::to_owned).collect(),
        (false, true) => vec![base.home.clone()],
        (false, false) => options.regions.clone(),
    }
}

/// The regions that are enabled for an account
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html>).
async fn enabled(session: &Session) -> Known<Vec<String>> {
    let Some(place) = session.place(&session.home) else {
        return Known::Unreadable(gap(Api::DescribeRegions, session.account.as_str(), "there is no region to ask in"));
    };
    let paging = Paging { list: "regionInfo", item: "item", token: "NextToken", next: "nextToken" };
    let name = |it: &Element| -> Result<String, Malformed> {
        let name = it.owned("regionName")?;
        if regions::is_well_formed(&name) { Ok(name) } else { Err(Malformed::new("it names a region as AWS names none")) }
    };
    all(&place.ec2, Api::DescribeRegions, session.account.as_str(), Request::all(), paging, name).await
}
