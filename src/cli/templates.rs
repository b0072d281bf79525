//! Templates as a source: the arguments, and what is told beside the template. `sources` asks here.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::Args;

use super::beside::Folders;
use super::bounded::{self, PARAMETERS, TEMPLATE};
use super::clock::now;
use super::error::CliError;
use super::reading::MoreToRead;
use super::stacks;
use crate::arn::{AccountId, Arn};
use crate::inventory::Inventory;
use crate::policy::without_marks;
use crate::source::cloudformation::{self, Deployed, Given, Written};
use crate::source::overlay::{self, Names, Taken, Version};
use crate::source::snapshot;

/// A template instead of an account, or over one.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source: a template")]
pub(super) struct TemplateArgs {
    /// Read a template of CloudFormation or SAM, or a folder that `cdk synth` wrote, as if it had been deployed; needs no credentials
    #[arg(long, value_name = "FILE", group = "undeployed", requires = "account", conflicts_with_all = ["snapshot", "demo", "all_regions"])]
    template: Option<PathBuf>,
    /// The account that the template or plan is for
    #[arg(long, value_name = "ID", requires = "undeployed", value_parser = |text: &str| AccountId::parse(text).map_err(|error| error.to_string()))]
    account: Option<AccountId>,
    /// The name that the stack has or will have: with --over, what it has already of the template is found by it
    #[arg(long, value_name = "NAME", requires = "template")]
    stack_name: Option<String>,
    /// A parameter of the template; give it again for more
    #[arg(long, value_name = "NAME=VALUE", requires = "template")]
    parameter: Vec<String>,
    /// Parameters in a file, as the tools of AWS take them: JSON, or a samconfig.toml; give it again for more
    #[arg(long, value_name = "FILE", requires = "template")]
    parameters: Vec<PathBuf>,
    /// What other stacks export: what `aws cloudformation list-exports` shows, or a mapping in JSON; give it again for more
    #[arg(long, value_name = "FILE", requires = "template")]
    exports: Vec<PathBuf>,
    /// The version of the template that is deployed now, to see what the change adds and removes; it takes the same parameters
    #[arg(long, value_name = "FILE", requires = "template")]
    earlier: Option<PathBuf>,
    /// What the stack holds now, for --over: what `aws cloudformation list-stack-resources` shows; of another stack than --stack-name as STACK=FILE; give it again for more
    #[arg(long, value_name = "[STACK=]FILE", requires = "template", requires = "over")]
    stack_resources: Vec<String>,
    /// Lay the template or plan over what exists: a snapshot, or `live` for the account that your credentials read
    #[arg(long, value_name = "FILE|live", requires = "undeployed")]
    over: Option<PathBuf>,
}

/// The conditions under which an inventory holds, as people read them, and the inventory.
pub(super) type World = (String, Inventory);

/// What is there, and where the source is a change what was there before it.
#[derive(Debug, Default)]
pub(super) struct Worlds {
    /// One for each way in which open conditions come out; none where the source does not tell.
    pub(super) before: Vec<World>,
    /// Whether nothing was there before, so that all of it is new.
    pub(super) anew: bool,
    /// The same of now, or of what will be.
    pub(super) now: Vec<World>,
}

impl Worlds {
    /// Of a source that tells of one time, and all of it.
    pub(super) fn of(inventory: Inventory) -> Self {
        Self { now: vec![(String::new(), inventory)], ..Self::default() }
    }
}

impl TemplateArgs {
    /// The account that is told.
    pub(super) fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }

    /// What a template or plan is laid over.
    pub(super) fn over(&self) -> Option<&Path> {
        self.over.as_deref()
    }

    /// Whether a template is named.
    pub(super) fn is_given(&self) -> bool {
        self.template.is_some()
    }

    /// The inventory that the template would leave behind, if one is named, for each way in which open conditions come out. `live` reads the account that the
    /// template is laid over, and these functions with it.
    pub(super) fn read(
        &self,
        regions: &[String],
        live: impl FnOnce(&MoreToRead) -> Result<Inventory, CliError>,
    ) -> Result<Option<Worlds>, CliError> {
        let (Some(path), Some(account)) = (&self.template, &self.account) else { return Ok(None) };
        let [region] = regions else { return Err(CliError::Usage("a template is for one region: give it with --region".to_owned())) };
        let deployed = self.deployed(path, (account, region), None)?;
        let next: BTreeSet<String> = deployed.iter().flat_map(|it| it.ids.iter().cloned()).collect();
        let earlier = self.earlier.as_ref().map(|path| self.deployed(path, (account, region), Some(&next))).transpose()?;
        let told = stacks::told(&self.stack_resources, self.stack_name.as_deref(), (account, region))?;
        let existing = match &self.over {
            None => None,
            Some(over) if over.as_os_str() == "live" => {
                let made = || deployed.iter().map(|it| &it.inventory);
                let all = |named: fn(&Inventory) -> BTreeSet<Arn>| made().flat_map(named).collect::<BTreeSet<Arn>>().into_iter().collect();
                Some(live(&MoreToRead {
                    functions: all(overlay::named_functions),
                    keys: all(overlay::named_keys),
                    attachments: overlay::attachments(made().flat_map(overlay::made_functions)),
                    ..MoreToRead::default()
                })?)
            }
            Some(file) => Some(snapshot::read_all(std::slice::from_ref(file))?),
        };
        let earlier = earlier.unwrap_or_default();
        let (before, now) = if let Some(mut existing) = existing {
            existing.stacks.extend(told);
            stacks::say(&existing, &deployed, self.stack_name.as_deref(), (account, region));
            let now = deployed.iter().map(|it| laid_over(&existing, it, &earlier, (account, region))).collect();
            (vec![(String::new(), existing)], now)
        } else {
            let laid = |all: Vec<Deployed>| all.into_iter().map(|it| laid(it, account)).collect();
            (laid(earlier), laid(deployed))
        };
        Ok(Some(Worlds { before, now, anew: false }))
    }

    /// What the template in `path` leaves behind; of an earlier one, what is taken away of it where `next` is made, too.
    fn deployed(
        &self,
        path: &Path,
        (account, region): (&AccountId, &str),
        next: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Deployed>, CliError> {
        let files = stacks_of(path, account, region)?;
        let texts = files.iter().map(|(file, _)| bounded::text(file, TEMPLATE)).collect::<Result<Vec<_>, _>>()?;
        let mut stacks = Vec::new();
        for ((file, name), text) in files.iter().zip(&texts) {
            let mut given = self.given(file, account, region)?;
            given.stack = name.clone().or(given.stack);
            if let (Some(name), true) = (name, files.len() > 1) {
                given.scope = format!("{name}.");
            }
            stacks.push(Written { text, given });
        }
        let deployed = cloudformation::inventories(stacks, &Folders::around(path), (account, region), now(), next);
        deployed.map_err(|(file, error)| wrong(Path::new(&file), &error))
    }

    /// What is told beside the template. A parameter on the command line counts before one in a file.
    fn given(&self, template: &Path, account: &AccountId, region: &str) -> Result<Given, CliError> {
        let mut given = Given {
            account: Some(account.clone()),
            region: Some(region.to_owned()),
            stack: self.stack_name.clone(),
            file: template.to_string_lossy().into_owned(),
            ..Given::default()
        };
        for file in &self.parameters {
            let (name, text) = (file.to_string_lossy(), bounded::text(file, PARAMETERS)?);
            given.parameters.extend(cloudformation::parameters(&name, &text).map_err(|error| wrong(file, &error))?);
            given.stack = given.stack.or_else(|| cloudformation::stack_name(&name, &text));
        }
        for pair in &self.parameter {
            let (name, value) = pair.split_once('=').ok_or_else(|| CliError::Usage(format!("--parameter {pair:?} is not NAME=VALUE")))?;
            given.parameters.insert(name.to_owned(), without_marks(value).into_owned());
        }
        for file in &self.exports {
            given.exports.extend(cloudformation::exports(&bounded::text(file, PARAMETERS)?).map_err(|error| wrong(file, &error))?);
        }
        Ok(given)
    }
}

/// What a template leaves behind.
fn laid(it: Deployed, account: &AccountId) -> World {
    let mut inventory = it.inventory;
    overlay::alone(&mut inventory);
    overlay::add(&mut inventory, &it.additions, account);
    (it.world, inventory)
}

/// What a template leaves behind over what exists, and of what exists what an earlier version of it did not write.
fn laid_over(existing: &Inventory, it: &Deployed, earlier: &[Deployed], (account, region): (&AccountId, &str)) -> World {
    let Version { inventory: made, additions, .. } = named(existing, it, (account, region));
    // Both take the same parameters, so where both have the same conditions these come out alike.
    let alike: Vec<&Deployed> = earlier.iter().filter(|other| other.world == it.world).collect();
    let earlier = if alike.is_empty() { earlier.iter().collect() } else { alike };
    let earlier: Vec<Version> = earlier.into_iter().map(|it| named(existing, it, (account, region))).collect();
    let mut inventory = overlay::joined(existing, &made);
    overlay::keep(existing, (&made, &additions), &earlier, (account, region), &mut inventory);
    overlay::add_to_network(&mut inventory, &additions, (account, region));
    overlay::add(&mut inventory, &additions, account);
    (it.world.clone(), inventory)
}

/// What a template leaves behind, with the names that the same things have where they exist.
fn named(existing: &Inventory, it: &Deployed, place: (&AccountId, &str)) -> Version {
    let identified = overlay::identified(existing, &it.inventory, &it.nameless, place);
    let names = Names::of(existing, &it.inventory).and(identified.names);
    let in_inventory = |inventory: &Inventory| names.in_inventory(inventory).unwrap_or_else(|| inventory.clone());
    let taken = it.taken.as_ref().map(|taken| Taken {
        inventory: in_inventory(&taken.inventory),
        additions: names.in_additions(&taken.additions),
        outlive: names.in_arns(&taken.outlive),
        open: taken.open,
    });
    Version { inventory: in_inventory(&it.inventory), additions: names.in_additions(&it.additions), taken }
}

/// The files of the templates, with the names of their stacks where the files tell them: one, or all of a folder that `cdk synth` wrote.
fn stacks_of(path: &Path, account: &AccountId, region: &str) -> Result<Vec<(PathBuf, Option<String>)>, CliError> {
    if !path.is_dir() {
        return Ok(vec![(path.to_owned(), None)]);
    }
    let below = Folders::below(path);
    let (mut folders, mut files, mut others) = (vec![path.to_owned()], Vec::new(), 0);
    let mut seen = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        // A manifest may name its own folder, or a link that leads back.
        if !seen.insert(folder.canonicalize().ok()) {
            continue;
        }
        let manifest = folder.join("manifest.json");
        if !manifest.exists() {
            return Err(wrong(
                &folder,
                &"a folder has to be one that `cdk synth` wrote, with a manifest.json in it; otherwise name the file of the template",
            ));
        }
        let assembly = cloudformation::assembly(&bounded::text(&manifest, TEMPLATE)?).map_err(|error| wrong(&manifest, &error))?;
        for stack in assembly.stacks {
            let file = folder.join(&stack.template);
            if !below.holds(&file) {
                let says =
                    format!("stack {} is in {}, which lies outside of the folder; run `cdk synth` again", stack.name, stack.template);
                return Err(wrong(&manifest, &says));
            }
            let here = stack.account.as_deref().is_none_or(|it| it == account.as_str()) && stack.region.is_none_or(|it| it == region);
            if here {
                files.push((file, Some(stack.name)));
            } else {
                others += 1;
            }
        }
        // A stage lies in a folder of its own, below.
        folders
            .extend(assembly.folders.iter().filter(|name| !name.contains(['/', '\\', ':']) && *name != "..").map(|name| folder.join(name)));
    }
    if files.is_empty() {
        let says = format!("{} holds no stack for {account} {region} ({others} are for other places)", path.display());
        return Err(CliError::Usage(says));
    }
    Ok(files)
}

fn wrong(path: &Path, error: &dyn Display) -> CliError {
    CliError::Usage(format!("{}: {error}", path.display()))
}

/// The inventory, for a command that takes one alone.
pub(super) fn only(worlds: Vec<World>) -> Result<Inventory, CliError> {
    let open = worlds.iter().map(|(name, _)| format!("  {}", name.replace(['⟦', '?', '⟧'], ""))).collect::<Vec<_>>().join("\n");
    match <[World; 1]>::try_from(worlds) {
        Ok([(_, inventory)]) => Ok(inventory),
        Err(_) => Err(CliError::Usage(format!("conditions of the template are open; give their parameters with --parameter:\n{open}"))),
    }
}
