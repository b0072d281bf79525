//! Keeps once what an inventory says many times: policy documents that thousands of roles share, and names that stand in several places. Whoever has read an inventory calls it,
//! before anybody looks into a document, so that each is parsed once as well.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Inventory, Known, NamedDocument, Permissions};
use crate::arn::Arn;
use crate::policy::Document;

/// Every document that was met, by its text.
#[derive(Default)]
struct Documents(HashMap<Arc<str>, Document>);

impl Documents {
    fn share(&mut self, document: &mut Document) {
        if let Some(known) = self.0.get(document.text()) {
            document.clone_from(known);
        } else {
            self.0.insert(document.shared(), document.clone());
        }
    }

    fn all<'a>(&mut self, documents: impl IntoIterator<Item = &'a mut Document>) {
        documents.into_iter().for_each(|document| self.share(document));
    }

    fn named<'a>(&mut self, named: impl IntoIterator<Item = &'a mut NamedDocument>) {
        self.all(named.into_iter().map(|named| &mut named.document));
    }

    fn inline<'a>(&mut self, permissions: impl IntoIterator<Item = &'a mut Permissions>) {
        self.named(permissions.into_iter().flat_map(|permissions| &mut permissions.inline));
    }
}

impl Inventory {
    /// Makes equal documents one, and equal names. Nothing that can be read changes.
    pub fn share(&mut self) {
        let mut documents = Documents::default();
        for account in self.accounts.values_mut() {
            if let Known::Value(identities) = &mut account.identities {
                documents.all(identities.roles.values_mut().map(|role| &mut role.trust));
                documents.inline(identities.roles.values_mut().map(|role| &mut role.permissions));
                documents.inline(identities.users.values_mut().map(|user| &mut user.permissions));
                documents.inline(identities.groups.values_mut().map(|group| &mut group.permissions));
                documents.all(identities.policies.values_mut());
                share_names(identities.roles.iter_mut().map(|(arn, role)| (arn, &mut role.arn)));
            }
            if let Some(policies) = &mut account.control_policies {
                let levels = [&mut policies.service, &mut policies.resource].into_iter().filter_map(value).flatten();
                documents.named(levels.flatten());
            }
        }
        documents.named(self.secrets.values_mut().filter_map(|secret| value(&mut secret.policies)).flatten());
        documents.named(self.keys.values_mut().filter_map(|key| value(&mut key.policies)).flatten());
        let of_functions = self.functions.values_mut().flat_map(|function| function.policies.values_mut());
        documents.all(of_functions.filter_map(value).flatten());
        let endpoints = self.networks.values_mut().filter_map(|network| value(&mut network.endpoints));
        documents.all(endpoints.flat_map(|endpoints| endpoints.values_mut()).filter_map(|endpoint| endpoint.policy.as_mut()));
        share_names(self.secrets.iter_mut().map(|(arn, secret)| (arn, &mut secret.arn)));
        share_names(self.functions.iter_mut().map(|(arn, function)| (arn, &mut function.arn)));
        share_names(self.keys.iter_mut().map(|(arn, key)| (arn, &mut key.arn)));
        for secret in self.secrets.values_mut() {
            for pointer in [secret.rotation.function.as_mut(), value(&mut secret.key).and_then(Option::as_mut)].into_iter().flatten() {
                let known = self.functions.get_key_value(pointer).map(|(arn, _)| arn);
                if let Some(known) = known.or_else(|| self.keys.get_key_value(pointer).map(|(arn, _)| arn)) {
                    pointer.clone_from(known);
                }
            }
        }
    }
}

fn value<T>(known: &mut Known<T>) -> Option<&mut T> {
    if let Known::Value(value) = known { Some(value) } else { None }
}

/// A thing's own name is the one under which it is kept.
fn share_names<'a>(things: impl Iterator<Item = (&'a Arn, &'a mut Arn)>) {
    for (key, own) in things {
        if key == own {
            own.clone_from(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::inventory::clean;

    #[test]
    fn equal_documents_are_kept_once_and_nothing_changes() {
        let mut inventory = clean::account().unwrap();
        let identities = inventory.accounts.values_mut().next().unwrap();
        let super::Known::Value(identities) = &mut identities.identities else { panic!("the clean account has identities") };
        let (arn, role) = identities.roles.iter().next().map(|(arn, role)| (arn.clone(), role.clone())).unwrap();
        let mut twin = role;
        twin.arn = crate::arn::Arn::parse(&format!("{arn}-twin")).unwrap();
        twin.trust = crate::policy::Document::new(twin.trust.text());
        identities.roles.insert(twin.arn.clone(), twin);
        let before = inventory.clone();
        inventory.share();
        assert_eq!(inventory, before);
        let roles = &inventory.accounts.values().next().unwrap().identities.value().unwrap().roles;
        let texts: Vec<_> = roles.values().map(|role| role.trust.shared().as_ptr()).collect();
        assert_eq!(texts[0], texts[1]);
    }
}
