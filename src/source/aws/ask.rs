//! One way to make a call: what it answers becomes a fact, why it does not becomes a gap. Every file that asks AWS asks here.

use std::collections::BTreeSet;
use std::error::Error;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use http_body_util::LengthLimitError;

use super::wire::{Enough, anew, is_token_error};
use crate::inventory::{Api, Gap, Known};

/// The codes by which a service says that there is no such thing: Lambda's and Secrets Manager's, KMS's, that of a version without provisioned concurrency, and
/// that of an account in no organization.
const ABSENT: [&str; 4] = [
    "ResourceNotFoundException",
    "NotFoundException",
    "ProvisionedConcurrencyConfigNotFoundException",
    "AWSOrganizationsNotInUseException",
];

/// The codes by which a service says that it does not know who asks; `AuthFailure` is EC2's. Seen in one region only, the region is probably not enabled
/// (<https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>).
const UNKNOWN_CALLER: [&str; 3] = ["UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"];

/// A gap's text for an answer of the right form that lacks its content.
const INCOMPLETE: &str = "the answer lacks what this call always gives: it is probably not AWS's";

/// A call that gave no fact.
#[derive(Debug)]
pub(super) struct Missing {
    /// Why.
    pub(super) gap: Gap,
    /// Whether the service says that there is no such thing.
    absent: bool,
    /// Whether the service says that the page token is not valid, or not any more.
    stale: bool,
}

impl Missing {
    fn new(gap: Gap) -> Self {
        Self { gap, absent: false, stale: false }
    }
}

/// Makes a call about `resource`; `take` is the fact in its answer, `None` when the answer lacks it.
async fn answer<T, U, E>(
    api: Api,
    resource: &str,
    call: impl Future<Output = Result<T, SdkError<E>>>,
    take: impl FnOnce(T) -> Option<U>,
) -> Result<U, Missing>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match call.await {
        Ok(answer) => take(answer).ok_or_else(|| Missing::new(gap(api, resource, INCOMPLETE))),
        Err(error) => {
            let absent = error.code().is_some_and(|code| ABSENT.contains(&code));
            let stale = error.code().is_some_and(is_token_error);
            Err(Missing { gap: gap(api, resource, &told(&error)), absent, stale })
        }
    }
}

/// Makes a call about something that is known to exist.
pub(super) async fn ask<T, U, E>(
    api: Api,
    resource: &str,
    call: impl Future<Output = Result<T, SdkError<E>>>,
    take: impl FnOnce(T) -> Option<U>,
) -> Known<U>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    answer(api, resource, call, take).await.map_or_else(|missing| Known::Unreadable(missing.gap), Known::Value)
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
    match answer(api, resource, call, take).await {
        Ok(fact) => Known::Value(Some(fact)),
        Err(missing) if missing.absent => Known::Value(None),
        Err(missing) => Known::Unreadable(missing.gap),
    }
}

/// Reads page after page. `page` asks for the page of a token, `take` is the list in an answer and the next token.
/// What was read before a page failed comes with what is missing. A token that is not valid any more, as that of a stored page may be, is given up: the list
/// is read once more from its start, without looking at stored pages.
pub(super) async fn pages<T, U, E, F>(
    api: Api,
    resource: &str,
    page: impl Fn(Option<String>) -> F,
    take: impl Fn(T) -> (Option<Vec<U>>, Option<String>),
) -> (Vec<U>, Option<Missing>)
where
    F: Future<Output = Result<T, SdkError<E>>>,
    E: ProvideErrorMetadata + Error + 'static,
{
    let mut items = Vec::new();
    let mut tokens = BTreeSet::new();
    let mut token: Option<String> = None;
    let mut restarted = false;
    let listed = |answer| {
        let (list, next) = take(answer);
        list.map(|list| (list, next))
    };
    loop {
        let is_first = token.is_none();
        let asked = page(token.take());
        let answered = if restarted {
            Box::pin(answer(api, resource, anew(asked), listed)).await
        } else {
            Box::pin(answer(api, resource, asked, listed)).await
        };
        let (list, next) = match answered {
            Ok(page) => page,
            Err(missing) if missing.stale && !is_first && !restarted => {
                restarted = true;
                items.clear();
                tokens.clear();
                continue;
            }
            Err(missing) => return (items, Some(missing)),
        };
        items.extend(list);
        match next.filter(|token| !token.is_empty()) {
            None => return (items, None),
            Some(again) if !tokens.insert(again.clone()) => {
                let gap = gap(api, resource, "the same page was offered twice");
                return (items, Some(Missing::new(gap)));
            }
            following => token = following,
        }
    }
}

/// Pages of which a part is no use: all of them, or the gap.
pub(super) fn whole<U>((items, missing): (Vec<U>, Option<Missing>)) -> Known<Vec<U>> {
    missing.map_or(Known::Value(items), |missing| Known::Unreadable(missing.gap))
}

/// As `whole`, for lists of which "there is no such thing" says that they are empty.
pub(super) fn whole_or_none<U>((items, missing): (Vec<U>, Option<Missing>)) -> Known<Vec<U>> {
    match missing {
        Some(missing) if missing.absent => Known::default(),
        missing => whole((items, missing)),
    }
}

/// The gap of a call, named as the table names it.
pub(super) fn gap(api: Api, resource: &str, error: &str) -> Gap {
    Gap::new(api.spec().name, resource, error)
}

/// Why a call failed: AWS's code and message, or what became of a call that AWS did not answer; and why it was not repeated, where others of its kind are.
pub(super) fn told<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> String {
    let problem = problem(error);
    match error.raw_response().and_then(|response| response.extension::<Enough>()) {
        Some(enough) => format!("{problem}; {}", enough.why()),
        None => problem,
    }
}

fn problem<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> String {
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
        // The wire itself says why it does not carry a call.
        SdkError::DispatchFailure(failure) if failure.is_user() => root(error),
        SdkError::DispatchFailure(_) => format!("no connection: {}", root(error)),
        SdkError::ConstructionFailure(_) => format!("the call could not be made: {}", root(error)),
        SdkError::ResponseError(_) if has_cause::<LengthLimitError>(error) => "the answer is longer than any of AWS".to_owned(),
        SdkError::ResponseError(_) => "the answer broke off".to_owned(),
        _ => {
            let problem = error.message().map(|problem| format!(": {problem}")).unwrap_or_default();
            format!("the answer is not AWS's (HTTP {status}){problem}")
        }
    }
}

/// Whether some cause of an error is of that type.
fn has_cause<C: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<C>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The innermost cause, which is the one that helps.
pub(super) fn root(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
