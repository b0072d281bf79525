//! The accounts of a collection: which there are, with whose credentials each is asked, and what is known of one that cannot be. `collect` opens them first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::assume::assume;
use super::enabled::{unasked, wanted};
use super::lanes::in_lanes;
use super::options::{Accounts as Which, Options};
use super::organization::{Organization, Policies, check, membership, organization, policies, selected};
use super::place::Place;
use super::session::Session;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Account, Gap, Known};
use crate::source::error::SourceError;
use crate::source::progress::Progress;

/// The accounts of a collection.
pub(super) struct Accounts {
    /// Those that can be asked.
    sessions: BTreeMap<AccountId, Arc<Session>>,
    /// All of them; what is not read yet is empty.
    pub(super) known: BTreeMap<AccountId, Account>,
}

/// With whose credentials an account is read.
#[derive(Debug)]
enum With {
    /// Those of whoever asks.
    Own,
    /// Those of a role.
    Role(Arn),
    /// Nobody's, because of this.
    Nothing(Gap),
}

/// The organization, where it was read.
type Read = Option<(Organization, Policies)>;

impl Accounts {
    /// Finds the accounts, and takes on the roles with which they are read.
    ///
    /// # Errors
    /// When nobody can be asked at all, no account can be read, or the organization cannot be although it was asked for.
    pub(super) async fn open(options: &Options, progress: &dyn Progress) -> Result<Self, SourceError> {
        let base = Arc::new(Session::open(options).await?);
        let (chosen, organization) = chosen(&base, options).await?;
        let lanes = chosen.into_iter().map(|(account, with)| (account.to_string(), vec![(account, with)])).collect();
        let one = |_: &str, (account, with): (AccountId, With)| {
            let (base, options, alone) = (Arc::clone(&base), options.clone(), organization.is_none());
            async move { (account, opened(&base, with, &options, alone).await) }
        };
        let mut accounts = Self { sessions: BTreeMap::new(), known: BTreeMap::new() };
        let opened = in_lanes(lanes, |done, total| progress.step("accounts", done, Some(total)), one).await;
        for (id, (session, mut account)) in opened {
            if let Some((organization, policies)) = &organization {
                account.organization = Some(Known::Value(organization.membership(&id)));
                account.control_policies = Some(policies.of(organization, &id));
            }
            accounts.sessions.extend(session.map(|session| (id.clone(), Arc::new(session))));
            accounts.known.insert(id, account);
        }
        match accounts.known.values().find_map(|account| account.identities.gap()) {
            Some(gap) if accounts.sessions.is_empty() => Err(SourceError::NothingReadable { all: accounts.known.len(), gap: gap.clone() }),
            _ => Ok(accounts),
        }
    }

    /// Those that can be asked.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &Arc<Session>> {
        self.sessions.values()
    }

    /// Who asks about a thing: the account that owns it if it can be asked, else the one that names the thing, else any. `None` when nobody can be asked.
    pub(super) fn who_asks(&self, thing: &Arn, named_by: Option<&AccountId>) -> Option<&Arc<Session>> {
        let owner = self.sessions.get(thing.account());
        owner.or_else(|| self.sessions.get(named_by?)).or_else(|| self.sessions.values().next())
    }

    /// A place of an account that can be asked, by its name (`111122223333/eu-west-1`).
    pub(super) fn place(&self, name: &str) -> Option<Arc<Place>> {
        let (account, region) = name.split_once('/')?;
        self.sessions.get(account)?.place(region)
    }

    /// Whether an account can be asked.
    pub(super) fn can_ask(&self, account: &str) -> bool {
        self.sessions.contains_key(account)
    }

    /// Whether this region of an account is read.
    pub(super) fn reads(&self, account: &str, region: &str) -> bool {
        self.sessions.get(account).is_some_and(|session| session.regions.iter().any(|it| it == region))
    }
}

/// Things by who asks about them and in which region, so that each lane has rate limits of its own.
pub(super) fn lane(session: &Session, region: &str) -> String {
    format!("{}/{region}", session.account)
}

/// The accounts to read, each with the credentials to read it with; and the organization, where it was asked for.
async fn chosen(base: &Session, options: &Options) -> Result<(BTreeMap<AccountId, With>, Read), SourceError> {
    let mut chosen = BTreeMap::new();
    match &options.accounts {
        Which::Own => {
            chosen.insert(base.account.clone(), With::Own);
        }
        Which::Roles { roles, own } => {
            for role in roles {
                if let Ok(account) = AccountId::parse(role.account()) {
                    chosen.entry(account).or_insert_with(|| With::Role(role.clone()));
                }
            }
            if *own {
                chosen.insert(base.account.clone(), With::Own);
            }
        }
        Which::Organization { role_name, include, exclude } => {
            let organization = organization(base).await?;
            check(&organization, &include.iter().chain(exclude).collect::<Vec<_>>())?;
            for (account, gap) in selected(base, &organization, include, exclude).await {
                let gap = gap.or_else(|| organization.members.get(&account)?.inactive(&account));
                let with = match gap {
                    Some(gap) => With::Nothing(gap),
                    None if account == base.account => With::Own,
                    None => With::Role(role_in(base, &account, role_name)?),
                };
                chosen.insert(account, with);
            }
            if chosen.is_empty() {
                return Err(SourceError::NoAccounts { all: organization.members.len() });
            }
            let policies = policies(base, &organization).await;
            return Ok((chosen, Some((organization, policies))));
        }
    }
    Ok((chosen, None))
}

fn role_in(base: &Session, account: &AccountId, name: &str) -> Result<Arn, SourceError> {
    let role = format!("role/{}", name.trim_start_matches('/').replace("{account}", account.as_str()));
    Arn::build(base.partition, "iam", "", account.as_str(), &role).map_err(|error| SourceError::RoleName { cause: error.to_string() })
}

/// The session of an account with the regions to read, and what is known of the account before anything in it is read. `alone` says that its organization was not
/// read as a whole.
async fn opened(base: &Arc<Session>, with: With, options: &Options, alone: bool) -> (Option<Session>, Account) {
    let session = match with {
        With::Own => Ok(base.again()),
        With::Role(role) => assume(base, &role, options).await,
        With::Nothing(gap) => Err(gap),
    };
    match session {
        Ok(mut session) => {
            let (regions, enabled_regions) = wanted(&session, options).await;
            let organization = if alone { Some(membership(&session).await) } else { None };
            session.regions = regions;
            (Some(session), Account { enabled_regions, organization, ..Account::new(BTreeMap::new(), Known::default()) })
        }
        Err(gap) => {
            let regions: BTreeSet<String> = unasked(base, options).into_iter().collect();
            let regions = regions.into_iter().map(|region| (region, Known::Unreadable(gap.clone()))).collect();
            (None, Account::new(regions, Known::Unreadable(gap)))
        }
    }
}
