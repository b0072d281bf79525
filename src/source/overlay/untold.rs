//! Gaps by which a template says that it does not tell something. `overlay` and what stands beside this ask here.

use crate::inventory::Gap;

/// The call of such a gap.
pub(super) const TEMPLATE: &str = "template";

/// Whether this is one.
pub(super) fn is_untold(gap: &Gap) -> bool {
    &*gap.call == TEMPLATE
}
