//! Whoever follows references: what it knows of the world, and where it is.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::found::Want;
use crate::policy::Text;
use crate::source::cloudformation::Application;
use crate::source::terraform::address::{Key, ModulePath};
use crate::source::terraform::identity::Kind;
use crate::source::terraform::providers::Providers;
use crate::source::terraform::value::Value;
use crate::source::terraform::world::{Instance, World};

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) module: &'a ModulePath,
    pub(super) key: Option<&'a Key>,
    pub(super) for_each: &'a Json,
    /// What of a whole resource is meant, where an expression goes on behind it.
    pub(super) behind: &'a [String],
    /// The key of the instance that is meant of a whole resource, where somebody goes through all of them.
    pub(super) each: Option<&'a Key>,
}

/// Follows references.
pub(crate) struct Resolver<'w> {
    pub(crate) world: &'w World<'w>,
    pub(crate) account: &'w str,
    pub(crate) region: &'w str,
    /// Where the providers work.
    pub(crate) providers: Providers<'w>,
    /// Whether the expressions are known beside the plan.
    pub(super) has_source: bool,
    /// What is being followed, against circles.
    pub(super) path: RefCell<Vec<String>>,
    /// The addresses of functions by ARN and by name, once somebody asks.
    functions: OnceCell<BTreeMap<Text, String>>,
    /// What AWS's rotation applications make, by the address of what deploys them, once it is told.
    applications: OnceCell<BTreeMap<String, Application>>,
}

impl<'w> Resolver<'w> {
    /// A resolver in this world; of resources of which the plan does not say where they are, they are in this account and region.
    pub(crate) fn new(world: &'w World<'w>, account: &'w str, region: &'w str) -> Self {
        Self {
            world,
            account,
            region,
            providers: Providers::of(world),
            has_source: false,
            path: RefCell::default(),
            functions: OnceCell::new(),
            applications: OnceCell::new(),
        }
    }

    /// The same where the configuration is known.
    pub(crate) fn with_source(self, has_source: bool) -> Self {
        Self { has_source, ..self }
    }

    /// The region that a resource is in.
    pub(crate) fn region_of(&self, instance: &Instance) -> String {
        // Since version 6 of the provider every resource may name its own.
        if let Some(region) = instance.values.step("region").and_then(Value::text) {
            return region.to_owned();
        }
        self.providers.region(self.world.provider_key(instance)).unwrap_or(self.region).to_owned()
    }

    /// Tells what AWS's rotation applications make. It is found out with this resolver, and told once.
    pub(crate) fn tell(&self, applications: BTreeMap<String, Application>) {
        self.applications.get_or_init(|| applications);
    }

    /// What AWS's rotation applications make, by the address of what deploys them.
    pub(crate) fn applications(&self) -> &BTreeMap<String, Application> {
        const NONE: &BTreeMap<String, Application> = &BTreeMap::new();
        self.applications.get().unwrap_or(NONE)
    }

    /// The function of this ARN or name.
    pub(super) fn function_called(&self, text: &Text) -> Option<&'w Instance> {
        let functions = self.functions.get_or_init(|| {
            let mut functions = BTreeMap::new();
            for instance in self.world.of_kind("aws_lambda_function") {
                let name = self.text(instance, &["function_name"], Want::id(Kind::Any));
                for text in name.into_iter().chain([self.arn(instance)]) {
                    functions.entry(text).or_insert_with(|| instance.address.clone());
                }
            }
            functions
        });
        let of_application =
            || self.applications().iter().find(|(_, it)| text.written() == it.function.arn.as_str()).map(|(address, _)| address);
        self.world.instance(functions.get(text).or_else(of_application)?)
    }

    /// The account that a resource is in.
    pub(crate) fn account_of(&self, instance: &Instance) -> String {
        self.providers.account(self.world.provider_key(instance)).unwrap_or(self.account).to_owned()
    }
}
