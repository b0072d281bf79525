//! What references of expressions give: attributes of resources and data, also of all instances together, and outputs of modules.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::expression::{Evaluator, Scope};
use super::made::Made;
use crate::source::terraform::address::{Key, ModulePath, Target};
use crate::source::terraform::identity;
use crate::source::terraform::resolve::Want;
use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

impl Evaluator<'_> {
    /// What a reference gives that stands in this module, without each part of it that is an expression.
    pub(super) fn target(&self, reference: &str, module: &ModulePath) -> Made {
        let made = match Target::parse(reference) {
            Some(Target::Resource { data, kind, name, key, attribute }) => {
                let instances: Vec<&Instance> = self.resolver.world.instances_of(module, data, &kind, &name).collect();
                self.instances(&instances, key.as_ref(), &attribute)
            }
            Some(Target::Output { module: name, key, name: output, attribute }) => {
                let whole = self.outputs(module, &name, key, output.as_deref());
                whole.map(|whole| attribute.iter().fold(whole, |value, step| value.step(step)))
            }
            _ => None,
        };
        match made {
            Some(Made::Open(_)) | None => Made::Open(reference.to_owned()),
            Some(Made::Fails(_)) => Made::Fails(reference.to_owned()),
            Some(made) => made,
        }
    }

    fn instances(&self, instances: &[&Instance], key: Option<&Key>, path: &[String]) -> Option<Made> {
        if let Some(one) = instances.iter().find(|it| it.key.as_ref() == key) {
            return Some(if path.is_empty() { self.whole(one) } else { self.of_instance(one, path) });
        }
        if let Some(key) = key {
            return Some(Made::Fails(format!("no {key:?}")));
        }
        // All of them: a list by `count`, a mapping by `for_each`.
        let all: Vec<(&Key, Made)> = instances
            .iter()
            .map(|it| it.key.as_ref().map(|key| (key, self.whole(it))))
            .collect::<Option<_>>()
            .filter(|_| path.is_empty())?;
        Some(of_keys(all))
    }

    /// All attributes of an instance.
    fn whole(&self, instance: &Instance) -> Made {
        match &instance.values {
            Value::Map(fields) => {
                Made::Map(fields.keys().map(|name| (name.clone(), self.of_instance(instance, std::slice::from_ref(name)))).collect())
            }
            _ => Made::Open(instance.address.clone()),
        }
    }

    fn of_instance(&self, instance: &Instance, path: &[String]) -> Made {
        let value = path.iter().try_fold(&instance.values, |value, step| value.step(step));
        match value {
            Some(Value::Unknown) => self.unknown(instance, path),
            Some(Value::Null) => Made::Plain(Json::Null),
            Some(Value::Text(text)) => Made::literal(text),
            Some(Value::List(items)) => {
                Made::List((0..items.len()).map(|index| self.of_instance(instance, &with(path, &index.to_string()))).collect())
            }
            Some(Value::Map(fields)) => {
                Made::Map(fields.keys().map(|key| (key.clone(), self.of_instance(instance, &with(path, key)))).collect())
            }
            None => Made::Open(format!("{}.{}", instance.address, path.join("."))),
        }
    }

    /// An attribute that the plan does not know: the identity that AWS will make up, or what its own expression makes.
    fn unknown(&self, instance: &Instance, path: &[String]) -> Made {
        let open = || Made::Open(format!("{}.{}", instance.address_in_module(), path.join(".")));
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        if let Some(own) = self.resolver.own(instance, &steps.join(".")) {
            return Made::Text(own);
        }
        // An application of AWS tells its function and nothing else.
        if let (["outputs"], Some(function)) = (&steps[..], self.resolver.own(instance, identity::FUNCTION_OF_APPLICATION)) {
            let name = identity::FUNCTION_OF_APPLICATION.trim_start_matches("outputs.").to_owned();
            return Made::Map(BTreeMap::from([(name, Made::Text(function))]));
        }
        if let [attribute] = steps[..] {
            if instance.data && instance.kind == "aws_iam_policy_document" && attribute == "json" {
                return (self.documents)(self, instance).map_or_else(open, Made::Text);
            }
            if let Some(other) = identity::same_as(instance, attribute) {
                let made = self.of_instance(instance, &[other.to_owned()]);
                let named =
                    || self.resolver.text(instance, &[other], Want::arn(identity::kind_of(instance))).filter(|text| !text.has_unknown());
                return if made.is_whole() { made } else { named().map_or(made, Made::Text) };
            }
        }
        self.attribute(instance, &steps).unwrap_or_else(open)
    }

    /// An output of a module that is called here, or all of them.
    fn outputs(&self, module: &ModulePath, call: &str, key: Option<Key>, output: Option<&str>) -> Option<Made> {
        let known = self.resolver.world.modules_of(module, call);
        if key.is_none() && known.iter().any(|child| child.0.last().is_some_and(|(_, key)| key.is_some())) {
            let one = |child: &ModulePath| {
                let key = child.0.last()?.1.clone()?;
                Some((key.clone(), self.outputs(module, call, Some(key), output)?))
            };
            let all: Vec<(Key, Made)> = known.iter().map(one).collect::<Option<_>>()?;
            return output.is_none().then(|| of_keys(all.iter().map(|(key, made)| (key, made.clone())).collect()));
        }
        let child = module.child(call, key);
        let path: Vec<String> = child.0.iter().map(|(name, _)| name.clone()).collect();
        let written = &self.code.module(&path)?.outputs;
        let value = |expression| self.value(expression, &Scope::of(&child));
        match output {
            Some(name) => written.get(name).map(value),
            None => Some(Made::Map(written.iter().map(|(name, expression)| (name.clone(), value(expression))).collect())),
        }
    }
}

fn with(path: &[String], step: &str) -> Vec<String> {
    path.iter().cloned().chain([step.to_owned()]).collect()
}

/// Instances by their keys.
fn of_keys(mut all: Vec<(&Key, Made)>) -> Made {
    all.sort_by(|a, b| a.0.cmp(b.0));
    let by_name: Option<BTreeMap<String, Made>> = all
        .iter()
        .map(|(key, made)| match key {
            Key::Text(name) => Some((name.clone(), made.clone())),
            Key::Number(_) => None,
        })
        .collect();
    match by_name {
        Some(map) if !map.is_empty() => Made::Map(map),
        _ => Made::List(all.into_iter().map(|(_, made)| made).collect()),
    }
}
