//! How often AWS lets each call of the table be made, and how much it tells at once: the collector keeps to it, and `docs/collection.md` tells it.

use super::api::Api;

/// Calls that share one of AWS's request quotas. AWS counts each account by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateGroup {
    /// The name of the group: a call (`lambda:GetPolicy`) or, where all other calls of a service share a quota, the service.
    pub name: &'static str,
    /// Requests a second.
    pub per_second: u32,
    /// How many may come at once after a pause; at least 1.
    pub burst: u32,
    /// Whether AWS counts all regions of an account together.
    pub global: bool,
    /// The page of AWS that says so; `None` where nothing is documented and the rate is a cautious choice of ours.
    pub source: Option<&'static str>,
}

const LAMBDA: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const SECRETS_MANAGER: &str = "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html";
const KMS: &str = "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html";
const EC2: &str = "https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html";
const STS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html";
const ROUTE53: &str = "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html";

/// Requests a second where nothing is documented.
const CAUTIOUS: u32 = 10;

impl Api {
    /// The quota that this call counts against.
    pub fn rate(self) -> RateGroup {
        let call = self.spec().name;
        let (service, operation) = call.split_once(':').unwrap_or((call, ""));
        // AWS documents a rate for these and no burst: a fifth of a second's worth may come at once.
        let of = |name, per_second: u32, source| RateGroup { name, per_second, burst: (per_second / 5).max(1), global: false, source };
        match (service, operation) {
            ("lambda", "GetPolicy") => of(call, 15, Some(LAMBDA)),
            // "The remainder of the control plane APIs", together.
            ("lambda", _) => of(service, 15, Some(LAMBDA)),
            // Together with putting, deleting and validating resource policies.
            ("secretsmanager", "GetResourcePolicy") => of(call, 50, Some(SECRETS_MANAGER)),
            ("secretsmanager", "ListSecrets") => of(call, 100, Some(SECRETS_MANAGER)),
            // As the other calls of its control plane; a row of its own was not found.
            ("secretsmanager", _) => of(call, 50, None),
            ("kms", "DescribeKey") => of(call, 2000, Some(KMS)),
            ("kms", "GetKeyPolicy") => of(call, 1000, Some(KMS)),
            ("kms", "ListGrants" | "ListKeyPolicies") => of(call, 100, Some(KMS)),
            // Each call has a bucket of its own, of 100 tokens, to which 20 are added each second.
            ("ec2", _) => RateGroup { burst: 100, ..of(call, 20, Some(EC2)) },
            ("route53", _) => RateGroup { global: true, ..of(service, 5, Some(ROUTE53)) },
            // Each region by itself.
            ("sts", _) => of(service, 600, Some(STS)),
            ("iam" | "organizations", _) => RateGroup { global: true, ..of(service, CAUTIOUS, None) },
            _ => of(service, CAUTIOUS, None),
        }
    }

    /// How many items a page of this call is asked to hold: the most that AWS allows, but for security groups, which are long. `None` where nothing is asked.
    pub fn page_size(self) -> Option<u32> {
        let call = self.spec().name;
        let (service, operation) = call.split_once(':').unwrap_or((call, ""));
        let lists = operation.starts_with("List");
        match (service, operation) {
            ("ec2", "DescribeVpcAttribute" | "DescribeVpcBlockPublicAccessOptions" | "SearchTransitGatewayRoutes" | "DescribeRegions")
            | ("organizations", "ListTagsForResource")
            | ("secretsmanager", "ListResourcePolicies") => None,
            ("organizations", _) if lists => Some(20),
            ("ec2", "DescribeSecurityGroups") => Some(200),
            ("ec2", "DescribeEgressOnlyInternetGateways") => Some(255),
            ("route53", "ListResourceRecordSets") => Some(300),
            ("ec2", "DescribeRouteTables" | "DescribeManagedPrefixLists" | "GetManagedPrefixListEntries") | ("rds", _) => Some(100),
            ("secretsmanager" | "route53" | "route53resolver", _) if lists => Some(100),
            ("ec2" | "iam", _) => Some(1000),
            ("kms", _) if lists => Some(1000),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_of_a_group_agree_about_it_and_none_stands_still() {
        for api in Api::ALL {
            let group = api.rate();
            assert!(group.per_second > 0 && group.burst > 0, "{}", api.spec().name);
            assert!(api.spec().name.starts_with(group.name), "{}", api.spec().name);
            for other in Api::ALL.into_iter().filter(|other| other.rate().name == group.name) {
                assert_eq!(other.rate(), group);
            }
        }
        assert_ne!(Api::GetFunctionPolicy.rate().name, Api::GetFunctionConfiguration.rate().name);
        assert_eq!(Api::ListFunctionTags.rate(), Api::GetFunctionConfiguration.rate());
    }
}
