//! The arguments that say what is proposed. `named` finds in the inventory what they name.

use clap::Args;

/// The rotation that is proposed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Proposal")]
pub(super) struct ProposalArgs {
    /// The secret: its name or ARN
    #[arg(long, value_name = "SECRET")]
    pub(super) secret: String,
    /// The function that is to rotate it: a name in the secret's account and region, or an ARN; with :ALIAS or :VERSION if that is what the secret will name
    #[arg(long, value_name = "FUNCTION", required_unless_present = "role")]
    pub(super) function: Option<String>,
    /// For a managed external secret: the role through which Secrets Manager is to rotate it
    #[arg(long, value_name = "ARN", conflicts_with = "function")]
    pub(super) role: Option<String>,
    /// How often: 30d, 12h, "rate(30 days)" or "cron(0 3 1 * ? *)"; without it, the schedule that the secret has
    #[arg(long, value_name = "SCHEDULE")]
    pub(super) every: Option<String>,
    /// Length of the rotation window in hours, such as 3h
    #[arg(long, value_name = "HOURS")]
    pub(super) window: Option<String>,
    /// Ask also whether this role or user may turn rotation on, with all the rights that it takes
    #[arg(long = "as", value_name = "ARN")]
    pub(super) turned_on_by: Option<String>,
}
