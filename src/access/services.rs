//! The names of services as they stand in requests, which differ between partitions. Principals, contexts and the policy of the AWS managed key use them.

use crate::arn::Partition;
use crate::policy::{Part, Symbol, Text};

/// Whether an action is one of Secrets Manager's, and so goes to its endpoint.
pub(super) fn is_secrets_manager(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, _)| service.eq_ignore_ascii_case("secretsmanager"))
}

/// The value of `kms:ViaService` in this region. Its end is documented for two partitions only
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>).
pub(super) fn via_service(region: &str) -> Text {
    match Partition::of_region(region) {
        Partition::Aws | Partition::GovCloud => Text::literal(format!("secretsmanager.{region}.amazonaws.com")),
        Partition::China | Partition::Other => Text::from_parts([
            Part::Literal(format!("secretsmanager.{region}.").into()),
            Part::Symbol(Symbol::unknown("end-of-kms-via-service")),
        ]),
    }
}

/// A service principal in requests of this partition. Whether it ends there in `.amazonaws.com` or in the partition's own domain is documented service by
/// service, and for none of ours (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services>).
pub(super) fn service_principal(name: &str, partition: &str) -> Text {
    let name = Part::Literal(name.into());
    match Partition::named(partition) {
        Partition::Aws | Partition::GovCloud => Text::from_parts([name]),
        Partition::China | Partition::Other => Text::from_parts([name, Part::Symbol(Symbol::unknown("end-of-service-principal"))]),
    }
}
