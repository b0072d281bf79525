//! How a rotation begins: somebody turns it on. The calls of that principal, as data; judging asks them before the calls of the rotation itself.
//!
//! `RotateSecret` needs no permission on the secret's key; that the function's policy lets Secrets Manager in, which it looks at as well, is the rotation's own
//! first call (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html>).

use super::calls::Call;
use super::chain::{Rotation, RotationKind};
use super::verdict::Step;
use crate::access::{Caller, Question, Target};
use crate::arn::{Arn, Partition};
use crate::inventory::{Gap, Known};
use crate::policy::Entry;

const ROTATE: &str = "secretsmanager:RotateSecret";
const INVOKE: &str = "lambda:InvokeFunction";
const PASS_ROLE: &str = "iam:PassRole";

/// How a request says that a service makes it on somebody's behalf.
const OF_FORWARDING: [&str; 4] = ["aws:ViaAWSService", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"];

impl Rotation<'_> {
    /// The requests by which `who`, a role or user by its own ARN, turns this rotation on, in order. Empty for rotations that nobody turns on: those of a
    /// service that owns the secret, and those of replicas.
    pub fn turn_on(&self, who: &Arn) -> Vec<Call> {
        // Whether the secret names the function already depends on whether it is the first time.
        let named = self.function_arn.map_or(Entry::Absent, Entry::single);
        self.turn_on_from(who, Entry::OneOf(vec![Entry::Absent, named]))
    }

    /// The same, when the secret names the function `before` until then.
    pub(super) fn turn_on_first(&self, who: &Arn, before: Option<&Arn>) -> Vec<Call> {
        self.turn_on_from(who, before.map_or(Entry::Absent, Entry::single))
    }

    fn turn_on_from(&self, who: &Arn, before: Entry) -> Vec<Call> {
        let caller = Caller::Principal { arn: who.clone() };
        let call = |action, question| Call { step: Step::TurnOn, action, question, optional: false };
        match (&self.kind, self.function_arn) {
            (RotationKind::Lambda | RotationKind::Cancelled, Some(function)) => vec![
                call(ROTATE, Known::Value(self.rotates_by_function(caller.clone(), function, before))),
                call(INVOKE, Known::Value(invokes(caller, function))),
            ],
            (RotationKind::External(_), _) => {
                vec![call(ROTATE, Known::Value(self.rotates_by_role(caller.clone()))), call(PASS_ROLE, self.passes_role(caller))]
            }
            (
                RotationKind::Lambda
                | RotationKind::Cancelled
                | RotationKind::Deleted
                | RotationKind::Managed(_)
                | RotationKind::Replica(_)
                | RotationKind::Off,
                _,
            ) => Vec::new(),
        }
    }

    /// Whether with a new schedule, and whether the first rotation is to be at once, is theirs to choose. The keys are those of
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>.
    fn rotates(&self, caller: Caller) -> Question {
        Question::new(caller, ROTATE, Target::Secret(self.secret.arn.clone()))
            .with("secretsmanager:ModifyRotationRules", Entry::Unknown)
            .with("secretsmanager:RotateImmediately", Entry::Unknown)
    }

    /// The request names the function, and the secret the one that it has `before`.
    fn rotates_by_function(&self, caller: Caller, function: &Arn, before: Entry) -> Question {
        self.rotates(caller)
            .with("secretsmanager:resource/AllowRotationLambdaArn", before)
            .with("secretsmanager:RotationLambdaARN", Entry::single(function))
    }

    fn rotates_by_role(&self, caller: Caller) -> Question {
        let role = self.secret.rotation.external_role.as_ref().map_or(Entry::Unknown, Entry::single);
        self.rotates(caller).with("secretsmanager:ExternalSecretRotationRoleArn", role)
    }

    /// The role of a managed external secret is passed to Secrets Manager. Whether the request then says to whom it is passed is not documented.
    fn passes_role(&self, caller: Caller) -> Known<Question> {
        let Some(role) = &self.secret.rotation.external_role else {
            return Known::Unreadable(Gap::new(
                "secretsmanager:ListSecrets",
                self.secret.arn.as_str(),
                "it names no role for the rotation",
            ));
        };
        let service = match role.partition() {
            Partition::Aws | Partition::GovCloud => Entry::OneOf(vec![Entry::single("secretsmanager.amazonaws.com"), Entry::Absent]),
            Partition::China | Partition::Other => Entry::Unknown,
        };
        Known::Value(Question::new(caller, PASS_ROLE, Target::Role(role.clone())).with("iam:PassedToService", service))
    }
}

/// Under exactly the ARN that the secret names. Whether this is checked as a call of the principal itself, or as one of Secrets Manager on its behalf, is not
/// documented.
fn invokes(caller: Caller, function: &Arn) -> Question {
    let question = Question::new(caller, INVOKE, Target::Function(function.clone()));
    OF_FORWARDING.into_iter().fold(question, |question, key| question.with(key, Entry::Unknown))
}
