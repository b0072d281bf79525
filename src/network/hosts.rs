//! Which endpoint of Secrets Manager a function uses, told from its environment variables, and what kind of host that is.

use super::reason::{Code, Reason};
use crate::arn::Partition;
use crate::inventory::FunctionConfiguration;

/// An endpoint that a function uses, or may use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// The environment variable that gives it; absent for the SDK's own choice.
    pub variable: Option<&'static str>,
    /// The URL as it was given, or as the SDK makes it.
    pub url: String,
    /// Its host in lower case; empty when the URL has none.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is plain HTTP, which shows signed requests and new secrets to everybody on the way.
    pub plain: bool,
    /// What kind of host it is.
    pub kind: HostKind,
    /// The region in its name.
    pub region: Option<String>,
}

/// The kinds of hosts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostKind {
    /// `secretsmanager.REGION.amazonaws.com`, the public name; it answers over IPv4 and IPv6
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/asm_access.html>).
    Default,
    /// `secretsmanager-fips.REGION.amazonaws.com`, the public name of the endpoints with FIPS 140.
    Fips,
    /// A name of one VPC endpoint (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html>).
    VpcEndpoint {
        /// The endpoint.
        id: String,
        /// The availability zone's name, if it is the name of a single zone.
        zone: Option<String>,
        /// Whether it stands for the endpoints with FIPS 140.
        fips: bool,
    },
    /// `SERVICE.REGION.amazonaws.com` of one of the other services that AWS's rotation templates call
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html>).
    OtherService(&'static str),
    /// A host of AWS that is not documented for Secrets Manager, or only for partitions that are not verified.
    Unverified,
    /// A host of somebody else: credentials and new secrets are sent there.
    NotAws,
    /// No URL with a scheme and a host.
    Bad,
}

/// The variables that give an endpoint: the one that AWS's rotation templates read
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html>), and the SDKs' own, the more specific one first
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
const TEMPLATE: &str = "SECRETS_MANAGER_ENDPOINT";
const SDK: [&str; 2] = ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"];

/// The other services that AWS's templates call, as their hosts and their VPC endpoints name them.
const OTHER_SERVICES: [&str; 3] = ["ds", "elasticache", "timestream-influxdb"];

/// The endings of AWS's own hosts.
const AWS_ENDINGS: [&str; 4] = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn"];

/// The ending of the hosts of a region, where it is verified.
fn ending(region: &str) -> Option<&'static str> {
    match Partition::of_region(region) {
        Partition::Aws | Partition::GovCloud => Some("amazonaws.com"),
        Partition::China => Some("amazonaws.com.cn"),
        Partition::Other => None,
    }
}

/// The endpoints that a function in `region` may use; one, unless it was given several that differ. Code made from AWS's templates takes
/// `SECRETS_MANAGER_ENDPOINT`, other code takes what the SDK takes; which of them the code is, no configuration tells.
pub fn endpoints(configuration: &FunctionConfiguration, region: &str) -> Vec<Endpoint> {
    let value = |name: &str| configuration.endpoint_variables.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let on = |name: &str| value(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let mut found = Vec::new();
    if let Some(url) = value(TEMPLATE) {
        found.push(Endpoint::parse(Some(TEMPLATE), url));
    }
    let configured = if on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") { None } else { SDK.iter().find_map(|name| Some((*name, value(name)?))) };
    match configured {
        Some((name, url)) => found.push(Endpoint::parse(Some(name), url)),
        None if found.is_empty() => {
            let fips = if on("AWS_USE_FIPS_ENDPOINT") { "-fips" } else { "" };
            found.push(Endpoint::parse(
                None,
                &format!("https://secretsmanager{fips}.{region}.{}", ending(region).unwrap_or("amazonaws.com")),
            ));
            if on("AWS_USE_DUALSTACK_ENDPOINT") {
                found.push(Endpoint::parse(None, &format!("https://secretsmanager{fips}.{region}.api.aws")));
            }
        }
        None => {}
    }
    found.dedup_by(|a, b| (&a.host, a.port, a.plain) == (&b.host, b.port, b.plain));
    found
}

impl Endpoint {
    /// The public endpoint of another service in a region, if it is one that AWS's templates call.
    pub(super) fn of_service(service: &str, region: &str) -> Option<Self> {
        let endpoint = Self::parse(None, &format!("https://{service}.{region}.{}", ending(region)?));
        matches!(endpoint.kind, HostKind::OtherService(_)).then_some(endpoint)
    }

    /// Reads a URL. `variable` is where it stands.
    pub fn parse(variable: Option<&'static str>, url: &str) -> Self {
        let url = url.trim();
        let bad = Self { variable, url: url.to_owned(), host: String::new(), port: 0, plain: false, kind: HostKind::Bad, region: None };
        let Some((scheme, rest)) = url.split_once("://") else { return bad };
        let plain = match scheme.to_ascii_lowercase().as_str() {
            "https" => false,
            "http" => true,
            _ => return bad,
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => match port.parse() {
                Ok(port) => (host, port),
                Err(_) => return bad,
            },
            _ => (authority, if plain { 80 } else { 443 }),
        };
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let odd = |c: char| !(c.is_ascii_alphanumeric() || "-._:[]".contains(c));
        if host.is_empty() || host.len() > 253 || host.chars().any(odd) {
            return bad;
        }
        let (kind, region) = classify(&host);
        Self { host, port, plain, kind, region, ..bad }
    }

    /// The last part of the service's name in EC2: `secretsmanager`, `secretsmanager-fips`, `elasticache`, …
    pub(super) fn service(&self) -> &'static str {
        match self.kind {
            HostKind::Fips | HostKind::VpcEndpoint { fips: true, .. } => "secretsmanager-fips",
            HostKind::OtherService(service) => service,
            _ => "secretsmanager",
        }
    }

    /// The services that an endpoint in the way of this name may stand for: with FIPS 140 and without.
    pub(super) fn siblings(&self) -> &[&'static str] {
        match &self.kind {
            HostKind::OtherService(service) => std::slice::from_ref(service),
            _ => &["secretsmanager", "secretsmanager-fips"],
        }
    }

    /// Whether the host is known to answer over IPv6.
    pub(super) fn is_dual_stack(&self) -> bool {
        self.kind == HostKind::Default && self.region.as_deref().map(Partition::of_region) == Some(Partition::Aws)
    }

    /// What is wrong or not known about the endpoint itself, whatever the network: the reason, and whether it decides.
    pub(super) fn objection(&self, secret_region: &str) -> Option<(Reason, bool)> {
        let from = self.variable.unwrap_or("the SDK's endpoint");
        let reason = |code, detail: String| Reason::new(code, from, detail);
        if self.kind == HostKind::Bad {
            return Some((reason(Code::EndpointUrlBad, format!("{from} is not the URL of an endpoint: {:?}", shortened(&self.url))), true));
        }
        if let Some(region) = self.region.as_deref().filter(|region| *region != secret_region) {
            let detail = format!("{from} leads to Secrets Manager in {region}, and the secret is in {secret_region}");
            return Some((reason(Code::EndpointRegionMismatch, detail), true));
        }
        if self.kind == HostKind::NotAws {
            return Some((reason(Code::EndpointNotAws, format!("{from} leads to {}, which is not a host of AWS", self.host)), false));
        }
        if matches!(self.kind, HostKind::Unverified | HostKind::OtherService(_)) || self.plain || self.port != 443 {
            let detail = format!("{from} is {}, which AWS does not document for Secrets Manager", shortened(&self.url));
            return Some((reason(Code::EndpointUnverified, detail), false));
        }
        None
    }
}

fn shortened(url: &str) -> String {
    url.chars().take(120).collect()
}

/// What kind of host a name is, and the region in it.
fn classify(host: &str) -> (HostKind, Option<String>) {
    if !AWS_ENDINGS.iter().any(|ending| host.ends_with(ending)) {
        return (HostKind::NotAws, None);
    }
    let labels: Vec<&str> = host.splitn(3, '.').collect();
    if let &[service @ ("secretsmanager" | "secretsmanager-fips"), region, rest] = labels.as_slice()
        && ending(region) == Some(rest)
    {
        let kind = if service == "secretsmanager" { HostKind::Default } else { HostKind::Fips };
        return (kind, Some(region.to_owned()));
    }
    if let &[service, region, rest] = labels.as_slice()
        && let Some(service) = OTHER_SERVICES.iter().find(|known| **known == service)
        && ending(region) == Some(rest)
    {
        return (HostKind::OtherService(service), Some(region.to_owned()));
    }
    vpc_endpoint(host).unwrap_or((HostKind::Unverified, None))
}

/// Reads `vpce-0a1b-x1y2[-eu-west-1a].secretsmanager.eu-west-1.vpce.amazonaws.com`.
fn vpc_endpoint(host: &str) -> Option<(HostKind, Option<String>)> {
    let labels: Vec<&str> = host.splitn(5, '.').collect();
    let &[name, service @ ("secretsmanager" | "secretsmanager-fips"), region, "vpce", rest] = labels.as_slice() else { return None };
    if ending(region) != Some(rest) {
        return None;
    }
    let mut parts = name.strip_prefix("vpce-")?.splitn(3, '-');
    let (id, _random, zone) = (parts.next()?, parts.next()?, parts.next());
    let kind = HostKind::VpcEndpoint { id: format!("vpce-{id}"), zone: zone.map(str::to_owned), fips: service == "secretsmanager-fips" };
    Some((kind, Some(region.to_owned())))
}

/// The id and the zone in any name of a VPC endpoint, whatever its service.
pub(super) fn endpoint_of_name(host: &str) -> Option<(String, Option<String>)> {
    match vpc_endpoint(host)?.0 {
        HostKind::VpcEndpoint { id, zone, .. } => Some((id, zone)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(variables: &[(&str, &str)]) -> Vec<Endpoint> {
        let endpoint_variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        endpoints(&FunctionConfiguration { endpoint_variables, ..FunctionConfiguration::default() }, "eu-west-1")
    }

    fn kind(url: &str) -> HostKind {
        Endpoint::parse(None, url).kind
    }

    #[test]
    fn without_variables_the_public_name_of_the_region_is_used() {
        let [endpoint] = used(&[]).try_into().unwrap();
        assert_eq!(endpoint.host, "secretsmanager.eu-west-1.amazonaws.com");
        assert_eq!((endpoint.kind, endpoint.region.as_deref()), (HostKind::Default, Some("eu-west-1")));
    }

    #[test]
    fn the_templates_variable_stands_alone_where_the_sdk_was_given_nothing() {
        let url = "https://vpce-0a1b-x1y2.secretsmanager.eu-west-1.vpce.amazonaws.com";
        let [endpoint] = used(&[("SECRETS_MANAGER_ENDPOINT", url), ("AWS_USE_FIPS_ENDPOINT", "true")]).try_into().unwrap();
        assert_eq!(endpoint.kind, HostKind::VpcEndpoint { id: "vpce-0a1b".to_owned(), zone: None, fips: false });
    }

    #[test]
    fn variables_that_differ_are_both_kept_and_variables_that_agree_are_one() {
        let other = "https://secretsmanager-fips.eu-west-1.amazonaws.com/";
        assert_eq!(
            used(&[("SECRETS_MANAGER_ENDPOINT", "https://secretsmanager.eu-west-1.amazonaws.com"), ("AWS_ENDPOINT_URL", other)]).len(),
            2
        );
        assert_eq!(used(&[("SECRETS_MANAGER_ENDPOINT", other), ("AWS_ENDPOINT_URL", other)]).len(), 1);
        let ignored = used(&[("AWS_ENDPOINT_URL", "http://localhost:4566"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE")]);
        assert_eq!(ignored[0].kind, HostKind::Default);
        let specific = used(&[("AWS_ENDPOINT_URL", "http://localhost"), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", other)]);
        assert_eq!((specific.len(), &specific[0].kind), (1, &HostKind::Fips));
    }

    #[test]
    fn fips_and_dual_stack_change_the_sdks_choice() {
        assert_eq!(used(&[("AWS_USE_FIPS_ENDPOINT", "true")])[0].kind, HostKind::Fips);
        let dual = used(&[("AWS_USE_DUALSTACK_ENDPOINT", "true")]);
        assert_eq!(dual.iter().map(|endpoint| &endpoint.kind).collect::<Vec<_>>(), [&HostKind::Default, &HostKind::Unverified]);
    }

    #[test]
    fn hosts_are_told_apart() {
        assert_eq!(kind("https://secretsmanager.cn-north-1.amazonaws.com.cn"), HostKind::Default);
        assert_eq!(kind("https://secretsmanager.cn-north-1.amazonaws.com"), HostKind::Unverified);
        assert_eq!(kind("https://SecretsManager.eu-west-1.amazonaws.com."), HostKind::Default);
        assert_eq!(kind("https://x1y2.execute-api.eu-west-1.amazonaws.com"), HostKind::Unverified);
        assert_eq!(kind("https://amazonaws.com.evil.example"), HostKind::NotAws);
        assert_eq!(kind("https://evilamazonaws.com"), HostKind::NotAws);
        let zonal = kind("https://vpce-0a1b-x1y2-eu-west-1a.secretsmanager-fips.eu-west-1.vpce.amazonaws.com");
        assert_eq!(zonal, HostKind::VpcEndpoint { id: "vpce-0a1b".to_owned(), zone: Some("eu-west-1a".to_owned()), fips: true });
    }

    #[test]
    fn what_is_no_url_is_bad() {
        for url in
            ["", "secretsmanager.eu-west-1.amazonaws.com", "https://", "ftp://x", "https://a b", "https://h:99999", "https://user@h", "://"]
        {
            assert_eq!(kind(url), HostKind::Bad, "{url}");
        }
        assert_eq!(Endpoint::parse(None, "http://[::1]:4566/x").port, 4566);
    }
}
