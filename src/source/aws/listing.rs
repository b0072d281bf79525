//! Lists of the services that are called without an SDK crate, page by page. `network` and `organization` read theirs here.

use super::ask::{pages, whole};
use super::direct::{Client, Element, Malformed, Request};
use crate::inventory::{Api, Known};

/// How a fact is taken out of an element.
pub(super) type Read<T> = fn(&Element) -> Result<T, Malformed>;

/// Where the answers of a list have their items and the token of the next page, and where a request has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    pub(super) list: &'static str,
    pub(super) item: &'static str,
    pub(super) token: &'static str,
    pub(super) next: &'static str,
}

/// One page.
#[derive(Debug)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// Everything of a list, or the gap.
pub(super) async fn all<T>(client: &Client, api: Api, resource: &str, request: Request, paging: Paging, read: Read<T>) -> Known<Vec<T>>
where
    T: std::fmt::Debug + Send + Sync + 'static,
{
    let page = |token: Option<String>| {
        let request = match token {
            Some(token) => request.clone().with(paging.token, &token),
            None => request.clone(),
        };
        client.call(api, request, move |answer| page(answer, paging, read))
    };
    whole(pages(api, resource, page, |page| (Some(page.items), page.next)).await)
}

fn page<T>(answer: &Element, paging: Paging, read: Read<T>) -> Result<Page<T>, Malformed> {
    // A list is empty when it says so, not when it is missing.
    answer.needed(paging.list)?;
    let items = answer.items(paging.list, paging.item).map(read).collect::<Result<_, _>>()?;
    let next = answer.text(paging.next).map(str::to_owned);
    // Transit gateways have more routes than they tell.
    if next.is_none() && answer.flag("additionalRoutesAvailable")? {
        return Err(Malformed::new("it holds only a part of the routes"));
    }
    Ok(Page { items, next })
}
