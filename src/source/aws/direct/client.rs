//! A client of one service in one region: the SDK's orchestrator with our requests and answers.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::ApiMetadata;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::retries::strategy::StandardRetryStrategy;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{SharedRuntimePlugin, StaticRuntimePlugin};
use aws_smithy_types::config_bag::Layer;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};

use super::endpoint::{Endpoint, UnknownEndpoint, endpoint};
use super::operation::{Operation, Request, Service};
use super::refusal::Refusal;
use super::tree::{Element, Malformed};
use crate::arn::AccountId;
use crate::inventory::Api;
use crate::source::aws::wire::{Again, Labels, Wire};

/// Who asks, and how.
pub(crate) struct Environment<'a> {
    pub(crate) config: &'a SdkConfig,
    pub(crate) wire: &'a Wire,
    pub(crate) account: &'a AccountId,
    pub(crate) region: &'a str,
}

/// A client of one service in one region.
#[derive(Debug)]
pub(crate) struct Client {
    service: Service,
    endpoint: Result<Endpoint, UnknownEndpoint>,
    plugin: SharedRuntimePlugin,
}

impl Client {
    pub(crate) fn new(service: Service, environment: &Environment<'_>) -> Self {
        let endpoint = endpoint(environment.config, service, environment.region);
        let signing_region = endpoint.as_ref().map_or(environment.region, |endpoint| &endpoint.signing_region);
        let plugin = StaticRuntimePlugin::new()
            .with_config(settings(service, signing_region, environment).freeze())
            .with_runtime_components(components(environment.config));
        Self { service, endpoint, plugin: SharedRuntimePlugin::new(plugin) }
    }

    /// Makes one call; `take` is the fact in the answer. What it refuses is an error that the caller hears.
    pub(crate) async fn call<T, F>(&self, api: Api, request: Request, take: F) -> Result<T, SdkError<Refusal, HttpResponse>>
    where
        T: std::fmt::Debug + Send + Sync + 'static,
        F: Fn(&Element) -> Result<T, Malformed> + Send + Sync + 'static,
    {
        let endpoint = self.endpoint.as_ref().map_err(|error| SdkError::construction_failure(error.clone()))?;
        let Some(operation) = Operation::of(api, self.service) else {
            return Err(SdkError::construction_failure(Malformed::new("this client does not make this call")));
        };
        let call = operation::Operation::builder()
            .service_name(self.service.id())
            .operation_name(operation.name())
            .endpoint_url(&endpoint.url)
            .serializer(move |request: Arc<Request>| Ok(operation.request(&request)))
            .deserializer(move |response| read(operation, response, &take))
            .runtime_plugin(self.plugin.clone())
            .build();
        call.invoke(Arc::new(request)).await
    }
}

fn read<T>(
    operation: Operation,
    response: &HttpResponse,
    take: &impl Fn(&Element) -> Result<T, Malformed>,
) -> Result<T, OrchestratorError<Refusal>> {
    let body = std::str::from_utf8(response.body().bytes().unwrap_or_default()).unwrap_or_default();
    if !response.status().is_success() {
        let code = response.headers().get("x-amzn-errortype");
        return Err(OrchestratorError::operation(Refusal::read(operation.service(), code, body)));
    }
    // A proxy's page with status 200 is not an empty list.
    let Some(answer) = answer(operation, body) else {
        return Err(OrchestratorError::operation(Refusal::foreign()));
    };
    take(&answer).map_err(|malformed| OrchestratorError::operation(Refusal::from(malformed)))
}

/// The element that holds an operation's result; `None` when the body is not this operation's answer.
fn answer(operation: Operation, body: &str) -> Option<Element> {
    let name = operation.name();
    match operation.service() {
        Service::Resolver | Service::SecretsManager | Service::Organizations => {
            let body: serde_json::Value = serde_json::from_str(body).ok()?;
            body.is_object().then(|| Element::from_json(name, &body))
        }
        service => {
            let root = Element::from_xml(body).ok().filter(|root| root.is_named(&format!("{name}Response")))?;
            match service {
                Service::Rds | Service::CloudFormation => root.child(&format!("{name}Result")).cloned(),
                _ => Some(root),
            }
        }
    }
}

fn settings(service: Service, signing_region: &str, environment: &Environment<'_>) -> Layer {
    let config = environment.config;
    let mut layer = Layer::new("rotaudit");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(SigV4OperationSigningConfig::default());
    layer.store_put(SigningName::from_static(service.name()));
    layer.store_put(SigningRegion::from(Region::new(signing_region.to_owned())));
    layer.store_put(Region::new(environment.region.to_owned()));
    layer.store_put(environment.wire.partition());
    layer.store_put(ApiMetadata::new(service.name(), env!("CARGO_PKG_VERSION")));
    if let Some(name) = config.app_name() {
        layer.store_put(name.clone());
    }
    if let Some(retries) = config.retry_config() {
        layer.store_put(retries.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        layer.store_put(timeouts.clone());
    }
    layer
}

fn components(config: &SdkConfig) -> RuntimeComponentsBuilder {
    let mut components = RuntimeComponentsBuilder::new("rotaudit")
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]))))
        .with_http_client(config.http_client())
        .with_identity_cache(config.identity_cache())
        .with_sleep_impl(config.sleep_impl())
        .with_time_source(config.time_source())
        .with_retry_strategy(Some(StandardRetryStrategy::new()))
        .with_retry_classifier(TransientErrorClassifier::<Refusal>::new())
        .with_retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
        .with_retry_classifier(HttpStatusCodeClassifier::default())
        .with_retry_classifier(ServiceClockSkewClassifier::<Refusal>::new())
        .with_retry_classifier(Again)
        .with_interceptor(SharedInterceptor::permanent(ConnectionPoisoningInterceptor::new()))
        .with_interceptor(SharedInterceptor::permanent(ServiceClockSkewInterceptor::new()))
        .with_interceptor(SharedInterceptor::permanent(RequestInfoInterceptor::new()))
        .with_interceptor(SharedInterceptor::permanent(InvocationIdInterceptor::new()))
        .with_interceptor(SharedInterceptor::permanent(UserAgentInterceptor::new()))
        .with_interceptor(SharedInterceptor::permanent(Labels));
    if let Some(credentials) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::aws::ask::told;
    use crate::source::aws::wire::Exchange;

    #[tokio::test]
    async fn what_cannot_be_asked_says_why_without_asking() {
        let account = AccountId::parse("111122223333").unwrap();
        let (config, wire) = (SdkConfig::builder().build(), Wire::new(Exchange::default()));
        let environment = |region| Environment { config: &config, wire: &wire, account: &account, region };
        let client = Client::new(Service::Ec2, &environment("us-iso-east-1"));
        let error = client.call(Api::DescribeVpcs, Request::all(), |_| Ok(())).await.unwrap_err();
        assert_eq!(
            told(&error),
            "the call could not be made: the host of EC2 in the partition of us-iso-east-1 is not known to rotaudit: name it with AWS_ENDPOINT_URL_EC2"
        );
        let client = Client::new(Service::Ec2, &environment("eu-west-1"));
        let error = client.call(Api::ListSecrets, Request::all(), |_| Ok(())).await.unwrap_err();
        assert_eq!(told(&error), "the call could not be made: this client does not make this call");
    }
}
