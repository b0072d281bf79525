//! Where a service answers: what the user says, or the host of a table. A host that the table does not have is an error, never a guess.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use thiserror::Error;

use super::operation::Service;
use crate::arn::Partition;

/// The base of a service's URLs, and the region to sign for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) url: String,
    pub(super) signing_region: String,
}

/// No endpoint is known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the host of {service} in the partition of {region} is not known to rotaudit: name it with AWS_ENDPOINT_URL_{variable}")]
pub(super) struct UnknownEndpoint {
    service: &'static str,
    region: String,
    variable: String,
}

/// The endpoint of a service in a region, by the rules of every AWS SDK: `--endpoint-url`, then `AWS_ENDPOINT_URL_<SERVICE>` and its section of the
/// configuration file, then `AWS_ENDPOINT_URL`, then the table (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
pub(super) fn endpoint(config: &SdkConfig, service: Service, region: &str) -> Result<Endpoint, UnknownEndpoint> {
    let fips = config.use_fips().unwrap_or(false);
    let dual_stack = config.use_dual_stack().unwrap_or(false);
    let signing_region = signing_region(service, region).to_owned();
    if let Some(url) = configured(config, service) {
        return Ok(Endpoint { url, signing_region });
    }
    match host(service, region, fips, dual_stack) {
        Some(host) => Ok(Endpoint { url: format!("https://{host}"), signing_region }),
        None => Err(UnknownEndpoint { service: service.id(), region: region.to_owned(), variable: variable(service) }),
    }
}

fn configured(config: &SdkConfig, service: Service) -> Option<String> {
    let of_the_service = || {
        let key = ServiceConfigKey::builder().service_id(service.id()).env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
        config.service_config()?.load_config(key)
    };
    let of_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() { of_all() } else { of_the_service().or_else(of_all) }
}

fn variable(service: Service) -> String {
    service.id().to_uppercase().replace(' ', "_")
}

/// Route 53 and Organizations are signed for one region of each partition, the others for their own
/// (<https://docs.aws.amazon.com/general/latest/gr/r53.html>, <https://docs.aws.amazon.com/general/latest/gr/ao.html>).
fn signing_region(service: Service, region: &str) -> &str {
    match (service, Partition::of_region(region)) {
        (Service::Route53 | Service::Organizations, Partition::Aws) => "us-east-1",
        (Service::Route53 | Service::Organizations, Partition::China) => "cn-northwest-1",
        (Service::Route53 | Service::Organizations, Partition::GovCloud) => "us-gov-west-1",
        _ => region,
    }
}

/// The host of a service
/// (<https://docs.aws.amazon.com/general/latest/gr/ec2-service.html>, <https://docs.aws.amazon.com/general/latest/gr/rds-service.html>,
/// <https://docs.aws.amazon.com/general/latest/gr/r53.html>, <https://docs.aws.amazon.com/general/latest/gr/asm.html>,
/// <https://docs.aws.amazon.com/general/latest/gr/ao.html>; FIPS in GovCloud:
/// <https://aws.amazon.com/compliance/fips/>).
fn host(service: Service, region: &str, fips: bool, dual_stack: bool) -> Option<String> {
    let partition = Partition::of_region(region);
    let suffix = match (partition, dual_stack) {
        (Partition::Aws | Partition::GovCloud, false) => "amazonaws.com",
        (Partition::Aws | Partition::GovCloud, true) => "api.aws",
        (Partition::China, false) => "amazonaws.com.cn",
        (Partition::China, true) => "api.amazonwebservices.com.cn",
        (Partition::Other, _) => return None,
    };
    let name = service.name();
    // In GovCloud the ordinary hosts are FIPS hosts; Secrets Manager has others beside them.
    let ordinary = partition == Partition::GovCloud && service != Service::SecretsManager && (!dual_stack || service == Service::Route53);
    let mark = if fips && !ordinary { "-fips" } else { "" };
    match (service, partition, dual_stack) {
        // There are no FIPS hosts in China.
        (_, Partition::China, _) if fips => None,
        (Service::Route53, Partition::GovCloud, _) => Some(format!("{name}{mark}.us-gov.{suffix}")),
        (Service::Route53, _, true) => Some(format!("{name}{mark}.global.{suffix}")),
        (Service::Route53, _, false) => Some(format!("{name}{mark}.{suffix}")),
        // Its name has the region, and only hosts of IPv4 are documented.
        (Service::Organizations, _, true) => None,
        (Service::Organizations, _, false) => Some(format!("{name}{mark}.{}.{suffix}", signing_region(service, region))),
        _ => Some(format!("{name}{mark}.{region}.{suffix}")),
    }
}

#[cfg(test)]
mod tests {
    use aws_config::Region;

    use super::*;

    fn of(service: Service, region: &str, fips: bool, dual_stack: bool) -> String {
        host(service, region, fips, dual_stack).unwrap_or_default()
    }

    #[test]
    fn every_partition_of_the_table_has_its_hosts() {
        let rows = [
            (Service::Ec2, "eu-west-1", "ec2.eu-west-1.amazonaws.com", "ec2-fips.eu-west-1.amazonaws.com", "ec2.eu-west-1.api.aws"),
            (Service::Ec2, "cn-north-1", "ec2.cn-north-1.amazonaws.com.cn", "", "ec2.cn-north-1.api.amazonwebservices.com.cn"),
            (
                Service::Rds,
                "us-gov-east-1",
                "rds.us-gov-east-1.amazonaws.com",
                "rds.us-gov-east-1.amazonaws.com",
                "rds.us-gov-east-1.api.aws",
            ),
            (Service::Route53, "eu-west-1", "route53.amazonaws.com", "route53-fips.amazonaws.com", "route53.global.api.aws"),
            (Service::Route53, "cn-north-1", "route53.amazonaws.com.cn", "", "route53.global.api.amazonwebservices.com.cn"),
            (Service::Route53, "us-gov-east-1", "route53.us-gov.amazonaws.com", "route53.us-gov.amazonaws.com", "route53.us-gov.api.aws"),
            (
                Service::Resolver,
                "us-east-1",
                "route53resolver.us-east-1.amazonaws.com",
                "route53resolver-fips.us-east-1.amazonaws.com",
                "route53resolver.us-east-1.api.aws",
            ),
            (
                Service::SecretsManager,
                "us-gov-west-1",
                "secretsmanager.us-gov-west-1.amazonaws.com",
                "secretsmanager-fips.us-gov-west-1.amazonaws.com",
                "secretsmanager.us-gov-west-1.api.aws",
            ),
            (
                Service::SecretsManager,
                "cn-northwest-1",
                "secretsmanager.cn-northwest-1.amazonaws.com.cn",
                "",
                "secretsmanager.cn-northwest-1.api.amazonwebservices.com.cn",
            ),
        ];
        for (service, region, plain, fips, dual_stack) in rows {
            assert_eq!(of(service, region, false, false), plain);
            assert_eq!(of(service, region, true, false), fips);
            assert_eq!(of(service, region, false, true), dual_stack);
        }
        let hosts = ["eu-west-1", "cn-north-1", "us-gov-east-1"].map(|region| of(Service::Organizations, region, false, false));
        assert_eq!(
            hosts,
            [
                "organizations.us-east-1.amazonaws.com",
                "organizations.cn-northwest-1.amazonaws.com.cn",
                "organizations.us-gov-west-1.amazonaws.com"
            ]
        );
        assert_eq!(of(Service::Organizations, "eu-west-1", true, false), "organizations-fips.us-east-1.amazonaws.com");
        assert_eq!(of(Service::Ec2, "us-gov-west-1", true, true), "ec2-fips.us-gov-west-1.api.aws");
        assert_eq!(of(Service::Route53, "eu-west-1", true, true), "route53-fips.global.api.aws");
        assert_eq!(of(Service::Route53, "us-gov-west-1", true, true), "route53.us-gov.api.aws");
    }

    #[test]
    fn services_without_regions_are_signed_for_one_region_of_each_partition() {
        for service in [Service::Route53, Service::Organizations] {
            let regions = ["eu-west-1", "cn-north-1", "us-gov-east-1"].map(|region| signing_region(service, region));
            assert_eq!(regions, ["us-east-1", "cn-northwest-1", "us-gov-west-1"]);
        }
        assert_eq!(signing_region(Service::Ec2, "eu-west-1"), "eu-west-1");
    }

    #[test]
    fn a_partition_outside_the_table_is_an_error_unless_the_user_names_a_host() {
        let config = SdkConfig::builder().region(Region::new("us-iso-east-1")).build();
        let error = endpoint(&config, Service::Route53, "us-iso-east-1").unwrap_err();
        assert!(error.to_string().contains("AWS_ENDPOINT_URL_ROUTE_53"), "{error}");
        let config = config.into_builder().endpoint_url("http://127.0.0.1:1").build();
        assert_eq!(endpoint(&config, Service::Route53, "us-iso-east-1").unwrap().url, "http://127.0.0.1:1");
    }
}
