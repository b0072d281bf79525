//! What is proposed, and the inventory as it would be with it. `gate` asks here.

use crate::arn::Arn;
use crate::inventory::{Inventory, RotationConfiguration, Secret};

/// A rotation that somebody wants to turn on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The secret, by its full ARN.
    pub secret: Arn,
    /// What is to rotate it.
    pub through: Through,
    /// When; `None` leaves the schedule that the secret has.
    pub schedule: Option<ProposedSchedule>,
    /// The role or user who turns it on, by their own ARN, if somebody is named.
    pub turned_on_by: Option<Arn>,
}

/// What is to rotate a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Through {
    /// A Lambda function, by the ARN that `RotationLambdaARN` is to be, qualified or not.
    Function(Arn),
    /// Secrets Manager itself, through a role: a managed external secret.
    Role(Arn),
}

/// A rotation schedule (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html>).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProposedSchedule {
    /// Days between rotations, where the schedule says days.
    pub after_days: Option<i64>,
    /// `rate(…)` or `cron(…)`.
    pub expression: Option<String>,
    /// Length of the rotation window, such as `3h`.
    pub window: Option<String>,
}

/// A copy of the inventory in which the proposed rotation is on.
pub(super) fn overlay(inventory: &Inventory, proposal: &Proposal) -> Inventory {
    let mut inventory = inventory.clone();
    if let Some(secret) = inventory.secrets.get_mut(&proposal.secret) {
        let before = std::mem::take(&mut secret.rotation);
        secret.rotation = turned_on(before, proposal);
    }
    inventory
}

/// What the dates say of rotations so far is left out of it: turning rotation on begins anew, with a rotation at once.
fn turned_on(before: RotationConfiguration, proposal: &Proposal) -> RotationConfiguration {
    let schedule = proposal.schedule.clone().unwrap_or(ProposedSchedule {
        after_days: before.after_days,
        expression: before.schedule,
        window: before.window,
    });
    let (function, external_role) = match &proposal.through {
        Through::Function(arn) => (Some(arn.clone()), before.external_role),
        Through::Role(arn) => (None, Some(arn.clone())),
    };
    RotationConfiguration {
        enabled: true,
        function,
        external_role,
        after_days: schedule.after_days,
        schedule: schedule.expression,
        window: schedule.window,
        ..RotationConfiguration::default()
    }
}

/// Why Secrets Manager will not turn something on, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Why, in a sentence without its full stop.
    pub(super) because: String,
    /// What to do.
    pub(super) remedy: &'static str,
}

/// Whether Secrets Manager refuses this whatever the policies say. Sources, in the order of the reasons:
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/standalone-secret.html>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_managed.html>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_external.html> and the first again.
pub(super) fn refusal(secret: &Secret, through: &Through) -> Option<Refusal> {
    let name = &secret.name;
    let refusal = |because, remedy| Some(Refusal { because, remedy });
    if secret.deleted_at.is_some() {
        return refusal(
            format!("{name} is scheduled for deletion, and RotateSecret answers with an error until it is restored"),
            "Restore the secret (RestoreSecret), or name the one that takes its place.",
        );
    }
    if secret.is_replica() {
        let primary = secret.primary_region.as_deref().unwrap_or_default();
        return refusal(
            format!("{name} is a replica, which cannot be changed apart from its primary in {primary}"),
            "Turn rotation on for the primary; its replicas follow.",
        );
    }
    if let Some(service) = &secret.owning_service {
        return refusal(
            format!("{name} is managed by {service}: that service rotates it, and no function or role of yours does"),
            "Let the owning service rotate it; for rotation by a function, make a secret of your own.",
        );
    }
    if matches!(through, Through::Role(_)) && secret.external_type.is_none() {
        return refusal(
            format!("{name} is no managed external secret, so it rotates through a function and not through a role"),
            "Name a rotation function with --function.",
        );
    }
    let (current, pending) = (secret.version_with("AWSCURRENT"), secret.version_with("AWSPENDING"));
    if pending.is_some() && pending != current {
        return refusal(
            format!(
                "AWSPENDING is on another version of {name} than AWSCURRENT, so RotateSecret takes a rotation to be under way and answers with an error"
            ),
            "Find out why the rotation before did not end, then take AWSPENDING off that version (UpdateSecretVersionStage).",
        );
    }
    None
}
