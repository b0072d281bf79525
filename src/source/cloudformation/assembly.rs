//! What `cdk synth` writes: a folder with a manifest that names the templates of its stacks
//! (<https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html>). `cli` reads the files.

use serde_json::Value;
use thiserror::Error;

use crate::policy::without_marks;

/// A manifest that names no stacks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum AssemblyError {
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(String),
    /// It is something else.
    #[error("it is not the manifest of a cloud assembly: it has no artifacts")]
    Other,
}

/// A stack of an assembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StackFile {
    /// Its name.
    pub(crate) name: String,
    /// The file of its template, in the folder.
    pub(crate) template: String,
    /// Its account, if the app says it.
    pub(crate) account: Option<String>,
    /// Its region, if the app says it.
    pub(crate) region: Option<String>,
}

/// What a manifest names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Assembly {
    /// The stacks in the order of the manifest, in which a stack follows those that it depends on.
    pub(crate) stacks: Vec<StackFile>,
    /// The folders of further assemblies (stages).
    pub(crate) folders: Vec<String>,
}

/// Reads a `manifest.json`.
pub(crate) fn assembly(text: &str) -> Result<Assembly, AssemblyError> {
    let manifest: Value = serde_json::from_str(&without_marks(text)).map_err(|error| AssemblyError::Json(error.to_string()))?;
    let Some(Value::Object(artifacts)) = manifest.get("artifacts") else { return Err(AssemblyError::Other) };
    let mut assembly = Assembly::default();
    for (id, artifact) in artifacts {
        let property = |name: &str| artifact["properties"][name].as_str().map(str::to_owned);
        match artifact["type"].as_str() {
            Some("aws:cloudformation:stack") => {
                // `aws://ACCOUNT/REGION`, where either may be unknown.
                let environment = artifact["environment"].as_str().and_then(|text| text.strip_prefix("aws://")?.split_once('/'));
                let known = |part: &str| (!part.starts_with("unknown-")).then(|| part.to_owned());
                let (account, region) = environment.map_or((None, None), |(account, region)| (known(account), known(region)));
                if let Some(template) = property("templateFile") {
                    let name = property("stackName").unwrap_or_else(|| id.clone());
                    assembly.stacks.push(StackFile { name, template, account, region });
                }
            }
            Some("cdk:cloud-assembly") => assembly.folders.extend(property("directoryName")),
            _ => {}
        }
    }
    Ok(assembly)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stacks_of_a_manifest_are_found_with_their_places() {
        let text = r#"{"version": "36.0.0", "artifacts": {
            "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
            "Here": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "Here.template.json"}},
            "Any": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "Any.template.json", "stackName": "any"}},
            "assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}}}"#;
        let found = assembly(text).unwrap();
        let lines: Vec<String> = found
            .stacks
            .iter()
            .map(|it| format!("{} {} {:?} {:?}", it.name, it.template, it.account.as_deref(), it.region.as_deref()))
            .collect();
        let expected = [
            "Any".replace("Any", "any Any.template.json None None"),
            "Here Here.template.json Some(\"111122223333\") Some(\"eu-west-1\")".to_owned(),
        ];
        assert!(expected.iter().all(|line| lines.contains(line)) && lines.len() == 2, "{lines:?}");
        assert_eq!(found.folders, ["assembly-Prod"]);
        assert_eq!(assembly("[]"), Err(AssemblyError::Other));
    }
}
