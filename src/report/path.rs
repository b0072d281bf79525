//! The paths of one rotation as text: from each subnet hop by hop, with what blocks marked. The explanation shows them.

use std::io;

use super::layout::Page;
use super::style::of_path;
use super::words::{arn, sentence};
use crate::network::{Hop, Reach, Reason, SubnetPath, Verdict};
use crate::rotation::Connections;

/// Writes the paths of a function that is in a VPC, and what blocks or leaves open the way of one that is not.
pub(super) fn write_paths(connections: &Connections, page: &mut Page<'_>) -> io::Result<()> {
    write_reach("Secrets Manager", &connections.secrets_manager, page)?;
    write_reach(connections.target_name.as_deref().unwrap_or("its target"), &connections.target, page)
}

fn write_reach(to: &str, reach: &Reach, page: &mut Page<'_>) -> io::Result<()> {
    let worth_telling = !reach.subnets.is_empty() || matches!(reach.verdict, Verdict::Blocked | Verdict::Undecided);
    if !worth_telling {
        return Ok(());
    }
    page.heading(&format!("path to {}: {}", arn(to), reach.verdict))?;
    for (path, subnets) in alike(reach) {
        write_path(path, &subnets, page)?;
    }
    if reach.subnets.is_empty() {
        write_reasons(reach.verdict, &reach.reasons, page)?;
    }
    for remark in &reach.remarks {
        page.lead(2, "·", anstyle::Style::new(), &sentence(&remark.detail))?;
    }
    Ok(())
}

/// Paths that are told in the same words, with all subnets that they begin in.
fn alike(reach: &Reach) -> Vec<(&SubnetPath, Vec<&str>)> {
    let mut paths: Vec<(&SubnetPath, Vec<&str>)> = Vec::new();
    for path in &reach.subnets {
        match paths.iter_mut().find(|(known, _)| known.verdict == path.verdict && known.hops == path.hops && known.reasons == path.reasons)
        {
            Some((_, subnets)) => subnets.push(&path.subnet),
            None => paths.push((path, vec![&path.subnet])),
        }
    }
    paths
}

fn write_path(path: &SubnetPath, subnets: &[&str], page: &mut Page<'_>) -> io::Result<()> {
    let (mark, look) = mark(path.verdict);
    let subnets: Vec<String> = subnets.iter().map(|subnet| arn(subnet)).collect();
    page.lead(2, mark, look, &format!("from {}: {}", subnets.join(", "), path.verdict))?;
    for hop in &path.hops {
        write_hop(hop, page)?;
    }
    let told = |reason: &&Reason| !path.hops.iter().any(|hop| hop.verdict == path.verdict && hop.id == reason.component);
    let untold: Vec<Reason> = path.reasons.iter().filter(told).cloned().collect();
    write_reasons(path.verdict, &untold, page)
}

fn write_hop(hop: &Hop, page: &mut Page<'_>) -> io::Result<()> {
    let (mark, look) = mark(hop.verdict);
    // Some sentences begin with the id.
    let id = if hop.says.starts_with(&hop.id) { String::new() } else { format!("{} ", arn(&hop.id)) };
    page.lead(5, mark, look, &format!("{} {id}{}", hop.kind, sentence(&hop.says)))
}

fn write_reasons(verdict: Verdict, reasons: &[Reason], page: &mut Page<'_>) -> io::Result<()> {
    let (mark, look) = mark(verdict);
    for reason in reasons {
        page.lead(5, mark, look, &format!("{} ({})", sentence(&reason.detail), reason.code))?;
    }
    Ok(())
}

fn mark(verdict: Verdict) -> (&'static str, anstyle::Style) {
    let mark = match verdict {
        Verdict::Reachable | Verdict::NotJudged => "✓",
        Verdict::Blocked => "✗",
        Verdict::Undecided => "?",
    };
    (mark, of_path(verdict))
}
