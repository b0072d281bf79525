//! What goes along with a function or role that the plan makes anew under the same name. AWS takes away whatever belongs to it, while Terraform leaves alone what names it by a name
//! that does not change, and makes it again with the next plan.
//!
//! The policy, aliases and URLs of a function are parts of it (<https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>); a role can be deleted only without policies,
//! so the provider takes them from it first
//! (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/iam/role.go>).

use std::fmt;

use super::value::Value;
use super::world::World;

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
pub(super) fn take(world: &mut World<'_>) -> Vec<Lost> {
    let mut lost = Vec::new();
    let mut left = Vec::new();
    for (kind, attribute, of) in BELONGING {
        for owner in world.earlier(of).filter(|it| it.is_replaced) {
            let names: Vec<&Value> = ["arn", "function_name", "name"].iter().filter_map(|name| owner.values.at([*name])).collect();
            for it in world.of_kind(kind).filter(|it| !it.changes && world.provider(it) == world.provider(owner)) {
                match it.values.at([attribute]) {
                    Some(Value::List(items)) if items.iter().any(|item| names.contains(&item)) => {
                        left.push((it.address.clone(), attribute, items.iter().filter(|item| !names.contains(item)).cloned().collect()));
                    }
                    Some(value) if names.contains(&value) => left.push((it.address.clone(), attribute, Vec::new())),
                    _ => continue,
                }
                lost.push(Lost { address: it.address.clone(), owner: owner.address.clone() });
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
