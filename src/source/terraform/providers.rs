//! Where the providers of a plan work: the account and region that their blocks tell, through variables, data and resources whose values are known, or else what has been made and read
//! with them. `resolve` asks for the place of a resource, `mod.rs` for that of the plan and for what is told of it. A plan shows of an expression which values it uses, and not what it
//! makes of them, so a value counts only where it is the only one and can be what is asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::address::{ModulePath, Target, longest};
use super::document::constant;
use super::kinds::is_looked_at;
use super::value::Value;
use super::world::World;
use crate::arn::{AccountId, Arn};

/// The provider of resources that name none.
const DEFAULT: &str = "aws";

/// Arguments that choose credentials, and so an account that nobody sees (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs>).
const CREDENTIALS: [&str; 4] = ["profile", "access_key", "shared_credentials_files", "assume_role_with_web_identity"];

/// Variables and arguments are not followed through more steps than these.
const MOST_STEPS: usize = 16;

/// What is told of something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    It(String),
    /// It hangs on this.
    Open(String),
}

impl Told {
    fn it(&self) -> Option<&str> {
        match self {
            Self::It(text) => Some(text),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
struct Place {
    account: Told,
    region: Told,
    is_used: bool,
}

/// The places of all providers.
#[derive(Debug, Default)]
pub(crate) struct Providers<'p>(BTreeMap<&'p str, Place>);

impl<'p> Providers<'p> {
    /// The places of this world's providers.
    pub(crate) fn of(world: &World<'p>) -> Self {
        let mut seen: BTreeMap<&str, [BTreeSet<String>; 3]> = BTreeMap::new();
        let mut used: BTreeSet<&str> = BTreeSet::new();
        for it in world.instances() {
            let Some(key) = world.provider_key(it) else { continue };
            if is_looked_at(&it.kind) {
                used.insert(key);
            }
            let text = |name: &str| it.values.at([name]).and_then(Value::text);
            let [accounts, regions, read] = seen.entry(key).or_default();
            match (it.data, it.kind.as_str()) {
                (true, "aws_caller_identity") => read.extend(text("account_id").map(str::to_owned)),
                (true, _) => {}
                (false, _) => {
                    let Some(arn) = text("arn").and_then(|arn| Arn::parse(arn).ok()) else { continue };
                    accounts.extend(AccountId::parse(arn.account()).is_ok().then(|| arn.account().to_owned()));
                    regions.extend(Some(arn.region().to_owned()).filter(|region| !region.is_empty()));
                }
            }
        }
        let default = world.provider_blocks().find(|(key, ..)| *key == DEFAULT).map(|(_, _, block)| block);
        let mut places = BTreeMap::new();
        for (key, module, block) in world.provider_blocks() {
            let mut place =
                Place { account: account(world, &module, block), region: region(world, &module, block), is_used: used.contains(key) };
            if key != DEFAULT {
                let own = |name: &&str| block.get(*name).is_some() && block.get(*name) != default.and_then(|default| default.get(*name));
                if let (Told::Nothing, Some(name)) = (&place.account, CREDENTIALS.iter().find(|name| own(name))) {
                    place.account = Told::Open((*name).to_owned());
                }
                // What was made and read with it tells where it works.
                let [accounts, regions, read] = seen.remove(key).unwrap_or_default();
                let account = only(read).or_else(|| only(accounts));
                for (told, found) in [(&mut place.account, account), (&mut place.region, only(regions))] {
                    if let (None, Some(found)) = (told.it(), found) {
                        *told = Told::It(found);
                    }
                }
            }
            places.insert(key, place);
        }
        Self(places)
    }

    /// The account of what the provider of this key makes, if it is told.
    pub(crate) fn account(&self, key: Option<&str>) -> Option<&str> {
        self.0.get(key?)?.account.it()
    }

    /// Its region.
    pub(crate) fn region(&self, key: Option<&str>) -> Option<&str> {
        self.0.get(key?)?.region.it()
    }

    /// The account of resources that name no provider.
    pub(crate) fn default_account(&self) -> Option<&str> {
        self.account(Some(DEFAULT))
    }

    /// Their region.
    pub(crate) fn default_region(&self) -> Option<&str> {
        self.region(Some(DEFAULT))
    }

    /// What the place of this provider hangs on for things of a region, or of an account as those of IAM are, where nobody knows it.
    pub(crate) fn open(&self, key: &str, is_regional: bool) -> Option<&str> {
        let place = self.0.get(key).filter(|_| key != DEFAULT)?;
        let region = Some(&place.region).filter(|_| is_regional);
        [Some(&place.account), region].into_iter().flatten().find_map(|told| match told {
            Told::Open(what) => Some(what.as_str()),
            _ => None,
        })
    }

    /// What a report says of providers of which it is not known where they work, and which make something that is looked at.
    pub(crate) fn assumptions(&self, account: &str, region: &str) -> Vec<String> {
        let mut told = Vec::new();
        for (key, place) in self.0.iter().filter(|(key, place)| **key != DEFAULT && place.is_used) {
            if let Told::Open(what) = &place.account {
                told.push(format!(
                    "What provider {key} makes is taken to be in account {account}: its own hangs on {what}, which the plan does not show (allowed_account_ids with one account in its block, or data aws_caller_identity read with it, tells it)."
                ));
            }
            if let Told::Open(what) = &place.region {
                told.push(format!(
                    "What provider {key} makes is taken to be in {region}: its own region hangs on {what}, which the plan does not show (a variable or a constant in its block tells it)."
                ));
            }
        }
        told
    }
}

/// The account that a block tells: that of the role that it takes on, or the only one that it is allowed.
fn account(world: &World<'_>, module: &ModulePath, block: &Json) -> Told {
    let role = block.get("assume_role").and_then(|block| block.get(0).unwrap_or(block).get("role_arn"));
    let role = role.map_or(Told::Nothing, |role| text(world, module, role, MOST_STEPS));
    let of_role = match &role {
        Told::It(arn) => Arn::parse(arn).ok().map(|arn| arn.account().to_owned()).filter(|account| AccountId::parse(account).is_ok()),
        _ => None,
    };
    let allowed = || match text(world, module, block.get("allowed_account_ids")?, MOST_STEPS) {
        Told::It(account) => Some(account).filter(|account| AccountId::parse(account).is_ok()),
        _ => None,
    };
    match of_role.or_else(allowed) {
        Some(account) => Told::It(account),
        None => match role {
            // It is made of the text, and the text is not all of it.
            Told::It(_) => Told::Open("assume_role.role_arn".to_owned()),
            other => other,
        },
    }
}

fn region(world: &World<'_>, module: &ModulePath, block: &Json) -> Told {
    match block.get("region").map_or(Told::Nothing, |region| text(world, module, region, MOST_STEPS)) {
        Told::It(region) if !is_region(&region) => Told::Open("region".to_owned()),
        told => told,
    }
}

/// Whether a text can be the name of a region: `eu-west-1`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let ends = text.rsplit_once('-').is_some_and(|(rest, number)| rest.contains('-') && number.parse::<u8>().is_ok());
    ends && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// What an expression is, where it is written down or nothing but one value that is known; of a list, the only item.
fn text(world: &World<'_>, module: &ModulePath, expression: &Json, steps: usize) -> Told {
    let single = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        Value::List(items) => match items.as_slice() {
            [Value::Text(text)] => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    if let Some(constant) = constant(expression) {
        return single(&Value::known(constant)).map_or(Told::Nothing, Told::It);
    }
    let references: Vec<&str> =
        expression.get("references").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
    let references = longest(&references);
    let open = || Told::Open(references.join(", "));
    let Some(steps) = steps.checked_sub(1) else { return open() };
    let [only] = references.as_slice() else { return if references.is_empty() { Told::Nothing } else { open() } };
    let value = match Target::parse(only) {
        Some(Target::Variable { name, attribute }) => {
            let path = || attribute.iter().map(String::as_str);
            match (world.call(module), module.parent()) {
                (Some(call), Some((parent, ..))) => match call.expressions.get(&name) {
                    // Of what is handed on, only the whole is followed.
                    Some(argument) if attribute.is_empty() => return text(world, &parent, argument, steps),
                    Some(_) => None,
                    None => world
                        .module(module)
                        .and_then(|module| module.variables.get(&name)?.default.as_ref())
                        .and_then(|default| Value::known(default).at(path()).and_then(single)),
                },
                _ => world.variable(&name).and_then(|value| Value::known(value).at(path()).and_then(single)),
            }
        }
        Some(Target::Resource { data, kind, name, key, attribute }) => {
            let mut all = world.instances_of(module, data, &kind, &name).filter(|it| key.is_none() || it.key == key);
            let it = all.next().filter(|_| all.next().is_none());
            it.and_then(|it| it.values.at(attribute.iter().map(String::as_str)).and_then(single))
        }
        _ => None,
    };
    value.map_or_else(open, Told::It)
}

/// The one value that all have.
fn only(values: BTreeSet<String>) -> Option<String> {
    let mut values = values.into_iter();
    values.next().filter(|_| values.next().is_none())
}
