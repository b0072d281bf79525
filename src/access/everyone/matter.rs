//! What everybody is asked for: a question without its caller.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::access::question::{Caller, Question, Scope, Target};
use crate::access::services::via_service;
use crate::arn::Arn;
use crate::policy::Entry;

/// An action on something, whoever asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Matter {
    /// The IAM action.
    pub action: Arc<str>,
    /// On what.
    pub target: Target,
    /// Context keys of the request, beside those that follow from caller and target.
    pub context: BTreeMap<Arc<str>, Entry>,
    /// Which policies have a say.
    pub scope: Scope,
}

impl Matter {
    /// `action` on `target`, and all policies have a say.
    pub fn new(action: impl Into<Arc<str>>, target: Target) -> Self {
        Self { action: action.into(), target, context: BTreeMap::new(), scope: Scope::Everything }
    }

    /// What somebody has to be allowed to read the value of a secret under this key: to ask Secrets Manager, and to have it decrypt on their behalf.
    pub fn to_read(secret: &Arn, key: Target) -> Vec<Self> {
        let decrypt = Self::new("kms:Decrypt", key)
            .with("kms:ViaService", Entry::Single(via_service(secret.region())))
            .with("kms:EncryptionContext:SecretARN", Entry::single(secret.as_str()))
            .with("aws:ViaAWSService", Entry::single("true"));
        vec![Self::new("secretsmanager:GetSecretValue", Target::Secret(secret.clone())), decrypt]
    }

    /// The same with one more context key.
    #[must_use]
    pub fn with(mut self, key: &str, entry: Entry) -> Self {
        self.context.insert(key.into(), entry);
        self
    }

    /// The same, where these policies have a say.
    #[must_use]
    pub fn within(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// The question of this caller.
    pub fn asked_by(&self, caller: Caller) -> Question {
        Question { caller, action: Arc::clone(&self.action), target: self.target.clone(), context: self.context.clone(), scope: self.scope }
    }
}
