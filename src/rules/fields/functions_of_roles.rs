//! Which rotation functions run with which role, for the field that names them. The runner sorts them once.

use std::collections::HashMap;

use super::make::{list, string};
use crate::arn::Arn;
use crate::inventory::{Gap, Inventory, Known};
use crate::rules::expression::Fact;

/// Which rotation functions run with which role: of the role's own account, as functions run with no other's. Sorted once, as many rotations ask.
#[derive(Debug)]
pub(crate) struct FunctionsOfRoles<'a> {
    by_role: HashMap<&'a Arn, Vec<&'a Arn>>,
    /// By account: why configurations were not read.
    unread: HashMap<&'a str, Vec<&'a Gap>>,
}

impl<'a> FunctionsOfRoles<'a> {
    /// Those of an inventory.
    pub(crate) fn new(inventory: &'a Inventory) -> Self {
        let (mut by_role, mut unread): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = (HashMap::new(), HashMap::new());
        for function in inventory.functions.values() {
            let account = function.arn.account();
            match &function.configuration {
                Known::Value(configuration) => {
                    let role = configuration.as_ref().and_then(|configuration| configuration.role.as_ref());
                    if let Some(role) = role.filter(|role| role.account() == account) {
                        by_role.entry(role).or_default().push(&function.arn);
                    }
                }
                Known::Unreadable(gap) => unread.entry(account).or_default().push(gap),
            }
        }
        Self { by_role, unread }
    }

    /// The names of those of this role. A function that was not read may be the second.
    pub(super) fn of(&self, role: &Arn) -> Fact<Gap> {
        let found = self.by_role.get(role).map(Vec::as_slice).unwrap_or_default();
        match self.unread.get(role.account()) {
            Some(unread) if found.len() < 2 => Fact::Unreadable(unread.iter().copied().cloned().collect()),
            _ => list(found.iter().map(|arn| string(arn.name()))),
        }
    }
}
