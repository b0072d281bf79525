//! Rotations of which one provider makes a part and another one the rest, where nobody knows in which account or region one of them works: whether the parts belong together is open, whatever
//! their names say. `mod.rs` asks when all else is known.

use std::collections::BTreeMap;

use super::keys::KEYS;
use super::resources::Stack;
use crate::arn::Arn;
use crate::inventory::{Gap, Inventory};

/// What makes one thing of each.
const MAKING: [&str; 3] = ["aws_secretsmanager_secret", "aws_lambda_function", "aws_iam_role"];

/// Tells it of the rotations.
pub(super) fn tell(stack: &Stack<'_>, inventory: &mut Inventory) {
    let (world, providers) = (stack.resolver.world, &stack.resolver.providers);
    let made = MAKING.into_iter().chain(KEYS).flat_map(|kind| stack.of_kind(kind));
    let makers: BTreeMap<Arn, &str> = made.filter_map(|it| Some((it.arn()?, world.provider_key(it.instance)?))).collect();
    if !makers.values().any(|key| providers.open(key, true).is_some()) {
        return;
    }
    let functions = &inventory.functions;
    for secret in inventory.secrets.values_mut().filter(|secret| secret.rotation.enabled) {
        let function = secret.rotation.function.as_ref().map(|function| function.split_qualifier().0);
        let configuration = function.as_ref().and_then(|function| functions.get(function)?.configuration.value()?.as_ref());
        let role = configuration.and_then(|it| it.role.clone());
        let key = secret.key.value().cloned().flatten();
        let all: Vec<Arn> = [Some(secret.arn.clone()), function, role, key].into_iter().flatten().collect();
        let apart = all.iter().find_map(|one| {
            let maker = makers.get(one)?;
            all.iter().filter(|other| *other != one).find_map(|other| {
                // Roles are in no region (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html).
                let what = providers.open(maker, [one, other].iter().all(|arn| !arn.region().is_empty()))?;
                // One provider for each of several places works in all of them.
                let is_elsewhere = makers.get(other) != Some(maker) || what.starts_with("each.");
                is_elsewhere.then_some((one, maker, what, other))
            })
        });
        secret.rotation.open = secret.rotation.open.take().or_else(|| {
            let (one, maker, what, other) = apart?;
            let says = format!(
                "whether {} and {} are in one account and region hangs on {what}, which tells where provider {maker} works and is not in the plan",
                one.name(),
                other.name()
            );
            Some(Gap::new("plan", one.as_str(), &says))
        });
    }
}
