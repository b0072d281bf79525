//! What exists of roles and functions that a template writes, and the template does not write: policies that are attached by hand, or that an earlier version of the template
//! wrote. The former stay when the stack is updated, the latter do not, and the earlier version alone tells which they are. `cli` calls it for `--over`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::additions::{Additions, with_statement};
use super::maybe::{content, is_open, may_be, maybe, maybe_statement, maybe_within, statements, unknown};
use crate::arn::{AccountId, Arn};
use crate::inventory::{Function, Identities, Inventory, Known, NamedDocument, Permissions};
use crate::policy::Document;

/// What the earlier version of a template wrote, in each way in which its conditions come out; empty where nobody gives it.
pub(crate) type Earlier<'a> = &'a [(&'a Inventory, &'a Additions)];

/// What becomes of something that the template does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is somebody else's.
    Stays,
    /// The update takes it away.
    Goes,
    /// Nobody knows which.
    Open,
}

impl Fate {
    /// By whether each way of the earlier version wrote it; `None` where that is not known.
    fn of(earlier: Earlier<'_>, wrote: impl Fn(&Inventory, &Additions) -> Option<bool>) -> Self {
        let mut answers = earlier.iter().map(|(inventory, additions)| wrote(inventory, additions));
        match answers.next() {
            Some(Some(first)) if answers.all(|answer| answer == Some(first)) => {
                let retained = earlier.iter().any(|(_, additions)| additions.retains);
                match (first, retained) {
                    (false, _) => Self::Stays,
                    (true, false) => Self::Goes,
                    (true, true) => Self::Open,
                }
            }
            _ => Self::Open,
        }
    }
}

/// Puts what may stay or surely does beside what the template for this account makes, and takes away what the earlier version had added to other things. `made` names
/// what exists as it is named there.
pub(crate) fn keep(
    existing: &Inventory,
    (made, additions): (&Inventory, &Additions),
    earlier: Earlier<'_>,
    account: &AccountId,
    result: &mut Inventory,
) {
    functions(existing, (made, additions), earlier, result);
    let identities = |inventory: &Inventory| inventory.accounts.get(account).and_then(|account| account.identities.value().cloned());
    let (Some(there), Some(Known::Value(laid))) =
        (identities(existing), result.accounts.get_mut(account).map(|account| &mut account.identities))
    else {
        return;
    };
    let mut boundaries = BTreeMap::new();
    for (arn, role) in &mut laid.roles {
        let Some(was) = there.roles.get(arn).map(|role| &role.permissions) else { continue };
        let of_role = Role { arn, there: &there, earlier, account };
        if made.origins.contains_key(arn) {
            of_role.permissions(was, &mut role.permissions);
            boundaries.extend(of_role.boundary(was, &mut role.permissions));
        } else {
            of_role.without_additions(&mut role.permissions);
        }
    }
    laid.policies.extend(boundaries);
}

/// A role that exists.
struct Role<'a> {
    arn: &'a Arn,
    there: &'a Identities,
    earlier: Earlier<'a>,
    account: &'a AccountId,
}

impl Role<'_> {
    fn name(&self) -> &str {
        self.arn.name()
    }

    fn why(&self, policy: &str) -> String {
        format!("policy {policy} is attached to role {} now, and the template does not write it", self.name())
    }

    /// What the earlier version wrote of this role.
    fn written<'i>(&self, inventory: &'i Inventory) -> Option<&'i Permissions> {
        inventory.origins.get(self.arn)?;
        let identities = inventory.accounts.get(self.account)?.identities.value()?;
        identities.roles.get(self.arn).map(|role| &role.permissions)
    }

    fn wrote_inline(&self, name: &str, inventory: &Inventory, additions: &Additions) -> Option<bool> {
        let own = self.written(inventory).into_iter().flat_map(|permissions| &permissions.inline);
        let added = additions.policies.iter().filter(|(role, _)| role == self.name()).map(|(_, policy)| policy);
        let names: Vec<&str> = own.chain(added).map(|policy| policy.name.as_str()).collect();
        among(name, &names).or_else(|| additions.of_any_role.is_empty().then_some(false).filter(|_| !names.iter().any(|it| is_open(it))))
    }

    fn wrote_attached(&self, arn: &Arn, inventory: &Inventory, additions: &Additions) -> Option<bool> {
        let own = self.written(inventory).into_iter().flat_map(|permissions| &permissions.attached);
        let added = additions.attached.iter().filter(|(role, _)| role == self.name()).map(|(_, policy)| policy);
        let names: Vec<&str> = own.chain(added).map(Arn::as_str).collect();
        // What the stack makes is none of AWS's own; what a parameter names may be.
        let may_be_it = |name: &&str| if arn.account() == "aws" { name.contains("⟦?") } else { is_open(name) };
        let of_any = !additions.of_any_role.is_empty();
        among(arn.as_str(), &names).or_else(|| (!of_any && !names.iter().any(may_be_it)).then_some(false))
    }

    /// The document of a managed policy, as a policy that may be attached.
    fn maybe_attached(&self, arn: &Arn) -> NamedDocument {
        let why = self.why(arn.name());
        let document = self.there.policies.get(arn).map_or_else(|| unknown(&why, false), |document| maybe(document, &why, false));
        NamedDocument::new(arn.name(), document)
    }

    /// Adds to what the template gives the role what it has beside that.
    fn permissions(&self, was: &Permissions, now: &mut Permissions) {
        for policy in &was.inline {
            if now.inline.iter().any(|other| other.name == policy.name) {
                continue;
            }
            match Fate::of(self.earlier, |inventory, additions| self.wrote_inline(&policy.name, inventory, additions)) {
                Fate::Stays => now.inline.push(policy.clone()),
                Fate::Goes => {}
                Fate::Open => {
                    now.inline.push(NamedDocument::new(&policy.name, maybe(&policy.document, &self.why(&policy.name), false)));
                }
            }
        }
        let attached: Vec<&Arn> = was.attached.iter().filter(|arn| !now.attached.contains(arn)).collect();
        for arn in attached {
            match Fate::of(self.earlier, |inventory, additions| self.wrote_attached(arn, inventory, additions)) {
                Fate::Stays => now.attached.push(arn.clone()),
                Fate::Goes => {}
                Fate::Open => now.inline.push(self.maybe_attached(arn)),
            }
        }
    }

    /// A boundary that the template does not write: what it allows is allowed in any case, everything else if it goes. The document of one that may stay comes back with
    /// the ARN that stands for it.
    fn boundary(&self, was: &Permissions, now: &mut Permissions) -> Option<(Arn, Document)> {
        let boundary = was.boundary.as_ref().filter(|_| now.boundary.is_none())?;
        let wrote = |inventory: &Inventory, _: &Additions| Some(self.written(inventory).is_some_and(|it| it.boundary.is_some()));
        match Fate::of(self.earlier, wrote) {
            Fate::Goes => None,
            Fate::Stays => {
                now.boundary = Some(boundary.clone());
                None
            }
            Fate::Open => {
                let why = format!("{} is the boundary of role {} now, and the template does not write it", boundary.name(), self.name());
                let document =
                    self.there.policies.get(boundary).map_or_else(|| unknown(&why, false), |document| maybe_within(document, &why));
                let text = boundary.as_str().rsplit_once('/').map_or(boundary.as_str(), |(before, _)| before);
                let stands_for = Arn::parse(&format!("{text}/{}⟦of {}⟧", boundary.name(), self.name())).ok();
                now.boundary = Some(stands_for.clone().unwrap_or_else(|| boundary.clone()));
                stands_for.map(|arn| (arn, document))
            }
        }
    }

    /// Takes away what the earlier version had given to a role that it did not make.
    fn without_additions(&self, now: &mut Permissions) {
        // One that the earlier version made stays as it was found.
        if self.earlier.is_empty() || self.earlier.iter().any(|(inventory, _)| inventory.origins.contains_key(self.arn)) {
            return;
        }
        let given = |inventory: &Inventory, additions: &Additions, name: &str| self.wrote_inline(name, inventory, additions);
        let mut inline = Vec::new();
        for policy in std::mem::take(&mut now.inline) {
            match Fate::of(self.earlier, |inventory, additions| given(inventory, additions, &policy.name)) {
                Fate::Stays => inline.push(policy),
                Fate::Goes => {}
                Fate::Open => inline.push(NamedDocument::new(&policy.name, maybe(&policy.document, &self.why(&policy.name), false))),
            }
        }
        let mut attached = Vec::new();
        for arn in std::mem::take(&mut now.attached) {
            match Fate::of(self.earlier, |inventory, additions| self.wrote_attached(&arn, inventory, additions)) {
                Fate::Stays => attached.push(arn),
                Fate::Goes => {}
                Fate::Open => inline.push(self.maybe_attached(&arn)),
            }
        }
        (now.inline, now.attached) = (inline, attached);
    }
}

/// Whether a name is among these, if it surely is.
fn among(name: &str, names: &[&str]) -> Option<bool> {
    names.contains(&name).then_some(true)
}

/// Statements of the policies of functions.
fn functions(existing: &Inventory, (made, additions): (&Inventory, &Additions), earlier: Earlier<'_>, result: &mut Inventory) {
    for (arn, there) in &existing.functions {
        let Some(function) = result.functions.get_mut(arn) else { continue };
        if made.origins.contains_key(arn) {
            let Some(own) = made.functions.get(arn) else { continue };
            let whole = |qualifier: &String| additions.whole.iter().any(|(of, other)| of == arn && other == qualifier);
            for (qualifier, policy) in there.policies.iter().filter(|(qualifier, _)| own.policies.contains_key(*qualifier)) {
                if !whole(qualifier) {
                    statements_beside((arn, qualifier), policy, earlier, function);
                }
            }
        } else if !earlier.is_empty() && !earlier.iter().any(|(inventory, _)| inventory.origins.contains_key(arn)) {
            without_statements(arn, earlier, function);
        }
    }
}

/// Adds the statements that the policy of a function has beside those of the template.
fn statements_beside((arn, qualifier): (&Arn, &String), there: &Known<Option<Document>>, earlier: Earlier<'_>, function: &mut Function) {
    let Some(Known::Value(own)) = function.policies.get_mut(qualifier) else { return };
    match there {
        Known::Value(None) => {}
        // Who else was let in is not known.
        Known::Unreadable(gap) => {
            function.policies.insert(qualifier.clone(), Known::Unreadable(gap.clone()));
        }
        Known::Value(Some(document)) => {
            let Some(all) = statements(document) else {
                *own = Some(document.clone());
                return;
            };
            let written: Vec<Json> = own.as_ref().and_then(statements).unwrap_or_default().iter().map(content).collect();
            for statement in all.iter().filter(|statement| !written.contains(&content(statement))) {
                let fate = Fate::of(earlier, |inventory, additions| wrote_statement((arn, qualifier), statement, inventory, additions));
                let kept = match fate {
                    Fate::Goes => continue,
                    Fate::Stays => statement.clone(),
                    Fate::Open => maybe_statement(statement, &why_statement(arn, statement)),
                };
                *own = Some(with_statement(own.as_ref(), &kept));
            }
        }
    }
}

fn why_statement(arn: &Arn, statement: &Json) -> String {
    let sid = statement.get("Sid").and_then(Json::as_str).unwrap_or("without a Sid");
    format!("statement {sid} is in the policy of function {} now, and the template does not write it", arn.name())
}

fn wrote_statement((arn, qualifier): (&Arn, &String), statement: &Json, inventory: &Inventory, additions: &Additions) -> Option<bool> {
    let wanted = content(statement);
    let added = additions.statements.iter().filter(|(function, of, _)| function == arn && of == qualifier).map(|(_, _, it)| it.clone());
    let policy = inventory.origins.get(arn).and_then(|_| inventory.functions.get(arn)?.policies.get(qualifier));
    let whole =
        additions.function_policies.iter().filter(|(function, of, _)| function == arn && of == qualifier).map(|(.., policy)| policy);
    let mut own = Vec::new();
    for policy in policy.into_iter().chain(whole) {
        match policy {
            Known::Unreadable(_) => return None,
            Known::Value(Some(document)) => own.extend(statements(document)?),
            Known::Value(None) => {}
        }
    }
    let all: Vec<Json> = own.into_iter().chain(added).map(|it| content(&it)).collect();
    if all.contains(&wanted) {
        return Some(true);
    }
    // One that names something by a name that AWS makes up may be this one.
    (!all.iter().any(|it| may_be(it, &wanted))).then_some(false)
}

/// Takes away what the earlier version had let in to a function that it did not make.
fn without_statements(arn: &Arn, earlier: Earlier<'_>, function: &mut Function) {
    for (qualifier, policy) in &mut function.policies {
        let Known::Value(Some(document)) = policy else { continue };
        let Some(all) = statements(document) else { continue };
        let fate =
            |statement: &Json| Fate::of(earlier, |inventory, additions| wrote_statement((arn, qualifier), statement, inventory, additions));
        let kept = all.iter().filter_map(|statement| match fate(statement) {
            Fate::Stays => Some(statement.clone()),
            Fate::Goes => None,
            Fate::Open => Some(maybe_statement(statement, &why_statement(arn, statement))),
        });
        let kept: Vec<Json> = kept.collect();
        if kept != all {
            *document = Document::new(serde_json::json!({"Version": "2012-10-17", "Statement": kept}).to_string());
        }
    }
}
