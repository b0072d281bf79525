//! What an instance is called, or will be called by AWS: ARN, id and name.

use super::found::{Found, Want};
use super::resolver::Resolver;
use crate::arn::{Arn, Partition};
use crate::policy::{Part, Text};
use crate::source::terraform::identity::{self, Form, Kind, Region};
use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

/// Names that the provider makes up itself end with so many characters
/// (<https://developer.hashicorp.com/terraform/plugin/sdkv2/resources/unique-ids>).
const UNIQUE_CHARACTERS: usize = 26;

impl Resolver<'_> {
    /// The identity that this attribute is, if it is one of what is wanted.
    pub(super) fn identity(&self, instance: &Instance, attribute: &str, want: Want) -> Option<Found> {
        let Some(naming) = identity::naming_of(&instance.kind) else {
            let elsewhere = attribute == "arn" && matches!(want.kind, Kind::Any | Kind::Text) && !identity::is_of_rotations(&instance.kind);
            return elsewhere.then(|| Found::identity(self.arn_of_another_service(instance)));
        };
        let form = naming.form(attribute)?;
        if form == Form::Application && !self.applications().contains_key(&instance.address) {
            return None;
        }
        if let Form::As(other) = form {
            // That attribute names one thing, whatever asks for it.
            let own = if want.kind == Kind::Text { Want::arn(naming.kind) } else { want };
            return Some(self.attribute(instance, &[other], own));
        }
        // The ids that come with a VPC are of other kinds than it is.
        let fits = matches!(want.kind, Kind::Any | Kind::Text) || want.kind == naming.kind || matches!(form, Form::Own(_));
        fits.then(|| Found::identity(self.form(instance, naming.name, form)))
    }

    /// What AWS will make up, where this attribute is such a thing.
    pub(crate) fn own(&self, instance: &Instance, attribute: &str) -> Option<Text> {
        match identity::same_as(instance, attribute) {
            Some(_) => None,
            None => self.identity(instance, attribute, Want::text())?.only().cloned(),
        }
    }

    /// The ARN of something that no rotation asks for: surely not that of a secret, key or function.
    fn arn_of_another_service(&self, instance: &Instance) -> Text {
        let partition = Partition::of_region(&self.region_of(instance)).name();
        let service = identity::made_up_as(instance, "service");
        let thing = identity::made_up(instance);
        Text::from_parts([literal(&format!("arn:{partition}:")), Part::Symbol(service), literal(":::"), Part::Symbol(thing)])
    }

    /// The text that names an instance in this form.
    fn form(&self, instance: &Instance, name: Option<&str>, form: Form) -> Text {
        let beginning = |service: &str, region: &str| {
            let partition = Partition::of_region(&self.region_of(instance)).name();
            literal(&format!("arn:{partition}:{service}:{region}:{}:", self.account_of(instance)))
        };
        let named = || self.name_of(instance, name);
        let mut parts = Vec::new();
        match form {
            Form::Name => parts.extend(named()),
            Form::Id => parts.push(Part::Symbol(identity::made_up(instance))),
            Form::Own(part) => parts.push(Part::Symbol(identity::made_up_as(instance, part))),
            Form::Arn(service, Region::Named, before) => {
                parts.extend([beginning(service, &self.region_of(instance)), literal(before)]);
                parts.extend(named());
            }
            Form::Arn(service, Region::Global, before) => {
                parts.extend([beginning(service, ""), literal(before)]);
                parts.extend(self.path_of(instance));
                parts.extend(named());
            }
            Form::SecretArn => {
                parts.extend([beginning("secretsmanager", &self.region_of(instance)), literal("secret:")]);
                parts.extend(named());
                parts.extend([literal("-"), Part::Symbol(identity::made_up(instance).with_length(6))]);
            }
            Form::VersionArn => {
                parts.extend(self.arn(instance).parts());
                parts.extend([literal(":"), Part::Symbol(identity::made_up_as(instance, "version"))]);
            }
            Form::AliasArn => {
                parts.extend(self.function(instance, "function_name"));
                parts.push(literal(":"));
                parts.extend(named());
            }
            Form::Application => match self.applications().get(&instance.address) {
                Some(application) => parts.extend(Text::from(&application.function.arn).parts()),
                None => parts.extend(identity::unknown(&format!("{}.arn", instance.address)).parts()),
            },
            Form::As(_) => {}
        }
        Text::from_parts(parts)
    }

    /// The unqualified ARN of the function that an attribute names, whichever way it does.
    fn function(&self, instance: &Instance, attribute: &str) -> Vec<Part> {
        let text = self
            .text(instance, &[attribute], Want { kind: Kind::Function, attribute: "function_name" })
            .unwrap_or_else(|| Text::literal(""));
        let written = text.written();
        if let Ok(arn) = Arn::parse(&written) {
            return Text::from(&arn.split_qualifier().0).parts();
        }
        let region = self.region_of(instance);
        let partition = Partition::of_region(&region).name();
        let mut parts = vec![literal(&format!("arn:{partition}:lambda:{region}:{}:function:", self.account_of(instance)))];
        parts.extend(text.parts());
        parts
    }

    /// The name of an instance. One that the provider makes up is a symbol that is equal to itself alone.
    fn name_of(&self, instance: &Instance, name: Option<&str>) -> Vec<Part> {
        let made_up = identity::made_up(instance);
        let Some(name) = name else { return vec![Part::Symbol(made_up)] };
        match instance.values.step(name) {
            Some(Value::Text(text)) => vec![literal(text)],
            Some(Value::Unknown) => {
                let prefix = instance.values.step(&format!("{name}_prefix")).and_then(Value::text);
                match prefix {
                    Some(prefix) => vec![literal(prefix), Part::Symbol(made_up.with_length(UNIQUE_CHARACTERS))],
                    None if self.expression(instance, &[name]).is_some() => {
                        identity::unknown(&format!("{}.{name}", instance.address)).parts()
                    }
                    None => vec![Part::Symbol(made_up)],
                }
            }
            _ => vec![Part::Symbol(made_up)],
        }
    }

    /// The path of an IAM resource, which begins and ends with a slash.
    fn path_of(&self, instance: &Instance) -> Vec<Part> {
        match instance.values.step("path") {
            Some(Value::Text(path)) => vec![literal(path)],
            Some(Value::Unknown) if self.expression(instance, &["path"]).is_some() => {
                identity::unknown(&format!("{}.path", instance.address)).parts()
            }
            _ => vec![literal("/")],
        }
    }

    /// The ARN of an instance: as the plan knows it, or as AWS will make it.
    pub(crate) fn arn(&self, instance: &Instance) -> Text {
        if let Some(text) = instance.values.step("arn").and_then(Value::text) {
            return Text::literal(text);
        }
        match identity::naming_of(&instance.kind).and_then(|naming| Some((naming, naming.form("arn")?))) {
            Some((naming, form)) => self.form(instance, naming.name, form),
            None => identity::unknown(&format!("{}.arn", instance.address)),
        }
    }
}

fn literal(text: &str) -> Part {
    Part::Literal(text.into())
}
