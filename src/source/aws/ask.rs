//! One way to make a call: what it answers becomes a fact, why it does not becomes a gap. Every file that asks AWS asks here.

use std::collections::BTreeSet;
use std::error::Error;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

use crate::inventory::{Api, Gap, Known};

/// The codes by which a service says that there is no such thing: Lambda's and Secrets Manager's, KMS's.
const ABSENT: [&str; 2] = ["ResourceNotFoundException", "NotFoundException"];

/// The codes by which a service says that it does not know who asks. Seen in one region only, the region is probably not enabled
/// (<https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>).
const UNKNOWN_CALLER: [&str; 2] = ["UnrecognizedClientException", "InvalidClientTokenId"];

/// A gap's text for an answer of the right form that lacks its content.
const INCOMPLETE: &str = "the answer lacks what this call always gives: it is probably not AWS's";

/// Makes a call about `resource`; `take` is the fact in its answer, `None` when the answer lacks it.
pub(super) async fn ask<T, U, E>(
    api: Api,
    resource: &str,
    call: impl Future<Output = Result<T, SdkError<E>>>,
    take: impl FnOnce(T) -> Option<U>,
) -> Known<U>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match call.await {
        Ok(answer) => take(answer).map_or_else(|| Known::Unreadable(gap(api, resource, INCOMPLETE)), Known::Value),
        Err(error) => Known::Unreadable(gap(api, resource, &told(&error))),
    }
}

/// As `ask`, for calls in which "there is no such thing" is an answer.
pub(super) async fn ask_optional<T, U, E>(
    api: Api,
    resource: &str,
    call: impl Future<Output = Result<T, SdkError<E>>>,
    take: impl FnOnce(T) -> Option<U>,
) -> Known<Option<U>>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match call.await {
        Err(error) if error.code().is_some_and(|code| ABSENT.contains(&code)) => Known::Value(None),
        answer => ask(api, resource, std::future::ready(answer), take).await.map(Some),
    }
}

/// Reads page after page. `page` asks for the page of a token, `take` is the list in an answer and the next token.
/// What was read before a page failed comes with the gap.
pub(super) async fn pages<T, U, E, F>(
    api: Api,
    resource: &str,
    page: impl Fn(Option<String>) -> F,
    take: impl Fn(T) -> (Option<Vec<U>>, Option<String>),
) -> (Vec<U>, Option<Gap>)
where
    F: Future<Output = Result<T, SdkError<E>>>,
    E: ProvideErrorMetadata + Error + 'static,
{
    let mut items = Vec::new();
    let mut tokens = BTreeSet::new();
    let mut token = None;
    loop {
        let answer = ask(api, resource, page(token), |answer| {
            let (list, next) = take(answer);
            list.map(|list| (list, next))
        });
        let next = match answer.await {
            Known::Value((list, next)) => {
                items.extend(list);
                next.filter(|token| !token.is_empty())
            }
            Known::Unreadable(gap) => return (items, Some(gap)),
        };
        match next {
            None => return (items, None),
            Some(again) if !tokens.insert(again.clone()) => {
                return (items, Some(gap(api, resource, "the same page was offered twice")));
            }
            token_of_next => token = token_of_next,
        }
    }
}

/// Pages of which a part is no use: all of them, or the gap.
pub(super) fn whole<U>((items, gap): (Vec<U>, Option<Gap>)) -> Known<Vec<U>> {
    gap.map_or(Known::Value(items), Known::Unreadable)
}

/// The gap of a call, named as the table names it.
pub(super) fn gap(api: Api, resource: &str, error: &str) -> Gap {
    Gap::new(api.spec().name, resource, error)
}

/// Why a call failed: AWS's code and message, or what became of a call that AWS did not answer.
pub(super) fn told<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> String {
    if let Some(code) = error.code() {
        let hint = if UNKNOWN_CALLER.contains(&code) { " (a region that is not enabled for the account answers so)" } else { "" };
        return match error.message() {
            Some(message) if !message.is_empty() => format!("{code}: {message}{hint}"),
            _ => format!("{code}{hint}"),
        };
    }
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    match error {
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no answer in time".to_owned(),
        SdkError::DispatchFailure(_) => format!("no connection: {}", root(error)),
        SdkError::ConstructionFailure(_) => format!("the call could not be made: {}", root(error)),
        SdkError::ResponseError(_) => format!("the answer broke off (HTTP {status})"),
        _ => format!("the answer is not AWS's (HTTP {status})"),
    }
}

/// The innermost cause, which is the one that helps.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
