//! Turns the object of a request into the resources of one rotation. `requests` asks for them, and the runner for the endpoint of a way.

use super::fields::Focus;
use super::foreign::Foreigner;
use super::imagined::{another_secret, key_in};
use super::scene::{Scene, one};
use super::words::Object;
use crate::access::{Target, Way};
use crate::arn::{Arn, ArnError};
use crate::inventory::{Inventory, Known, Role, VpcAttachment};
use crate::rotation::{Master, Rotation};

/// The targets that `object` stands for. What does not exist is none; what could not be read is a gap.
pub(super) fn targets(scene: &Scene<'_>, object: Object) -> Vec<Known<Target>> {
    let view = &scene.view;
    let rotation = view.rotation;
    let secret = &rotation.secret.arn;
    let made_up = |arn: Result<Arn, ArnError>, make: fn(Arn) -> Target| arn.ok().map(|arn| Known::Value(make(arn))).into_iter().collect();
    match object {
        Object::Secret => vec![Known::Value(Target::Secret(secret.clone()))],
        Object::AnotherSecret => made_up(another_secret(secret), |arn| Target::ImaginedSecret { arn, rotation_function: None }),
        // The evaluator asks about these in groups.
        Object::EveryOtherSecret | Object::OtherSecretsNamed | Object::OtherSecretsNotNamed | Object::OtherMasters => Vec::new(),
        Object::Master => {
            let secret = rotation.master.iter().map(|master| master.secret.clone());
            secret.map(|secret| secret.map(|secret| Target::Secret(secret.arn.clone()))).collect()
        }
        Object::MasterKey => rotation.master.iter().map(Master::key_target).collect(),
        Object::ForeignSecret => {
            let target = |foreigner: &Foreigner| Target::ImaginedSecret {
                arn: foreigner.secret.clone(),
                rotation_function: rotation.function_arn.cloned(),
            };
            scene.foreigner.map(|foreigner| Known::Value(target(foreigner))).into_iter().collect()
        }
        Object::Function => rotation.function_arn.map(|arn| Known::Value(Target::Function(arn.clone()))).into_iter().collect(),
        Object::FunctionItself => {
            rotation.function_arn.map(|arn| Known::Value(Target::Function(arn.split_qualifier().0))).into_iter().collect()
        }
        Object::Key => vec![rotation.key_target()],
        Object::AnotherKey => made_up(key_in(secret, secret.account()), Target::ImaginedKey),
        Object::ForeignKey => {
            scene.foreigner.map_or_else(Vec::new, |foreigner| made_up(key_in(secret, foreigner.account.as_str()), Target::ImaginedKey))
        }
        Object::Role => one(rotation.role_arn.clone()).into_iter().map(|arn| arn.map(|arn| Target::Role(arn.clone()))).collect(),
        Object::RolePolicies => role_policies(scene),
        Object::AnyRole => of_iam(scene, "role/any-role-of-this-account"),
        Object::AnyPolicy => of_iam(scene, "policy/any-policy-of-this-account"),
        Object::AnyFunction => any_function(scene),
        Object::NetworkInterface => of_network(scene, |_| vec!["network-interface/eni-0123456789abcdef0".to_owned()]),
        Object::FunctionSubnets => of_network(scene, |vpc| vpc.subnet_ids.iter().map(|id| format!("subnet/{id}")).collect()),
        Object::FunctionSecurityGroups => {
            of_network(scene, |vpc| vpc.security_group_ids.iter().map(|id| format!("security-group/{id}")).collect())
        }
        Object::Endpoint => match view.focus {
            Focus::Way(way) => endpoint(way, rotation, view.inventory).map(|arn| Known::Value(Target::Other(arn))).into_iter().collect(),
            Focus::Whole | Focus::Reason(..) | Focus::Principals(_) => Vec::new(),
        },
        Object::Nothing => {
            let account = rotation.role_arn.value().copied().flatten().map_or_else(|| secret.account(), Arn::account);
            vec![Known::Value(Target::Nothing { account: account.into(), region: secret.region().into() })]
        }
    }
}

/// The endpoint of this way, as its owner's.
pub(super) fn endpoint(way: &Way, rotation: &Rotation<'_>, inventory: &Inventory) -> Option<Arn> {
    let Way::Endpoint { place, id, .. } = way else { return None };
    let function = rotation.function_arn?;
    let owner = inventory.endpoint(place, id).value().map_or_else(|| function.account(), |endpoint| &endpoint.owner);
    Arn::build(function.partition(), "ec2", function.region(), owner, &format!("vpc-endpoint/{id}")).ok()
}

/// Things of EC2 in the function's account and region.
fn of_network(scene: &Scene<'_>, resources: impl FnOnce(&VpcAttachment) -> Vec<String>) -> Vec<Known<Target>> {
    let rotation = scene.view.rotation;
    let Some(function) = rotation.function_arn else { return Vec::new() };
    let configuration = match &rotation.configuration {
        Known::Value(configuration) => configuration.and_then(|configuration| configuration.vpc.clone()).unwrap_or_default(),
        Known::Unreadable(gap) => return vec![Known::Unreadable(gap.clone())],
    };
    let arn = |resource: &String| Arn::build(function.partition(), "ec2", function.region(), function.account(), resource).ok();
    resources(&configuration).iter().filter_map(arn).map(|arn| Known::Value(Target::Other(arn))).collect()
}

fn of_iam(scene: &Scene<'_>, resource: &str) -> Vec<Known<Target>> {
    let role = one(scene.view.rotation.role_arn.clone());
    role.into_iter()
        .filter_map(|role| match role {
            Known::Value(role) => {
                Arn::build(role.partition(), "iam", "", role.account(), resource).ok().map(|arn| Known::Value(Target::Role(arn)))
            }
            Known::Unreadable(gap) => Some(Known::Unreadable(gap)),
        })
        .collect()
}

fn any_function(scene: &Scene<'_>) -> Vec<Known<Target>> {
    let region = scene.view.rotation.secret.arn.region();
    let function = |role: &Arn| {
        Arn::build(role.partition(), "lambda", region, role.account(), "function:any-function-of-this-account").ok().map(Target::Other)
    };
    one(scene.view.rotation.role_arn.clone().map(|role| role.and_then(function)))
}

/// The managed policies of the execution role that its account can change.
fn role_policies(scene: &Scene<'_>) -> Vec<Known<Target>> {
    let role = one(scene.view.rotation.role.clone());
    let own = |role: &Role| {
        let attached = role.permissions.attached.iter().filter(|arn| arn.account() == role.arn.account());
        attached.map(|arn| Known::Value(Target::Other(arn.clone()))).collect()
    };
    role.into_iter()
        .flat_map(|role| match role {
            Known::Value(role) => own(role),
            Known::Unreadable(gap) => vec![Known::Unreadable(gap)],
        })
        .collect()
}
