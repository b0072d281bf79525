//! Where the configuration writes the resources that findings are about.

use std::collections::BTreeMap;

use super::resources::Stack;
use super::thing::Thing;
use crate::arn::{Arn, Partition};
use crate::inventory::Origin;
use crate::source::cloudformation::Application;
use crate::source::terraform::code::Evaluator;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::kinds::APPLICATION;
use crate::source::terraform::resolve::Want;

/// Types, and how EC2 calls those that it gives an id.
const KINDS: [(&str, Option<(&str, Kind)>); 12] = [
    ("aws_secretsmanager_secret", None),
    ("aws_lambda_function", None),
    ("aws_iam_role", None),
    ("aws_iam_user", None),
    ("aws_iam_policy", None),
    ("aws_kms_key", None),
    ("aws_vpc", Some(("vpc", Kind::Vpc))),
    ("aws_subnet", Some(("subnet", Kind::Subnet))),
    ("aws_security_group", Some(("security-group", Kind::SecurityGroup))),
    ("aws_vpc_endpoint", Some(("vpc-endpoint", Kind::Endpoint))),
    ("aws_route_table", Some(("route-table", Kind::RouteTable))),
    ("aws_nat_gateway", Some(("natgateway", Kind::NatGateway))),
];

/// The places of the resources in the configuration, by ARN; none where its folder is not known.
pub(super) fn origins(stack: &Stack<'_>) -> BTreeMap<Arn, Origin> {
    let mut origins = BTreeMap::new();
    let Some(evaluator) = stack.code else { return origins };
    for (kind, ec2) in KINDS {
        for it in stack.of_kind(kind) {
            let arn = match ec2 {
                None => it.arn(),
                Some((name, kind)) => by_id(it, name, kind),
            };
            origins.extend(arn.and_then(|arn| Some((arn, origin(evaluator, it)?))));
        }
    }
    // What an application makes stands where that is deployed.
    for it in stack.of_kind(APPLICATION) {
        let made = it.resolver.applications().get(it.address()).into_iter().flat_map(Application::made);
        origins.extend(made.filter_map(|arn| Some((arn.clone(), origin(evaluator, it)?))));
    }
    origins
}

fn origin(evaluator: &Evaluator<'_>, it: Thing<'_>) -> Option<Origin> {
    let written = evaluator.code.block(it.instance)?;
    Some(Origin { file: written.file.clone(), line: written.line, column: written.column, name: it.address().to_owned() })
}

fn by_id(it: Thing<'_>, name: &str, kind: Kind) -> Option<Arn> {
    let region = it.resolver.region_of(it.instance);
    let id = it.naming("id", Want::id(kind))?;
    let account = it.resolver.account_of(it.instance);
    Arn::build(Partition::of_region(&region), "ec2", &region, &account, &format!("{name}/{}", id.written())).ok()
}
