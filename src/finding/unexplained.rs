//! What is told about the finding that stands for a verdict: a rotation fails, and no rule says why. The pipeline makes such findings, reports and the configuration know the rule.

use super::rule_info::{About, Category, Class, Confidence, RuleInfo, Severity};

/// The id of that rule. It is in no file, and nobody can switch it off: a waiver leaves it out, with a reason and until a day.
pub const ROTATION_FAILS: &str = "rotation-fails";

/// What is told about it.
pub fn rotation_fails() -> RuleInfo {
    RuleInfo {
        id: ROTATION_FAILS.to_owned(),
        title: "The rotation fails, and no other finding says why".to_owned(),
        category: Category::Rotation,
        class: Class::Breaks,
        severity: Severity::High,
        confidence: Confidence::Certain,
        about: About::Rotation,
        why: "The calls of the rotation and what it needs were gone through one after the other, and this one fails. Usually a rule of its own says so and names what to change; here there is none, it is switched off, or \
              it is less severe than a rotation that fails."
            .to_owned(),
        remedy: "Mend what the message names; `rotaudit explain` shows the rotation call by call.".to_owned(),
        references: vec!["https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot_rotation.html".to_owned()],
        maps: None,
        fix: None,
    }
}
