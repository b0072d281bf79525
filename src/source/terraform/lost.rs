//! What goes along with a function or role that the plan makes anew under the same name. AWS takes away whatever belongs to it, while Terraform leaves alone what names it by a name
//! that does not change, and makes it again with the next plan.
//!
//! The policy, aliases and URLs of a function are parts of it (<https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>); a role can be deleted only without policies,
//! so the provider takes them from it first
//! (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/iam/role.go>).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::rivals::Renamed;
use super::value::Value;
use super::world::{Instance, World};

/// Resources that name what they belong to: type, attribute, and type of what is named.
const BELONGING: [(&str, &str, &str); 7] = [
    ("aws_lambda_permission", "function_name", "aws_lambda_function"),
    ("aws_lambda_alias", "function_name", "aws_lambda_function"),
    ("aws_lambda_function_url", "function_name", "aws_lambda_function"),
    ("aws_lambda_provisioned_concurrency_config", "function_name", "aws_lambda_function"),
    ("aws_iam_role_policy", "role", "aws_iam_role"),
    ("aws_iam_role_policy_attachment", "role", "aws_iam_role"),
    ("aws_iam_policy_attachment", "roles", "aws_iam_role"),
];

/// The attributes by which owners are named.
const NAMES: [&str; 3] = ["arn", "function_name", "name"];

/// So many are written out.
const SHOWN: usize = 10;

/// A resource that the plan leaves alone and AWS takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    address: String,
    /// What it belongs to.
    owner: String,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, owner } = self;
        write!(
            f,
            "{address} is taken to be gone after apply: AWS deletes it with {owner}, which the plan makes anew, and the plan does not make it again "
        )?;
        f.write_str("(replace_triggered_by makes Terraform do so).")
    }
}

/// Takes out of the world after a plan what goes along. `mod.rs` asks for it before anything is read.
pub(super) fn take(world: &mut World<'_>, renamed: &[Renamed]) -> Vec<Lost> {
    let new: BTreeSet<&str> = renamed.iter().map(|renamed| renamed.address.as_str()).collect();
    let (mut lost, mut left) = (Vec::new(), Vec::new());
    for (kind, attribute, of) in BELONGING {
        let mut owners: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
        let renamed = world.of_kind(of).filter(|it| new.contains(it.address.as_str()));
        for owner in world.replaced(of).chain(renamed) {
            let names: BTreeSet<&str> = NAMES.iter().filter_map(|name| owner.values.at([*name])?.text()).collect();
            for name in names {
                owners.entry(name).or_default().push(owner);
            }
        }
        if owners.is_empty() {
            continue;
        }
        for it in world.of_kind(kind).filter(|it| !it.changes) {
            let owner = |item: &Value| {
                let called = owners.get(item.text()?)?;
                called.iter().find(|owner| world.provider_key(it) == world.provider_key(owner))
            };
            let written = it.values.at([attribute]);
            let one = written.filter(|value| value.text().is_some()).map(std::slice::from_ref);
            let all = one.or_else(|| written.map(Value::items)).unwrap_or_default();
            let (goes, stays): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|item| owner(item).is_some());
            let named = |owner: &&Instance| Lost { address: it.address.clone(), owner: owner.address.clone() };
            lost.extend(goes.iter().filter_map(|item| owner(item)).map(named));
            if !goes.is_empty() {
                left.push((it.address.clone(), attribute, stays.into_iter().cloned().collect::<Vec<_>>()));
            }
        }
    }
    for (address, attribute, items) in left {
        if items.is_empty() {
            world.remove(&address);
        } else {
            world.set(&address, attribute, Value::List(items));
        }
    }
    lost
}

/// What is said of them in a report: of so many each, of more how many.
pub(super) fn told(lost: &[Lost], renamed: &[Renamed]) -> Vec<String> {
    let more = renamed.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("{more} more resources are taken to be made in the place of others of their names."));
    let renamed = renamed.iter().take(SHOWN).map(|Renamed { address, was }| {
        format!(
            "{address} is taken to be made after {was} is gone, which has the same name: nothing orders the two, and the other way round apply fails (a moved block keeps what is there)."
        )
    });
    let mut told: Vec<String> = renamed.chain(rest).collect();
    told.extend(lost_too(lost));
    told
}

fn lost_too(lost: &[Lost]) -> Vec<String> {
    let more = lost.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("{more} more resources are taken to be gone after apply for the same reason."));
    lost.iter().take(SHOWN).map(ToString::to_string).chain(rest).collect()
}
