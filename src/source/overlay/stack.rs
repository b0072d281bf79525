//! What a template makes without a name of its own, and what stands for it where its stack exists already. CloudFormation tells that of every resource of a stack it is asked
//! about, and writes it into tags of those that it tags. `cli` asks here for `--over`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::names::Names;
use crate::arn::{AccountId, Arn, Partition};
use crate::inventory::{Inventory, Known, Role, StackResource};

const SECRET: &str = "AWS::SecretsManager::Secret";
const FUNCTION: &str = "AWS::Lambda::Function";
const ROLE: &str = "AWS::IAM::Role";
const POLICY: &str = "AWS::IAM::ManagedPolicy";
const VERSION: &str = "AWS::Lambda::Version";
const NESTED: &str = "AWS::CloudFormation::Stack";

/// The types that are followed.
const FOLLOWED: [&str; 7] = [SECRET, FUNCTION, ROLE, POLICY, VERSION, "AWS::KMS::Key", "AWS::KMS::ReplicaKey"];

/// The tags by which CloudFormation says of which stack a resource is. Secrets and functions have them; roles, managed policies and keys do not, as `cloudFormationSystemTags`
/// in the schemas of their types says
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html>).
const STACK_NAME: &str = "aws:cloudformation:stack-name";
const STACK_ID: &str = "aws:cloudformation:stack-id";
const LOGICAL_ID: &str = "aws:cloudformation:logical-id";

/// A resource of a template that has no name in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nameless {
    /// The name of the stack, if it is told. That of a nested stack CloudFormation makes up.
    pub(crate) stack: Option<String>,
    /// The logical ids of the stacks in which it lies, the outermost first; none for a resource of the stack itself.
    pub(crate) within: Vec<String>,
    /// Its logical id.
    pub(crate) logical: String,
    /// Its type.
    pub(crate) kind: String,
    /// What its symbols are called.
    pub(crate) symbol: String,
}

/// What is known of the things of a template that have no names in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identified {
    /// The names that they have.
    pub(crate) names: Names,
    /// How many were found, by the name of their stack.
    pub(crate) found: BTreeMap<String, usize>,
    /// Those that stand beside what exists, although their stack does, by the name of the stack: nobody told what the stack holds, and tags do not tell it.
    pub(crate) left: BTreeMap<String, BTreeSet<String>>,
}

/// What stands for these things of a template, of which `made` is what it makes, in this account and region.
pub(crate) fn identified(
    existing: &Inventory,
    made: &Inventory,
    nameless: &[Nameless],
    (account, region): (&AccountId, &str),
) -> Identified {
    let existing = Existing::of(existing, made, account, region);
    let mut result = Identified::default();
    let mut stacks: BTreeMap<(&Option<String>, &[String]), Option<String>> = BTreeMap::new();
    for it in nameless.iter().filter(|it| FOLLOWED.contains(&it.kind.as_str())) {
        let stack = stacks.entry((&it.stack, &it.within)).or_insert_with(|| existing.stack(it));
        let Some(stack) = stack.as_deref() else { continue };
        let resource = existing.resource(stack, it);
        if let Some(names) = resource.and_then(|resource| existing.names(stack, it, &resource)) {
            for (symbol, name) in names {
                result.names.insert(symbol, name);
            }
            *result.found.entry(stack.to_owned()).or_default() += 1;
        } else if existing.told(stack).is_none() && existing.tagged.0.contains_key(stack) {
            result.left.entry(stack.to_owned()).or_default().insert(it.symbol.clone());
        }
    }
    result
}

/// The one stack of the account that has things of the types and logical ids that a template without a stack's name makes, and how many of them.
pub(crate) fn stack_alike(existing: &Inventory, nameless: &[Nameless], (account, region): (&AccountId, &str)) -> Option<(String, usize)> {
    let tagged = Tagged::of(existing, account, region);
    let wanted: BTreeSet<(&str, &str)> =
        nameless.iter().filter(|it| it.stack.is_none() && it.within.is_empty()).map(|it| (it.logical.as_str(), it.kind.as_str())).collect();
    let count = |stack: &TaggedStack<'_>| {
        let all = stack.resources.iter().flat_map(|(logical, resources)| resources.iter().map(move |it| (*logical, it.kind.as_str())));
        all.filter(|it| wanted.contains(it)).count()
    };
    let alike = tagged.0.iter().map(|(name, stack)| ((*name).to_owned(), count(stack)));
    one(alike.filter(|(_, count)| *count > 0))
}

/// The account that a template is laid over.
struct Existing<'a> {
    inventory: &'a Inventory,
    account: &'a AccountId,
    region: &'a str,
    tagged: Tagged<'a>,
    /// Its roles, by name.
    roles: BTreeMap<&'a str, &'a Role>,
    /// The roles and managed policies that the template makes, by name.
    own: BTreeMap<&'a str, &'a Arn>,
}

impl<'a> Existing<'a> {
    fn of(existing: &'a Inventory, made: &'a Inventory, account: &'a AccountId, region: &'a str) -> Self {
        let identities = |inventory: &'a Inventory| inventory.accounts.get(account).and_then(|account| account.identities.value());
        let roles = identities(existing).into_iter().flat_map(|identities| identities.roles.values());
        let own = identities(made).into_iter().flat_map(|identities| identities.roles.keys().chain(identities.policies.keys()));
        Self {
            inventory: existing,
            account,
            region,
            tagged: Tagged::of(existing, account, region),
            roles: roles.map(|role| (role.arn.name(), role)).collect(),
            own: own.map(|arn| (arn.name(), arn)).collect(),
        }
    }

    /// What the stack of this name holds, if somebody asked.
    fn told(&self, stack: &str) -> Option<&BTreeMap<String, StackResource>> {
        self.inventory.stacks.get(&format!("{}/{}/{stack}", self.account, self.region))?.value()
    }

    /// The name of the stack in which this lies.
    fn stack(&self, it: &Nameless) -> Option<String> {
        let mut name = it.stack.clone()?;
        for logical in &it.within {
            name = match self.told(&name) {
                // The physical id of a stack is its ARN: arn:…:stack/NAME/ID.
                Some(resources) => {
                    let nested = resources.get(logical).filter(|it| it.kind == NESTED)?;
                    Arn::parse(&nested.id).ok()?.resource().split('/').nth(1)?.to_owned()
                }
                None => self.tagged.nested(&name, logical)?.to_owned(),
            };
        }
        Some(name)
    }

    /// What the stack has by this logical id.
    fn resource(&self, stack: &str, it: &Nameless) -> Option<StackResource> {
        match self.told(stack) {
            Some(resources) => resources.get(&it.logical).filter(|resource| resource.kind == it.kind).cloned(),
            None if it.kind == ROLE => self.role_of(stack, &it.logical),
            None => self.tagged.resource(stack, &it.logical, &it.kind).cloned(),
        }
    }

    /// The one role with a name that CloudFormation made up of these: `STACK-LOGICALID-RANDOM`
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>). Of longer ones it cuts off something, so they are not found.
    fn role_of(&self, stack: &str, logical: &str) -> Option<StackResource> {
        let begins = format!("{stack}-{logical}-");
        let names = from(&self.roles, &begins).map(|(name, _)| *name);
        let name = one(names.filter(|name| is_random(&name[begins.len()..])))?;
        Some(StackResource { kind: ROLE.to_owned(), id: name.to_owned() })
    }

    /// Whether the role or policy that the template makes has the path of the one that exists. Another path makes another one.
    fn has_path_of(&self, it: &Nameless, known: &Arn) -> bool {
        let own = format!("⟦{}⟧", it.symbol);
        let before = |arn: &Arn| arn.as_str().strip_suffix(arn.name()).map(str::to_owned);
        self.own.get(own.as_str()).is_some_and(|made| before(made) == before(known))
    }

    /// The names of `resource`, by what stands for them in the template, if that means this resource and not one that takes its place.
    fn names(&self, stack: &str, it: &Nameless, resource: &StackResource) -> Option<Vec<(String, String)>> {
        let symbol = |part: &str| format!("{}{part}", it.symbol);
        let made_up = |name: &str| is_made_up(name, stack, &it.logical).then(|| name.to_owned());
        match it.kind.as_str() {
            SECRET => {
                let arn = Arn::parse(&resource.id).ok()?;
                let known = self.inventory.secrets.get(&arn).filter(|known| known.deleted_at.is_none())?;
                let (_, random) = arn.as_str().rsplit_once('-')?;
                Some(vec![(symbol(""), made_up(&known.name)?), (symbol("#6"), random.to_owned())])
            }
            FUNCTION => {
                let resource_of = format!("function:{}", resource.id);
                let arn = Arn::build(Partition::of_region(self.region), "lambda", self.region, self.account.as_str(), &resource_of).ok()?;
                let is_gone =
                    self.inventory.functions.get(&arn).is_some_and(|known| known.configuration.value().is_some_and(Option::is_none));
                if is_gone { None } else { Some(vec![(symbol(""), made_up(&resource.id)?)]) }
            }
            ROLE => {
                let role = self.roles.get(resource.id.as_str()).filter(|role| self.has_path_of(it, &role.arn))?;
                Some(vec![(symbol(""), made_up(&resource.id)?), (symbol(".Id"), role.id.clone())])
            }
            POLICY => {
                let arn = Arn::parse(&resource.id).ok().filter(|arn| self.has_path_of(it, arn))?;
                Some(vec![(symbol(""), made_up(arn.name())?)])
            }
            VERSION => Some(vec![(symbol(""), resource.id.rsplit(':').next()?.to_owned())]),
            _ => Some(vec![(symbol(""), resource.id.clone())]),
        }
    }
}

/// Things of an account and region by the stack that their tags name.
struct Tagged<'a>(BTreeMap<&'a str, TaggedStack<'a>>);

#[derive(Default)]
struct TaggedStack<'a> {
    /// By logical id.
    resources: BTreeMap<&'a str, Vec<StackResource>>,
    /// The ids of the stacks of this name: several where one was made after another was deleted and left something behind.
    ids: BTreeSet<&'a str>,
}

impl<'a> Tagged<'a> {
    fn of(existing: &'a Inventory, account: &AccountId, region: &str) -> Self {
        let here = |arn: &Arn| arn.account() == account.as_str() && arn.region() == region;
        let mut tagged = Self(BTreeMap::new());
        for secret in existing.secrets.values().filter(|secret| here(&secret.arn) && secret.deleted_at.is_none()) {
            tagged.add(SECRET, secret.arn.as_str(), &secret.tags);
        }
        for function in existing.functions.values().filter(|function| here(&function.arn)) {
            if let Known::Value(tags) = &function.tags {
                tagged.add(FUNCTION, function.arn.name(), tags);
            }
        }
        tagged
    }

    fn add(&mut self, kind: &str, id: &str, tags: &'a BTreeMap<String, String>) {
        let (Some(stack), Some(logical)) = (tags.get(STACK_NAME), tags.get(LOGICAL_ID)) else { return };
        let stack = self.0.entry(stack).or_default();
        stack.resources.entry(logical).or_default().push(StackResource { kind: kind.to_owned(), id: id.to_owned() });
        stack.ids.extend(tags.get(STACK_ID).map(String::as_str));
    }

    /// The one thing of the stack that is of this type and logical id. Where there were several stacks of the name nobody knows of which it is.
    fn resource(&self, stack: &str, logical: &str, kind: &str) -> Option<&StackResource> {
        let stack = self.0.get(stack).filter(|stack| stack.ids.len() <= 1)?;
        one(stack.resources.get(logical)?.iter().filter(|it| it.kind == kind))
    }

    /// The one stack whose name CloudFormation made up for what this stack nests by this logical id: `STACK-LOGICALID-RANDOM`.
    fn nested(&self, stack: &str, logical: &str) -> Option<&'a str> {
        let begins = format!("{stack}-{logical}-");
        let names = from(&self.0, &begins).map(|(name, _)| *name);
        one(names.filter(|name| is_random(&name[begins.len()..])))
    }
}

/// What begins like this.
fn from<'m, 'a, T>(map: &'m BTreeMap<&'a str, T>, begins: &'m str) -> impl Iterator<Item = (&'m &'a str, &'m T)> {
    map.range::<str, _>((Bound::Included(begins), Bound::Unbounded)).take_while(move |(name, _)| name.starts_with(begins))
}

/// The only one of these.
fn one<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// Whether these may be the characters that CloudFormation ends names with: twelve or thirteen, in names that were seen.
fn is_random(text: &str) -> bool {
    (8..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether CloudFormation made this name up. A resource whose name was written before, and is not any more, is replaced.
fn is_made_up(name: &str, stack: &str, logical: &str) -> bool {
    let begins_like = |front: &str, other: &str| front.starts_with(&other[..other.len().min(8)]);
    let is_ascii = stack.is_ascii() && logical.is_ascii();
    let parts = name.rsplit_once('-').filter(|(_, random)| is_ascii && is_random(random));
    parts.is_some_and(|(front, _)| begins_like(front, stack) || begins_like(front, logical))
}
