//! The calls of one rotation, as data: who asks for what on which resource, in which step. The table follows AWS's own rotation function templates
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>) and the permissions that AWS lists for them
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html>).

use super::chain::Rotation;
use super::keys::KeyInUse;
use super::verdict::Step;
use crate::access::{Caller, Question, Target, Way};
use crate::arn::Arn;
use crate::inventory::{Gap, Known};
use crate::policy::{Entry, Part, Symbol, Text};

/// One call of a rotation.
#[derive(Debug, Clone)]
pub struct Call {
    /// The step that makes it first.
    pub step: Step,
    /// The IAM action.
    pub action: &'static str,
    /// The question to ask, if everything that it needs could be read.
    pub question: Known<Question>,
    /// Whether a rotation function may do without it.
    pub optional: bool,
}

/// Tags by which the functions that AWS's own templates make are known.
const TEMPLATE_TAGS: [&str; 2] = ["serverlessrepo:applicationId", "SecretsManagerLambda"];

/// How `ListSecretVersionIds` names `aws/secretsmanager`.
const MANAGED_KEY: [&str; 2] = ["DefaultEncryptionKey", "alias/aws/secretsmanager"];
const VERSION_STAGE: &str = "secretsmanager:VersionStage";

impl Rotation<'_> {
    /// Whether the function was made from one of AWS's rotation templates, as its tags tell. These ask Secrets Manager for a random password; other
    /// code need not.
    pub fn from_aws_template(&self) -> Known<bool> {
        match &self.function {
            Known::Unreadable(gap) => Known::Unreadable(gap.clone()),
            Known::Value(None) => Known::Value(false),
            Known::Value(Some(function)) => function.tags.as_ref().map(|tags| TEMPLATE_TAGS.iter().any(|tag| tags.contains_key(*tag))),
        }
    }

    /// The session of the execution role in which the function's code runs; `None` when there is no such role to name.
    pub fn function_caller(&self) -> Known<Option<Caller>> {
        let way = self.way();
        self.caller(|role, function| Caller::Function { role, function, way })
    }

    /// The ways that the function's calls to Secrets Manager may go, each once, never none.
    pub fn ways(&self) -> &[Way] {
        self.connections.as_ref().map_or(&[Way::Unknown], |connections| &connections.ways)
    }

    /// The way that all of them go, if it is one.
    fn way(&self) -> Way {
        if let [way] = self.ways() { way.clone() } else { Way::Unknown }
    }

    /// Secrets Manager on behalf of the execution role.
    pub fn forwarded_caller(&self) -> Known<Option<Caller>> {
        self.caller(|role, function| Caller::Forwarded { role, function })
    }

    fn caller(&self, make: impl FnOnce(Arn, Arn) -> Caller) -> Known<Option<Caller>> {
        self.role_arn.clone().map(|role| Some(make(role?.clone(), self.function_arn?.clone())))
    }

    /// The key of the secret as a target.
    pub fn key_target(&self) -> Known<Target> {
        self.key.clone().map(|key| match key {
            KeyInUse::Customer(key) => Target::Key(key.arn.clone()),
            KeyInUse::AwsManaged => self.managed_key(),
        })
    }

    /// The request that Secrets Manager makes of KMS for this secret, as the execution role, with the encryption context that it always sends: the
    /// secret's full ARN and the version, whose id nobody can foretell.
    pub fn key_question(&self, action: &str, secret_arn: &Arn) -> Known<Question> {
        self.encrypted_question(action, secret_arn, self.key_target())
    }

    fn encrypted_question(&self, action: &str, secret_arn: &Arn, target: Known<Target>) -> Known<Question> {
        let caller = self.forwarded_caller();
        caller.and_then(|caller| match caller {
            None => Known::Unreadable(Gap::not_collected("lambda:GetFunctionConfiguration", self.secret.arn.as_str())),
            Some(caller) => target.map(|target| {
                Question::new(caller, action, target)
                    .with("kms:EncryptionContext:SecretARN", Entry::single(secret_arn))
                    .with("kms:EncryptionContext:SecretVersionId", Entry::Single(token()))
                    .with("kms:EncryptionContextKeys", Entry::Multi(vec![Text::literal("SecretARN"), Text::literal("SecretVersionId")]))
            }),
        })
    }

    /// The key that decrypts the version labelled `AWSCURRENT`. After the secret's key was changed that may still be the key before, as long as Secrets Manager
    /// lists no other for that version
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretVersionsListEntry.html>).
    pub(super) fn key_of_current_version(&self) -> Known<Target> {
        let current = self.secret.version_with("AWSCURRENT");
        let versions = self.secret.versions.value().map(Vec::as_slice).unwrap_or_default();
        let keys = versions
            .iter()
            .find(|version| Some(version.id.as_str()) == current)
            .map(|version| version.key_ids.as_slice())
            .unwrap_or_default();
        if keys.is_empty() || keys.iter().any(|key| self.is_the_secrets_key(key)) {
            return self.key_target();
        }
        let unresolved = || Known::Unreadable(Gap::not_collected("kms:DescribeKey", &keys.join(" or ")));
        match keys {
            [key] if MANAGED_KEY.contains(&key.as_str()) => Known::Value(self.managed_key()),
            [key] => self.key_named(key).map_or_else(unresolved, |arn| Known::Value(Target::Key(arn))),
            _ => unresolved(),
        }
    }

    /// Whether a version's key, as `ListSecretVersionIds` names it, is the one that the secret has now.
    fn is_the_secrets_key(&self, named: &str) -> bool {
        if self.secret.kms_key_id.as_deref() == Some(named) {
            return true;
        }
        match &self.secret.key {
            Known::Value(Some(arn)) => arn.as_str() == named || arn.name() == named,
            Known::Value(None) => MANAGED_KEY.contains(&named),
            Known::Unreadable(_) => false,
        }
    }

    /// The ARN of a key that is named by its ARN or id; an alias tells none.
    fn key_named(&self, named: &str) -> Option<Arn> {
        if named.contains("alias/") {
            return None;
        }
        let secret = &self.secret.arn;
        let of_id = || format!("arn:{}:kms:{}:{}:key/{named}", secret.partition_name(), secret.region(), secret.account());
        Arn::parse(&if named.starts_with("arn:") { named.to_owned() } else { of_id() }).ok()
    }

    fn managed_key(&self) -> Target {
        Target::ManagedKey { account: self.secret.arn.account().into(), region: self.secret.arn.region().into() }
    }

    /// A request of the function's code about the secret itself.
    pub fn secret_question(&self, action: &str) -> Known<Question> {
        self.code_question(action, Target::Secret(self.secret.arn.clone()))
    }

    fn code_question(&self, action: &str, target: Target) -> Known<Question> {
        self.function_caller().and_then(|caller| match caller {
            Some(caller) => Known::Value(Question::new(caller, action, target)),
            None => Known::Unreadable(Gap::not_collected("lambda:GetFunctionConfiguration", self.secret.arn.as_str())),
        })
    }

    /// The calls of one rotation, in order. Empty for rotations that do not go through a function.
    pub fn calls(&self) -> Vec<Call> {
        let Some(function) = self.function_arn.filter(|_| self.is_lambda()) else { return Vec::new() };
        let mut calls = vec![self.invocation(function)];
        calls.extend(self.start());
        let account = self.role_arn.value().copied().flatten().map_or_else(|| self.secret.arn.account(), Arn::account);
        let random = Target::Nothing { account: account.into(), region: self.secret.arn.region().into() };
        let template = self.from_aws_template();
        let call = |step, action, question| Call { step, action, question, optional: false };
        let (get, update) = ("secretsmanager:GetSecretValue", "secretsmanager:UpdateSecretVersionStage");
        let about = |action: &str| self.secret_question(action);
        calls.extend([
            call(Step::CreateSecret, "secretsmanager:DescribeSecret", about("secretsmanager:DescribeSecret")),
            call(Step::CreateSecret, get, about(get).map(|question| of_version(question, "AWSCURRENT", Entry::Absent))),
            call(Step::CreateSecret, "kms:Decrypt", self.decrypts_current()),
            // Whether a former attempt has left a value; a denial here is not the answer that there is none.
            call(Step::CreateSecret, get, about(get).map(|question| of_version(question, "AWSPENDING", Entry::Single(token())))),
            Call {
                step: Step::CreateSecret,
                action: "secretsmanager:GetRandomPassword",
                question: self.code_question("secretsmanager:GetRandomPassword", random),
                optional: !matches!(template, Known::Value(true)),
            },
            call(Step::CreateSecret, "secretsmanager:PutSecretValue", about("secretsmanager:PutSecretValue")),
            call(Step::CreateSecret, "kms:GenerateDataKey", self.key_question("kms:GenerateDataKey", &self.secret.arn)),
            call(Step::SetSecret, "kms:Decrypt", self.key_question("kms:Decrypt", &self.secret.arn)),
        ]);
        calls.extend(self.master_calls());
        calls.extend([call(
            Step::FinishSecret,
            update,
            about(update).map(|question| question.with(VERSION_STAGE, Entry::single("AWSCURRENT"))),
        )]);
        calls
    }

    /// The calls that concern the master secret; none where no master was told.
    fn master_calls(&self) -> Vec<Call> {
        let Some(master) = &self.master else { return Vec::new() };
        let get = "secretsmanager:GetSecretValue";
        let call = |action, question| Call { step: Step::SetSecret, action, question, optional: false };
        let about = |action| {
            let target = master.secret.clone().map(|secret| Target::Secret(secret.arn.clone()));
            target.and_then(|target| self.code_question(action, target))
        };
        let read = about(get).map(|question| of_version(question, "AWSCURRENT", Entry::Absent));
        let describe = master.is_managed().then(|| call("secretsmanager:DescribeSecret", about("secretsmanager:DescribeSecret")));
        [call(get, read)].into_iter().chain(describe).chain([call("kms:Decrypt", self.master_key_question("kms:Decrypt"))]).collect()
    }

    /// The request that Secrets Manager makes of KMS to read the master secret.
    pub fn master_key_question(&self, action: &str) -> Known<Question> {
        let Some(master) = &self.master else {
            return Known::Unreadable(Gap::not_collected("secretsmanager:ListSecrets", self.secret.arn.as_str()));
        };
        master.secret.clone().and_then(|secret| {
            let question = self.encrypted_question(action, &secret.arn, master.key_target());
            match secret.version_with("AWSCURRENT") {
                Some(id) => question.map(|question| question.with("kms:EncryptionContext:SecretVersionId", Entry::Single(Text::parse(id)))),
                None => question,
            }
        })
    }

    /// The key's part in reading the version that is current, whose id is known.
    fn decrypts_current(&self) -> Known<Question> {
        let target = self.key_of_current_version();
        let question = self.key_question("kms:Decrypt", &self.secret.arn);
        let question = question.and_then(|question| target.map(|target| Question { target, ..question }));
        match self.secret.version_with("AWSCURRENT") {
            Some(id) => question.map(|question| question.with("kms:EncryptionContext:SecretVersionId", Entry::Single(Text::parse(id)))),
            None => question,
        }
    }

    /// Secrets Manager invokes the function under exactly the ARN that the secret names.
    fn invocation(&self, function: &Arn) -> Call {
        let caller = Caller::Service { name: "secretsmanager.amazonaws.com".into(), source: Some(self.secret.arn.clone()) };
        let question = Question::new(caller, "lambda:InvokeFunction", Target::Function(function.clone()));
        Call { step: Step::Invoke, action: "lambda:InvokeFunction", question: Known::Value(question), optional: false }
    }

    /// Lambda takes on the execution role. Whether it then says for which function is not documented.
    fn start(&self) -> Option<Call> {
        let question = match &self.role_arn {
            Known::Unreadable(gap) => Known::Unreadable(gap.clone()),
            Known::Value(role) => Known::Value(assume_role((*role)?)),
        };
        Some(Call { step: Step::Start, action: "sts:AssumeRole", question, optional: false })
    }
}

/// The request by which Lambda takes on an execution role.
pub fn assume_role(role: &Arn) -> Question {
    let caller = Caller::Service { name: "lambda.amazonaws.com".into(), source: None };
    Question::new(caller, "sts:AssumeRole", Target::Role(role.clone()))
}

/// The version that a rotation makes: its id is a new token each time.
fn token() -> Text {
    Text::from_parts([Part::Symbol(Symbol::fresh("ClientRequestToken"))])
}

fn of_version(question: Question, stage: &str, id: Entry) -> Question {
    question.with(VERSION_STAGE, Entry::single(stage)).with("secretsmanager:VersionId", id)
}
