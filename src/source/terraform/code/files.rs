//! The files of a configuration: blocks of resources and data, calls of modules and local values, by module.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use serde_json::Value as Json;

use super::merge::merge;
use super::placed::{Placed, blocks};
use super::{json, names};
use crate::policy::without_marks;
use crate::source::terraform::document::{Module, PlanError};
use crate::source::terraform::world::{Instance, World};

/// The most bytes of one file that are read.
const MOST_BYTES: u64 = 4 << 20;

/// What is written, by the names of the calls that lead to a module; the root's is empty.
#[derive(Debug, Default)]
pub(crate) struct Code {
    modules: BTreeMap<Vec<String>, Files>,
}

/// What is written in one module.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Where its files lie.
    folder: PathBuf,
    /// By whether it is data, type and name.
    pub(super) blocks: BTreeMap<(bool, String, String), Written>,
    pub(super) calls: BTreeMap<String, Block>,
    pub(super) locals: BTreeMap<String, Expression>,
    pub(super) outputs: BTreeMap<String, Expression>,
    /// What is declared of variables.
    pub(super) variables: BTreeMap<String, Body>,
}

/// A block, and where it begins.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) block: Block,
    /// The file as it was found.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
}

impl Code {
    /// The module of an instance.
    pub(super) fn module(&self, path: &[String]) -> Option<&Files> {
        self.modules.get(path)
    }

    /// Where a module's files lie.
    pub(super) fn folder(&self, path: &[String]) -> Option<String> {
        Some(self.modules.get(path)?.folder.to_str()?.to_owned())
    }

    /// The text of a file that a module names: one below its own folder or the configuration's, which is where Terraform runs.
    pub(super) fn file(&self, path: &[String], name: &str) -> Option<String> {
        let folders = [&[], path].map(|path| self.modules.get(path).map(|files| files.folder.as_path()));
        let file = folders.into_iter().flatten().find_map(|folder| {
            let file = Path::new(name);
            let file = if file.starts_with(folder) { file.to_owned() } else { folder.join(file) };
            let (file, folder) = (file.canonicalize().ok()?, folder.canonicalize().ok()?);
            file.starts_with(folder).then_some(file)
        })?;
        text_of(&file).ok()
    }

    /// The block that an instance is written in.
    pub(crate) fn block(&self, instance: &Instance) -> Option<&Written> {
        let path: Vec<String> = instance.module.0.iter().map(|(name, _)| name.clone()).collect();
        self.modules.get(&path)?.blocks.get(&(instance.data, instance.kind.clone(), instance.name.clone()))
    }
}

/// Reads the configuration in a folder, with the modules that lie beside it or that `terraform init` has fetched.
pub(crate) fn read(folder: &Path, world: &World<'_>) -> Result<Code, PlanError> {
    let mut code = Code::default();
    let fetched = fetched(folder);
    let reading = Reading { root: folder, fetched, reads_tofu: world.is_of_opentofu() };
    module(&reading, folder, &mut Vec::new(), world.root(), &mut code)?;
    Ok(code)
}

/// What counts for all modules of a configuration.
struct Reading<'a> {
    root: &'a Path,
    fetched: BTreeMap<String, PathBuf>,
    reads_tofu: bool,
}

fn module(reading: &Reading<'_>, folder: &Path, path: &mut Vec<String>, plan: &Module, code: &mut Code) -> Result<(), PlanError> {
    let mut files = Files { folder: folder.to_owned(), ..Files::default() };
    let unreadable = |file: &Path, error: &dyn std::fmt::Display| PlanError::Configuration(file.display().to_string(), error.to_string());
    let listed = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let names = names::in_order(listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect(), reading.reads_tofu);
    for name in names {
        let file = folder.join(&name);
        let text = text_of(&file).map_err(|error| unreadable(&file, &error))?;
        let placed = if names::is_json(&name) {
            json::read(&text, plan).map_err(|error| unreadable(&file, &error))?
        } else {
            blocks(hcl_edit::parser::parse_body(&text).map_err(|error| unreadable(&file, &error))?, &text)
        };
        let over = names::is_override(&name);
        for block in placed {
            files.add(block, &file.display().to_string(), over);
        }
    }
    code.modules.insert(path.clone(), files);
    for (name, call) in &plan.calls {
        path.push(name.clone());
        let beside = (call.source.starts_with("./") || call.source.starts_with("../")).then(|| folder.join(&call.source));
        if let Some(folder) =
            reading.fetched.get(&path.join(".")).map(|folder| reading.root.join(folder)).filter(|folder| folder.is_dir()).or(beside)
        {
            module(reading, &folder, path, &call.module, code)?;
        }
        path.pop();
    }
    Ok(())
}

/// The text of a file that may be read: no pipe, which would never end, and nothing endless.
fn text_of(file: &Path) -> io::Result<String> {
    let found = fs::metadata(file)?;
    match found.len() {
        _ if !found.is_file() => Err(io::Error::other("it is no file")),
        length if length > MOST_BYTES => Err(io::Error::other(format!("it is longer than {MOST_BYTES} bytes"))),
        _ => fs::read_to_string(file).map(|text| without_marks(&text).into_owned()),
    }
}

/// Where `terraform init` has put the modules, by the names of the calls that lead there.
fn fetched(root: &Path) -> BTreeMap<String, PathBuf> {
    let text = text_of(&root.join(".terraform/modules/modules.json")).unwrap_or_default();
    let manifest: Json = serde_json::from_str(&text).unwrap_or_default();
    let entry = |module: &Json| Some((module.get("Key")?.as_str()?.to_owned(), PathBuf::from(module.get("Dir")?.as_str()?)));
    manifest.get("Modules").and_then(Json::as_array).into_iter().flatten().filter_map(entry).collect()
}

impl Files {
    /// Adds a block or, from a file of overrides, puts it `over` what stands in others.
    fn add(&mut self, placed: Placed, file: &str, over: bool) {
        let Placed { block, line, column } = placed;
        let labels: Vec<String> = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
        match (block.ident.as_str(), labels.as_slice()) {
            (ident @ ("resource" | "data"), [kind, name]) => {
                let key = (ident == "data", kind.clone(), name.clone());
                match self.blocks.get_mut(&key).filter(|_| over) {
                    Some(written) => merge(&mut written.block.body, block.body),
                    None => drop(self.blocks.insert(key, Written { block, file: file.to_owned(), line, column })),
                }
            }
            ("module", [name]) => match self.calls.get_mut(name).filter(|_| over) {
                Some(call) => merge(&mut call.body, block.body),
                None => drop(self.calls.insert(name.clone(), block)),
            },
            ("variable", [name]) => match self.variables.get_mut(name).filter(|_| over) {
                Some(declared) => merge(declared, block.body),
                None => drop(self.variables.insert(name.clone(), block.body)),
            },
            ("output", [name]) => {
                let value = block.body.into_attributes().find(|attribute| attribute.key.as_str() == "value");
                self.outputs.extend(value.map(|attribute| (name.clone(), attribute.value)));
            }
            ("locals", []) => {
                self.locals.extend(block.body.into_attributes().map(|attribute| (attribute.key.as_str().to_owned(), attribute.value)));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        for (path, says) in [("/dev/zero", "it is no file"), ("/dev", "it is no file"), ("/nowhere", "No such file")] {
            assert!(text_of(Path::new(path)).unwrap_err().to_string().contains(says), "{path}");
        }
    }
}
