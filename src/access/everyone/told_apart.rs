//! Roles or users under the same policies, split where these policies look at who asks: at the ARN, the id, the name or the tags.

use std::collections::BTreeMap;

use crate::access::context;
use crate::access::estate::Estate;
use crate::access::policies::gather;
use crate::access::principal;
use crate::access::question::Question;
use crate::inventory::Identity;
use crate::policy::{Truth, marks, reads};

/// The keys that tell one principal of a class from another; the last is the beginning of a family.
const OF_ONE: [&str; 3] = ["aws:principalarn", "aws:userid", "aws:username"];
const TAGS: &str = "aws:principaltag/";

/// `members`, whom no resource policy names, in lists of those whose questions (`asks`) have the same answer.
pub(super) fn split<'a>(
    inventory: &Estate<'_>,
    members: Vec<Identity<'a>>,
    asks: impl Fn(&Identity<'_>) -> Question,
) -> Vec<Vec<Identity<'a>>> {
    let Some(first) = members.first().filter(|_| members.len() > 1) else { return vec![members] };
    let asked = asks(first);
    let set = gather(inventory, &asked).set;
    // What each of them carries is much to find out, and seldom looked at.
    if !reads(&asked.action, &set, tells_apart) {
        return vec![members];
    }
    let mut alike: BTreeMap<Vec<Truth>, Vec<Identity<'a>>> = BTreeMap::new();
    let mut alone = Vec::new();
    for member in members {
        let question = asks(&member);
        let mut request = principal::bare_request(inventory, &question);
        context::of_who_asks(&mut request.context, inventory, member.arn());
        match marks(&request, &set, tells_apart) {
            Some(marks) => alike.entry(marks).or_default().push(member),
            None => alone.push(vec![member]),
        }
    }
    alike.into_values().chain(alone).collect()
}

fn tells_apart(key: &str) -> bool {
    OF_ONE.iter().any(|one| key.eq_ignore_ascii_case(one))
        || key.get(..TAGS.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(TAGS))
}
