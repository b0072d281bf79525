//! Lists of EC2's, by filter and id.

use std::collections::BTreeSet;

use crate::inventory::network::ById;
use crate::inventory::{Api, Known};
use crate::source::aws::direct::Request;
use crate::source::aws::listing::{Paging, Read, all};
use crate::source::aws::place::Place;

/// The most values of a filter (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html>).
const VALUES: usize = 200;

/// A list of EC2's whose items have an id.
#[derive(Debug)]
pub(super) struct List<T> {
    pub(super) api: Api,
    /// The element that holds the items.
    pub(super) set: &'static str,
    /// The most items of a page that the operation allows, or that we want.
    pub(super) most: &'static str,
    /// Id and thing.
    pub(super) read: Read<(String, T)>,
}

impl<T: std::fmt::Debug + Send + Sync + 'static> List<T> {
    /// Those that have one of these values, in as few calls as they fit into; none when there are no values.
    pub(super) async fn having(&self, place: &Place, filter: &str, values: &BTreeSet<String>) -> Known<ById<T>> {
        let mut found = ById::new();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        for batch in values.chunks(VALUES) {
            match self.asked(place, Request::all().filter(filter, batch.iter().copied())).await {
                Known::Value(more) => found.extend(more),
                Known::Unreadable(gap) => return Known::Unreadable(gap),
            }
        }
        Known::Value(found)
    }

    /// All that a request gives.
    pub(super) async fn asked(&self, place: &Place, request: Request) -> Known<ById<T>> {
        let paging = Paging { list: self.set, item: "item", token: "NextToken", next: "nextToken" };
        let request = request.with("MaxResults", self.most);
        all(&place.ec2, self.api, &place.list(), request, paging, self.read).await.map(|items| items.into_iter().collect())
    }
}

/// What is known of a list together with more of it: a part that is missing leaves the whole unknown.
pub(super) fn extend<T>(known: &mut Known<ById<T>>, more: Known<ById<T>>) {
    match (known, more) {
        (Known::Value(known), Known::Value(more)) => known.extend(more),
        (known @ Known::Value(_), missing) => *known = missing,
        (Known::Unreadable(_), _) => {}
    }
}
