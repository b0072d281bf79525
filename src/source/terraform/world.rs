//! What will be there when the plan was applied: every instance of every resource with its values, and the configuration that they come from. `resolve` follows
//! references through it, the readers of resources take their values from it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::address::{Key, ModulePath};
use super::document::{Change, ConfiguredResource, Module, ModuleCall, Plan, StateModule, is_kept};
use super::value::Value;

/// Attributes that hold what a secret protects: they are forgotten as soon as they are read.
const VALUES_OF_SECRETS: [&str; 6] =
    ["secret_string", "secret_binary", "secret_string_wo", "password", "master_password", "admin_password"];

/// What comes first where something is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replacement {
    /// The old one goes.
    Destroy,
    /// The new one comes (`create_before_destroy`).
    Create,
}

impl Replacement {
    fn of(change: &Change) -> Option<Self> {
        let first = change.values.actions.iter().find(|action| ["create", "delete"].contains(&action.as_str()))?;
        (does(change, "create") && does(change, "delete")).then_some(if first == "create" { Self::Create } else { Self::Destroy })
    }
}

/// One instance of a resource, or of data that is read.
#[derive(Debug, Default)]
pub(crate) struct Instance {
    /// As Terraform writes it.
    pub(crate) address: String,
    pub(crate) module: ModulePath,
    pub(crate) data: bool,
    /// `aws_secretsmanager_secret`
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) key: Option<Key>,
    /// Whether the plan makes or changes it.
    pub(crate) changes: bool,
    /// How the plan makes it anew, if it does.
    pub(crate) replacement: Option<Replacement>,
    pub(crate) values: Value,
}

impl Instance {
    /// The address as it is written within its module.
    pub(crate) fn address_in_module(&self) -> String {
        let data = if self.data { "data." } else { "" };
        let key = self.key.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{data}{}.{}{key}", self.kind, self.name)
    }
}

/// A resource by what is written: module instance, whether it is data, type and name.
type Block = (ModulePath, bool, String, String);

/// All that will be there.
pub(crate) struct World<'p> {
    plan: &'p Plan,
    instances: BTreeMap<String, Instance>,
    /// What the plan changes or takes away, as it was, by type and address.
    earlier: BTreeMap<String, BTreeMap<String, Instance>>,
    /// Parts that will be there and that the plan takes away by another address, with that.
    rivals: BTreeMap<String, String>,
    blocks: BTreeMap<Block, Vec<String>>,
    /// The addresses by type, of data and of what will be there.
    kinds: [BTreeMap<String, Vec<String>>; 2],
    configured: BTreeMap<(Vec<String>, bool, &'p str, &'p str), &'p ConfiguredResource>,
}

impl<'p> World<'p> {
    /// The world after this plan.
    pub(crate) fn after(plan: &'p Plan) -> Self {
        let mut world = Self::of(plan, |change| {
            let values = &change.values;
            match () {
                // What Terraform forgets is still there; it does not look after it any more.
                () if does(change, "forget") && !does(change, "create") => Some(Value::known(&values.before)),
                () if does(change, "delete") && !does(change, "create") => None,
                () => Some(Value::of(&values.after, &values.after_unknown)),
            }
        });
        let replaced = |change: &&Change| change.deposed.is_none() && (does(change, "delete") || does(change, "update"));
        for was in plan.resource_changes.iter().filter(replaced).map(|it| instance(it, Value::known(&it.values.before))) {
            if !was.data {
                world.earlier.entry(was.kind.clone()).or_default().insert(was.address.clone(), was);
            }
        }
        world
    }

    /// The world before it, as far as the state tells.
    pub(crate) fn before(plan: &'p Plan) -> Self {
        let mut world = Self::of(plan, |change| {
            (!does(change, "read") && !change.values.before.is_null()).then(|| Value::known(&change.values.before))
        });
        // Nothing has changed yet.
        world.instances.values_mut().for_each(|instance| instance.changes = false);
        world
    }

    fn of(plan: &'p Plan, values: impl Fn(&Change) -> Option<Value>) -> Self {
        let mut instances = BTreeMap::new();
        // What the plan does not touch, as with -target, and data that was read while planning.
        from_state(&plan.prior_state.values.root_module, &mut instances);
        for change in plan.resource_changes.iter().filter(|change| change.deposed.is_none()) {
            instances.remove(&change.address);
            if let Some(moved) = &change.previous_address {
                instances.remove(moved);
            }
        }
        for change in plan.resource_changes.iter().filter(|change| change.deposed.is_none()) {
            if let Some(values) = values(change) {
                instances.insert(change.address.clone(), instance(change, values));
            }
        }
        let mut blocks: BTreeMap<Block, Vec<String>> = BTreeMap::new();
        let mut kinds: [BTreeMap<String, Vec<String>>; 2] = <_>::default();
        for instance in instances.values() {
            kinds[usize::from(instance.data)].entry(instance.kind.clone()).or_default().push(instance.address.clone());
            let block = (instance.module.clone(), instance.data, instance.kind.clone(), instance.name.clone());
            blocks.entry(block).or_default().push(instance.address.clone());
        }
        let mut configured = BTreeMap::new();
        index(&plan.configuration.root_module, &mut Vec::new(), &mut configured);
        Self { plan, instances, earlier: BTreeMap::new(), rivals: BTreeMap::new(), blocks, kinds, configured }
    }

    /// Takes an instance out of what will be there.
    pub(crate) fn remove(&mut self, address: &str) {
        self.instances.remove(address);
    }

    /// Lets an attribute of an instance have another value.
    pub(crate) fn set(&mut self, address: &str, attribute: &str, value: Value) {
        if let Some(Value::Map(fields)) = self.instances.get_mut(address).map(|instance| &mut instance.values) {
            fields.insert(attribute.to_owned(), value);
        }
    }

    /// All instances, by address.
    pub(crate) fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.instances.values()
    }

    /// The instance at this address.
    pub(crate) fn instance(&self, address: &str) -> Option<&Instance> {
        self.instances.get(address)
    }

    /// The resources of one type that the plan changes or takes away, as they were.
    pub(crate) fn earlier(&self, kind: &str) -> impl Iterator<Item = &Instance> + use<'_, 'p> {
        self.earlier.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    /// Those of these that the plan takes away and does not make anew.
    pub(crate) fn taken_away(&self, kind: &str) -> impl Iterator<Item = &Instance> + use<'_, 'p> {
        self.earlier(kind).filter(|it| !it.changes)
    }

    /// Those of these that it makes anew.
    pub(crate) fn replaced(&self, kind: &str) -> impl Iterator<Item = &Instance> + use<'_, 'p> {
        self.earlier(kind).filter(|it| it.replacement.is_some())
    }

    /// Tells which parts the plan takes away by another address.
    pub(crate) fn tell_rivals(&mut self, rivals: BTreeMap<String, String>) {
        self.rivals = rivals;
    }

    /// The address by which the plan takes away what this is.
    pub(crate) fn rival(&self, instance: &Instance) -> Option<&str> {
        self.rivals.get(&instance.address).map(String::as_str)
    }

    /// What is there and stays there as the state tells it; `None` of what is made anew.
    pub(crate) fn was<'w>(&'w self, instance: &'w Instance) -> Option<&'w Instance> {
        match instance {
            Instance { replacement: Some(_), .. } => None,
            Instance { changes: false, .. } => Some(instance),
            _ => self.earlier.get(&instance.kind)?.get(&instance.address),
        }
    }

    /// The resources that will be there of one type.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Instance> + use<'_, 'p> {
        self.at(self.kinds[0].get(kind))
    }

    /// The data that was read of one type.
    pub(crate) fn data(&self, kind: &str) -> impl Iterator<Item = &Instance> + use<'_, 'p> {
        self.at(self.kinds[1].get(kind))
    }

    fn at<'w>(&'w self, addresses: Option<&'w Vec<String>>) -> impl Iterator<Item = &'w Instance> + use<'w, 'p> {
        addresses.into_iter().flatten().filter_map(|address| self.instances.get(address))
    }

    /// The instances of what is written under this name in this module instance.
    pub(crate) fn instances_of(&self, module: &ModulePath, data: bool, kind: &str, name: &str) -> impl Iterator<Item = &Instance> {
        let addresses = self.blocks.get(&(module.clone(), data, kind.to_owned(), name.to_owned()));
        self.at(addresses)
    }

    /// The instances of the module that is called by this name here.
    pub(crate) fn modules_of(&self, module: &ModulePath, name: &str) -> Vec<ModulePath> {
        let depth = module.0.len();
        let below = |path: &ModulePath| {
            (path.0.len() > depth && path.0[..depth] == module.0 && path.0[depth].0 == name).then(|| ModulePath(path.0[..=depth].to_vec()))
        };
        let mut found: Vec<ModulePath> = self.blocks.keys().filter_map(|(path, ..)| below(path)).collect();
        found.dedup();
        found
    }

    /// What is written about a resource.
    pub(crate) fn written(&self, instance: &Instance) -> Option<&'p ConfiguredResource> {
        let path = instance.module.0.iter().map(|(name, _)| name.clone()).collect();
        self.configured.get(&(path, instance.data, instance.kind.as_str(), instance.name.as_str())).copied()
    }

    /// What is written under this name in the module that these calls lead to.
    pub(crate) fn block(&self, module: &[String], data: bool, kind: &str, name: &str) -> Option<&'p ConfiguredResource> {
        self.configured.get(&(module.to_vec(), data, kind, name)).copied()
    }

    /// The module that these calls lead to, as it is written.
    pub(crate) fn module_called(&self, calls: &[String]) -> Option<&'p Module> {
        calls.iter().try_fold(self.root(), |module, name| module.calls.get(name).map(|call| &call.module))
    }

    /// The call that leads to a module, as it is written.
    pub(crate) fn call(&self, module: &ModulePath) -> Option<&'p ModuleCall> {
        let (parent, name, _) = module.parent()?;
        self.module(&parent)?.calls.get(name)
    }

    /// The root module as it is written.
    pub(crate) fn root(&self) -> &'p Module {
        &self.plan.configuration.root_module
    }

    /// A module as it is written.
    pub(crate) fn module(&self, module: &ModulePath) -> Option<&'p Module> {
        let root = &self.plan.configuration.root_module;
        module.0.iter().try_fold(root, |module, (name, _)| module.calls.get(name).map(|call| &call.module))
    }

    /// The value of a variable of the root module.
    pub(crate) fn variable(&self, name: &str) -> Option<&'p Json> {
        self.plan.variables.get(name).map(|variable| &variable.value)
    }

    /// By which name the provider of a resource is written.
    pub(crate) fn provider_key(&self, instance: &Instance) -> Option<&'p str> {
        let key = &self.written(instance)?.provider_config_key;
        let configured = &self.plan.configuration.provider_config;
        // A module that is handed its provider names the root's, or, in older versions, itself.
        let found = configured.get_key_value(key).or_else(|| configured.get_key_value(key.rsplit(':').next()?));
        found.map(|(key, _)| key.as_str())
    }

    /// The blocks of AWS's providers: by which name they are written, in which module, and what.
    pub(crate) fn provider_blocks(&self) -> impl Iterator<Item = (&'p str, ModulePath, &'p Json)> + use<'p> {
        let all = self.plan.configuration.provider_config.iter();
        let of_aws = all.filter(|(key, it)| {
            it.full_name.ends_with("/aws") || key.rsplit(':').next().is_some_and(|key| key.split('.').next() == Some("aws"))
        });
        of_aws.map(|(key, it)| (key.as_str(), ModulePath::parse(&it.module_address), &it.expressions))
    }

    /// Whether OpenTofu made the plan, as far as the registries of its providers tell.
    pub(crate) fn is_of_opentofu(&self) -> bool {
        let is_from = |registry: &str| self.plan.configuration.provider_config.values().any(|it| it.full_name.starts_with(registry));
        is_from("registry.opentofu.org/") || !is_from("registry.terraform.io/")
    }
}

fn does(change: &Change, action: &str) -> bool {
    change.values.actions.iter().any(|it| it == action)
}

fn instance(change: &Change, values: Value) -> Instance {
    Instance {
        address: change.address.clone(),
        module: ModulePath::parse(&change.module_address),
        data: change.mode == "data",
        kind: change.kind.clone(),
        name: change.name.clone(),
        key: change.index.as_ref().and_then(Key::of_json),
        changes: does(change, "create") || does(change, "update"),
        replacement: Replacement::of(change),
        values: without_secrets(values),
    }
}

fn from_state(module: &StateModule, instances: &mut BTreeMap<String, Instance>) {
    for resource in module.resources.iter().filter(|resource| resource.deposed_key.is_none()) {
        let instance = Instance {
            address: resource.address.clone(),
            module: ModulePath::parse(&module.address),
            data: resource.mode == "data",
            kind: resource.kind.clone(),
            name: resource.name.clone(),
            key: resource.index.as_ref().and_then(Key::of_json),
            changes: false,
            replacement: None,
            values: without_secrets(Value::known(&resource.values)),
        };
        instances.insert(instance.address.clone(), instance);
    }
    module.child_modules.iter().for_each(|child| from_state(child, instances));
}

/// The values without what a secret protects; that there is something stays known.
fn without_secrets(mut values: Value) -> Value {
    if let Value::Map(fields) = &mut values {
        for name in VALUES_OF_SECRETS {
            if let Some(value @ Value::Text(_)) = fields.get_mut(name) {
                *value = Value::Text("(not read)".to_owned());
            }
        }
    }
    values
}

fn index<'p>(
    module: &'p Module,
    path: &mut Vec<String>,
    configured: &mut BTreeMap<(Vec<String>, bool, &'p str, &'p str), &'p ConfiguredResource>,
) {
    for resource in module.resources.iter().filter(|resource| is_kept(&resource.mode)) {
        configured.insert((path.clone(), resource.mode == "data", &resource.kind, &resource.name), resource);
    }
    for (name, call) in &module.calls {
        path.push(name.clone());
        index(&call.module, path, configured);
        path.pop();
    }
}
