//! The shape of a path in the JSON report.

use schemars::JsonSchema;
use serde::Serialize;

use crate::network::{self, Reach, Reason, SubnetPath, Verdict};
use crate::rotation::Connections;

/// How a rotation function gets to something, as far as the configuration of its network tells.
#[derive(Serialize, JsonSchema)]
pub(super) struct Path<'a> {
    /// `Secrets Manager`, or the name of what the secret opens.
    to: &'a str,
    /// Whether it gets there.
    verdict: PathVerdict,
    /// What blocks it, or leaves it open.
    reasons: Vec<Cause<'a>>,
    /// What is worth knowing beside that.
    remarks: Vec<Cause<'a>>,
    /// From each of its subnets; empty for a function outside of any VPC.
    subnets: Vec<FromSubnet<'a>>,
}

/// Whether a path is open.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PathVerdict {
    /// The configuration lets it through.
    Reachable,
    /// Something certainly stops it, always or now and then.
    Blocked,
    /// It hangs on something that was not read or cannot be known.
    Undecided,
    /// Nobody told what there is to reach.
    NotJudged,
}

/// A cause.
#[derive(Serialize, JsonSchema)]
struct Cause<'a> {
    /// Its code, such as `NET_NO_ROUTE`.
    code: &'a str,
    /// The id of what is at fault.
    component: &'a str,
    /// One sentence about it.
    detail: &'a str,
    /// The code by which VPC Reachability Analyzer explains the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    reachability_analyzer: Option<&'static str>,
}

/// The path from one subnet.
#[derive(Serialize, JsonSchema)]
struct FromSubnet<'a> {
    /// The subnet.
    subnet: &'a str,
    /// Whether it gets there from here.
    verdict: PathVerdict,
    /// What it passes, in order, as far as it could be followed.
    hops: Vec<Hop<'a>>,
}

/// One thing on the path.
#[derive(Serialize, JsonSchema)]
struct Hop<'a> {
    /// What it is: `security group`, `route table`, …
    kind: String,
    /// Its id.
    id: &'a str,
    /// What it says of the traffic.
    says: &'a str,
    /// Whether the traffic passes it.
    verdict: PathVerdict,
}

/// The paths of one rotation.
pub(super) fn paths(connections: &Connections) -> Vec<Path<'_>> {
    let target = connections.target_name.as_deref().unwrap_or("its target");
    vec![path("Secrets Manager", &connections.secrets_manager), path(target, &connections.target)]
}

fn path<'a>(to: &'a str, reach: &'a Reach) -> Path<'a> {
    let causes = |reasons: &'a [Reason]| reasons.iter().map(cause).collect();
    Path {
        to,
        verdict: verdict(reach.verdict),
        reasons: causes(&reach.reasons),
        remarks: causes(&reach.remarks),
        subnets: reach.subnets.iter().map(|path| from(path)).collect(),
    }
}

fn cause(reason: &Reason) -> Cause<'_> {
    Cause { code: reason.code.as_str(), component: &reason.component, detail: &reason.detail, reachability_analyzer: reason.ra_code() }
}

fn from(path: &SubnetPath) -> FromSubnet<'_> {
    FromSubnet { subnet: &path.subnet, verdict: verdict(path.verdict), hops: path.hops.iter().map(hop).collect() }
}

fn hop(hop: &network::Hop) -> Hop<'_> {
    Hop { kind: hop.kind.to_string(), id: &hop.id, says: &hop.says, verdict: verdict(hop.verdict) }
}

const fn verdict(verdict: Verdict) -> PathVerdict {
    match verdict {
        Verdict::Reachable => PathVerdict::Reachable,
        Verdict::Blocked => PathVerdict::Blocked,
        Verdict::Undecided => PathVerdict::Undecided,
        Verdict::NotJudged => PathVerdict::NotJudged,
    }
}
