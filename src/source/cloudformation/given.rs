//! What is told about a stack beside its template: values of parameters, exports of other stacks, and where it will stand.

use std::collections::BTreeMap;

use crate::arn::{AccountId, Partition};
use crate::policy::Text;

/// What is told beside the template.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given {
    /// Values of parameters, by name.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The same where a value may hold symbols. These go first.
    pub(crate) texts: BTreeMap<String, Text>,
    /// What other stacks export, by the export's name.
    pub(crate) exports: BTreeMap<String, String>,
    /// The account of the stack.
    pub(crate) account: Option<AccountId>,
    /// The region of the stack.
    pub(crate) region: Option<String>,
    /// The name of the stack.
    pub(crate) stack: Option<String>,
    /// What the names of things that do not exist yet begin with, where several stacks are read together; empty for one alone.
    pub(crate) scope: String,
    /// The template's file, for people.
    pub(crate) file: String,
}

impl Given {
    /// The name under which a thing of this stack is known among those of all stacks that are read together.
    pub(super) fn scoped(&self, id: &str) -> String {
        format!("{}{id}", self.scope)
    }

    /// The value of a pseudo parameter, if it is known (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>).
    pub(crate) fn place(&self, name: &str) -> Option<String> {
        let partition = || self.region.as_deref().map(Partition::of_region).filter(|partition| *partition != Partition::Other);
        match name {
            "AWS::AccountId" => self.account.as_ref().map(ToString::to_string),
            "AWS::Region" => self.region.clone(),
            "AWS::StackName" => self.stack.clone(),
            "AWS::Partition" => partition().map(|partition| partition.to_string()),
            "AWS::URLSuffix" => {
                partition().map(|partition| if partition == Partition::China { "amazonaws.com.cn" } else { "amazonaws.com" }.to_owned())
            }
            _ => None,
        }
    }
}
