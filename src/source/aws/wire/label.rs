//! Which row of the table of calls a request is: said by an interceptor that every client has, read by the wire.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{BeforeTransmitInterceptorContextMut, InterceptorContext};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::region::Region;

use super::silence::Enough;
use crate::inventory::Api;

/// What the wire is to know of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) api: Api,
    pub(super) region: Arc<str>,
}

impl Label {
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        request.extension::<Self>().cloned()
    }
}

/// Labels requests. What is not in the table gets no label, and the wire lets nothing pass without one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels;

#[dyn_dispatch_hint]
impl Intercept for Labels {
    fn name(&self) -> &'static str {
        "Labels"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let api = config.load::<Metadata>().and_then(|call| api(call.service(), call.name()));
        if let Some(api) = api {
            let region = config.load::<Region>().map_or("", AsRef::as_ref).into();
            context.request_mut().add_extension(Label { api, region });
        }
        Ok(())
    }
}

/// The row of an operation as the SDK names it: `Secrets Manager`, `ListSecrets`.
fn api(service: &str, operation: &str) -> Option<Api> {
    let prefix = service.replace(' ', "").to_ascii_lowercase();
    Api::named(&format!("{prefix}:{operation}"))
}

/// A mark on an answer: the same call is worth being made again, because something has been done about what failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeat;

/// Makes calls again whose answers the wire has marked so, and others not again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Again;

impl ClassifyRetry for Again {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response() {
            Some(answer) if answer.extension::<Enough>().is_some() => RetryAction::RetryForbidden,
            Some(answer) if answer.extension::<Repeat>().is_some() => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Again"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::http_status_code_classifier())
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::interceptors::context::Input;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    #[test]
    fn a_mark_makes_a_call_again_and_another_one_ends_it() {
        let of = |mark: fn(&mut HttpResponse)| {
            let mut response = HttpResponse::new(500.try_into().unwrap(), SdkBody::empty());
            mark(&mut response);
            let mut context = InterceptorContext::new(Input::doesnt_matter());
            context.set_response(response);
            Again.classify_retry(&context)
        };
        assert_eq!(of(|_| {}), RetryAction::NoActionIndicated);
        assert_eq!(of(|response| response.add_extension(Repeat)), RetryAction::transient_error());
        let both = |response: &mut HttpResponse| {
            response.add_extension(Repeat);
            response.add_extension(Enough::OfCall);
        };
        assert_eq!(of(both), RetryAction::RetryForbidden);
    }

    #[test]
    fn an_operation_is_its_row_of_the_table_and_another_is_none() {
        assert_eq!(api("Secrets Manager", "GetResourcePolicy"), Some(Api::GetSecretPolicy));
        assert_eq!(api("Route 53", "ListHostedZonesByVPC"), Some(Api::ListHostedZonesByVpc));
        assert_eq!(api("Route53Resolver", "ListResolverRules"), Some(Api::ListResolverRules));
        assert_eq!(api("Secrets Manager", "GetSecretValue"), None);
        assert_eq!(api("Lambda", "GetFunction"), None);
    }
}
