//! `rotaudit who-can`: everybody who may do one thing.

use clap::Args;

use super::actions::{self, Action};
use super::error::CliError;
use super::output::{Format, OutputArgs};
use super::reading::MoreToRead;
use super::resource;
use super::sources::SourceArgs;
use super::threshold::OnUndecided;
use crate::access::{Access, Certainty, Everyone, Group, Matter, Party};
use crate::arn::Arn;
use crate::inventory::Inventory;
use crate::report::{self, Entry};

/// Show everybody who may do one thing: roles, users, services and other accounts, each with the statement that allows it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit who-can --demo lambda:UpdateFunctionCode rotate-orders-db
  rotaudit who-can --demo secretsmanager:GetSecretValue orders/db
  rotaudit who-can --snapshot account.json.zst sts:AssumeRole 'rotate-*' --all
  rotaudit who-can --region eu-west-1 kms:PutKeyPolicy \\
    0a1b2c3d-1111-2222-3333-444455556666 --format json

Administrators (who may write any policy for any role of their account) are one line, service-linked roles are left out, and the root user of an account is not listed: only control policies bind it. Roles and users are asked directly, as if each made the request itself; what they could make of other permissions first is not followed.

It exits with 0 whoever can, and with 11 when something is undecided and --on-undecided is fail.")]
pub(super) struct WhoCan {
    /// The IAM action: of secretsmanager, kms, lambda, iam, sts or ec2
    action: String,
    /// On what: a secret, function, key, role, endpoint or security group by its name, its ARN, or a glob that fits it alone; the account, for an action that knows no
    /// resource
    resource: String,
    #[command(flatten)]
    source: SourceArgs,
    /// Name the administrators too, and shorten no list
    #[arg(long, help_heading = "Output")]
    all: bool,
    /// What it does when something could not be decided: exit with 11, say so on stderr, or nothing
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnUndecided::Warn, help_heading = "Exit code")]
    on_undecided: OnUndecided,
    #[command(flatten)]
    output: OutputArgs,
}

impl WhoCan {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let action = actions::parse(&self.action)?;
        let inventory = self.source.read(&MoreToRead::default())?;
        let answer = answer(&action, &self.resource, &inventory)?;
        self.output.write(|style, out| match self.output.format {
            Format::Table => report::who_can(&answer, self.all, style, out),
            Format::Json => report::who_can_json(&answer, out),
        })?;
        Ok(self.on_undecided.exit_code(answer.undecided.iter().map(|entry| entry.who.len()).sum()))
    }
}

fn answer(action: &Action, resource: &str, inventory: &Inventory) -> Result<report::WhoCan, CliError> {
    let target = resource::target(resource, action, inventory)?;
    let access = Access::new(inventory);
    let everyone = Everyone::new(&access);
    let mut answer = report::WhoCan::new(&action.name, target.arn().map_or("*", Arn::as_str), inventory.as_of);
    answer.asked = everyone.len();
    answer.service_linked = everyone.service_linked();
    answer.assumptions = assumptions(inventory);
    for group in everyone.who(&Matter::new(action.name.as_str(), target)) {
        let list = match group.certainty {
            Certainty::Surely => &mut answer.allowed,
            Certainty::Possibly => &mut answer.conditional,
            Certainty::Undecided => &mut answer.undecided,
        };
        list.extend(entries(&everyone, &group));
    }
    Ok(answer)
}

/// A group as one entry; as two where only some of its members are administrators.
fn entries(everyone: &Everyone<'_>, group: &Group) -> Vec<Entry> {
    let entry = |party: &Party, administrators: bool| Entry {
        who: party.names(),
        principals: party.principals().to_vec(),
        administrators,
        because: group.answer.because(),
        hangs_on: group.hinges.clone(),
        case: group.answer.case(),
    };
    let (administrators, others): (Vec<Arn>, Vec<Arn>) =
        group.party.principals().iter().cloned().partition(|arn| everyone.is_administrator(arn));
    if administrators.is_empty() {
        return vec![entry(&group.party, false)];
    }
    let some = [(others, false), (administrators, true)].into_iter().filter(|(arns, _)| !arns.is_empty());
    some.map(|(arns, administrators)| entry(&Party::Principals(arns), administrators)).collect()
}

/// What was not asked and taken as allowing.
fn assumptions(inventory: &Inventory) -> Vec<String> {
    let unasked = inventory.accounts.values().any(|account| account.is_under_control_policies() && account.control_policies.is_none());
    let text = "service and resource control policies allow everything: nobody asked for them (--organization reads them)";
    unasked.then(|| text.to_owned()).into_iter().collect()
}
