//! How KMS is told that Secrets Manager calls on somebody's behalf. The context of such calls and the policy of the AWS managed key use it.

use crate::arn::Partition;
use crate::policy::{Part, Symbol, Text};

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
