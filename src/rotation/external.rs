//! The calls of a rotation without a function: Secrets Manager takes on a role of the account and changes the secret at the partner that holds it. What it needs of AWS
//! is documented (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/mes-security.html>); what happens at the partner is not seen. Judging asks here.

use super::calls::Call;
use super::chain::{Rotation, RotationKind};
use super::keys::KeyInUse;
use super::verdict::Step;
use crate::access::{Caller, Question, Target};
use crate::arn::Arn;
use crate::inventory::Known;
use crate::policy::Entry;

const RANDOM: &str = "secretsmanager:GetRandomPassword";

/// What a request by way of Secrets Manager says of that way. How the service acts in the session of such a role is not documented.
const OF_THE_WAY: [&str; 6] =
    ["aws:ViaAWSService", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "kms:ViaService", "kms:EncryptionAlgorithm"];

impl Rotation<'_> {
    /// The calls of a rotation through a role, in order; none for other rotations, and none when the secret names no role.
    pub(super) fn external_calls(&self) -> Vec<Call> {
        let Some(role) = self.external_role() else { return Vec::new() };
        let asks = |action, target| Question::new(Caller::Principal { arn: role.clone() }, action, target);
        let call = |step, action, question| Call { step, action, question: Known::Value(question), optional: false };
        let about = |step, action| call(step, action, asks(action, Target::Secret(self.secret.arn.clone())));
        let nothing = Target::Nothing { account: role.account().into(), region: self.secret.arn.region().into() };
        // A partner may make up the new value itself.
        let random = Call { optional: true, ..call(Step::CreateSecret, RANDOM, asks(RANDOM, nothing)) };
        let mut calls = vec![
            call(Step::Start, "sts:AssumeRole", self.takes_on(role)),
            about(Step::CreateSecret, "secretsmanager:DescribeSecret"),
            about(Step::CreateSecret, "secretsmanager:GetSecretValue"),
            random,
            about(Step::CreateSecret, "secretsmanager:PutSecretValue"),
        ];
        let of_key = |action| Call { step: Step::CreateSecret, action, question: self.asks_key(role, action), optional: false };
        if !matches!(self.key, Known::Value(KeyInUse::AwsManaged)) {
            calls.extend([of_key("kms:Decrypt"), of_key("kms:GenerateDataKey")]);
        }
        calls.push(about(Step::FinishSecret, "secretsmanager:UpdateSecretVersionStage"));
        calls
    }

    /// Secrets Manager says for which secret it takes on the role: the documented trust policy asks for that.
    fn takes_on(&self, role: &Arn) -> Question {
        let caller = Caller::Service { name: "secretsmanager.amazonaws.com".into(), source: Some(self.secret.arn.clone()) };
        Question::new(caller, "sts:AssumeRole", Target::Role(role.clone()))
    }

    /// What the role of a managed external secret asks of the key; `None` for other rotations, and where the secret names no role.
    pub fn external_key_question(&self, action: &str) -> Option<Known<Question>> {
        let role = self.external_role()?;
        Some(self.asks_key(role, action))
    }

    /// The role of a managed external secret.
    pub fn external_role(&self) -> Option<&Arn> {
        self.secret.rotation.external_role.as_ref().filter(|_| matches!(self.kind, RotationKind::External(_)))
    }

    fn asks_key(&self, role: &Arn, action: &str) -> Known<Question> {
        self.key_target().map(|target| {
            let question = Question::new(Caller::Principal { arn: role.clone() }, action, target)
                .with("kms:EncryptionContext:SecretARN", Entry::single(&self.secret.arn));
            OF_THE_WAY.into_iter().fold(question, |question, key| question.with(key, Entry::Unknown))
        })
    }
}
