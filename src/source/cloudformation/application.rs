//! One of AWS's rotation applications that is deployed by itself and not by a template: what it makes of its parameters, as if a template had nothing else in it. `terraform` asks here.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::document::{Node, TemplateError};
use super::evaluate::Evaluator;
use super::given::Given;
use super::identity::APPLICATION;
use super::made;
use super::reading::Reading;
use super::sam::nodes::{fields, map, reference, text};
use super::stack;
use super::stacks::Stacks;
use super::template::{Parameter, Resource, SERVERLESS, Template};
use super::value::Value;
use super::world::World;
use crate::arn::{AccountId, Arn};
use crate::inventory::{Function, Identities, Known};
use crate::policy::{Position, Text};

/// An application that somebody deploys.
pub(crate) struct Deploying<'a> {
    /// How it is called: what nobody tells of it is named by this.
    pub(crate) name: &'a str,
    /// Its ARN.
    pub(crate) application: &'a str,
    /// Its version, if one is named.
    pub(crate) version: Option<&'a str>,
    /// The values of its parameters, which may hold symbols.
    pub(crate) parameters: BTreeMap<String, Text>,
    /// Where it is deployed.
    pub(crate) account: AccountId,
    pub(crate) region: &'a str,
}

/// What one of AWS's rotation applications makes.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    /// The function, with its policy.
    pub(crate) function: Function,
    /// The execution role, and the managed policies that it has.
    pub(crate) identities: Identities,
    /// The parameters without which the function cannot do its work.
    pub(crate) lacks: Vec<String>,
}

impl Application {
    /// What is made; `None` where the application is not one of AWS's, or no function can have these parameters.
    pub(crate) fn of(deploying: Deploying<'_>) -> Option<Self> {
        let place = (deploying.account.clone(), deploying.region);
        let name = deploying.name;
        let stacks = stacks(deploying);
        made_of(&stacks, name, (&place.0, place.1)).ok().flatten()
    }

    /// The ARNs of what it makes.
    pub(crate) fn made(&self) -> impl Iterator<Item = &Arn> {
        std::iter::once(&self.function.arn).chain(self.identities.roles.keys())
    }
}

/// The template that has this application alone.
fn stacks(deploying: Deploying<'_>) -> Stacks {
    let at = Position { line: 1, column: 1 };
    // Names of parameters are alphanumeric (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>).
    let parameters: BTreeMap<String, Text> =
        deploying.parameters.into_iter().filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_alphanumeric())).collect();
    let mut location = vec![("ApplicationId".to_owned(), text(at, deploying.application))];
    location.extend(deploying.version.map(|version| ("SemanticVersion".to_owned(), text(at, version))));
    let given: Vec<(String, Node)> = parameters.keys().map(|name| (name.clone(), reference(at, name))).collect();
    let resource = Resource {
        at,
        kind: APPLICATION.to_owned(),
        properties: Some(fields(at, [("Location", map(at, location)), ("Parameters", map(at, given))])),
        condition: None,
        depends_on: Vec::new(),
        construct: None,
        asset: None,
        retained: Some(false),
        outlives: false,
        ignores: Vec::new(),
        connectors: None,
    };
    let declared = || Parameter { kind: "String".to_owned(), default: None, allowed: Vec::new() };
    let template = Template {
        parameters: parameters.keys().map(|name| (name.clone(), declared())).collect(),
        mappings: BTreeMap::new(),
        conditions: BTreeMap::new(),
        resources: BTreeMap::from([(deploying.name.to_owned(), resource)]),
        transforms: vec![SERVERLESS.to_owned()],
        outputs: BTreeMap::new(),
        open: Vec::new(),
        globals: None,
    };
    let given =
        Given { texts: parameters, account: Some(deploying.account), region: Some(deploying.region.to_owned()), ..Given::default() };
    let mut stacks = Stacks::default();
    stacks.add(template, given, None);
    stacks
}

fn made_of(stacks: &Stacks, name: &str, place: (&AccountId, &str)) -> Result<Option<Application>, TemplateError> {
    let world = World::default();
    let stacks = &*made::with_made(stacks, &world)?;
    // No time goes into a function or a role.
    let inventory = stack::inventory(stacks, &world, place, Timestamp::UNIX_EPOCH)?.inventory;
    let identities = inventory.accounts.get(place.0).map(|account| account.identities.clone());
    let (Some(function), Some(Known::Value(identities))) = (inventory.functions.into_values().next(), identities) else {
        return Ok(None);
    };
    let lacks = match Evaluator::new(stacks, &world).property(name, "Lacks", Position { line: 1, column: 1 })? {
        Some(Value::List(items)) => items,
        _ => Vec::new(),
    };
    let named = |value: Value| if let Value::Text(text) = value { Some(text.written().into_owned()) } else { None };
    Ok(Some(Application { function, identities, lacks: lacks.into_iter().filter_map(named).collect() }))
}
