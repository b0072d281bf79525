//! One rotation: the calls that it makes of AWS, how each is decided, and the verdict whether it will work.

mod calls;
mod chain;
mod judge;
mod turn_on;
mod verdict;

pub use calls::{Call, assume_role};
pub use chain::{KeyInUse, Rotation, RotationKind, rotations};
pub use judge::judge;
pub use verdict::{JudgedCall, Judgement, Step, Verdict};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Access;
    use crate::arn::Arn;
    use crate::inventory::{Inventory, Known, clean};
    use crate::policy::Decision;

    fn judged(change: impl FnOnce(&mut Inventory)) -> Judgement {
        let mut inventory = clean::account().unwrap();
        change(&mut inventory);
        let secret = Arn::parse(clean::SECRET).unwrap();
        let rotations = rotations(&inventory);
        let rotation = rotations.iter().find(|rotation| rotation.secret.arn == secret).unwrap();
        judge(rotation, &Access::new(&inventory), None)
    }

    #[test]
    fn the_clean_rotation_rotates() {
        let judgement = judged(|_| {});
        for call in &judgement.calls {
            assert_eq!(call.decision, Decision::Allowed, "{} on {}: {}", call.action, call.resource, call.because);
        }
        assert_eq!(judgement.verdict, Verdict::Rotates);
        assert_eq!(judgement.calls.len(), 11);
    }

    #[test]
    fn a_missing_invoke_permission_fails_at_invoke() {
        let judgement = judged(|inventory| {
            inventory.functions.values_mut().for_each(|function| function.policies = [(String::new(), Known::Value(None))].into());
        });
        assert!(matches!(judgement.verdict, Verdict::Fails { step: Step::Invoke, .. }), "{:?}", judgement.verdict);
    }

    #[test]
    fn a_disabled_key_fails_where_the_value_is_read() {
        let judgement = judged(|inventory| {
            for key in inventory.keys.values_mut() {
                if let Known::Value(Some(metadata)) = &mut key.metadata {
                    "Disabled".clone_into(&mut metadata.state);
                }
            }
        });
        assert!(matches!(judgement.verdict, Verdict::Fails { step: Step::CreateSecret, .. }), "{:?}", judgement.verdict);
    }

    #[test]
    fn an_unreadable_key_policy_leaves_the_verdict_open() {
        let judgement = judged(|inventory| {
            let gap = crate::inventory::Gap::new("kms:GetKeyPolicy", clean::KEY, "AccessDeniedException");
            inventory.keys.values_mut().for_each(|key| key.policies = Known::Unreadable(gap.clone()));
        });
        assert!(matches!(judgement.verdict, Verdict::Undecided { .. }), "{:?}", judgement.verdict);
    }
}
