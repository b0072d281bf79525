//! Stacks in stacks: parameters that go in, outputs that come out, and what is refused.

use std::collections::BTreeMap;

use super::{given, written};
use crate::source::cloudformation::beside::Beside;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::evaluate::Evaluator;
use crate::source::cloudformation::given::Given;
use crate::source::cloudformation::hidden::hidden;
use crate::source::cloudformation::load::load;
use crate::source::cloudformation::reading::Reading;
use crate::source::cloudformation::stacks::Stacks;
use crate::source::cloudformation::value::Value;
use crate::source::cloudformation::world::World;
use crate::source::cloudformation::worlds::worlds;

/// Files by name.
pub(super) struct Files(BTreeMap<&'static str, String>);

impl Files {
    pub(super) fn of(files: &[(&'static str, &str)]) -> Self {
        Self(files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect())
    }
}

impl Beside for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        self.0.get(name).cloned().ok_or_else(|| "not here".to_owned())
    }
}

pub(super) fn loaded(root: &str, files: &[(&'static str, &str)]) -> Result<Stacks, TemplateError> {
    load(root, Given { file: "main.yaml".to_owned(), ..given() }, &Files::of(files))
}

const PARENT: &str = "
Parameters:
  Stage: {Type: String}
  Ids: {Type: 'List<AWS::EC2::Subnet::Id>'}
Resources:
  Key: {Type: 'AWS::KMS::Key'}
  One: {Type: 'AWS::EC2::Subnet'}
  Two: {Type: 'AWS::EC2::Subnet'}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./nested/child.yaml
      Parameters:
        Stage: prod
        KeyArn: !GetAtt Key.Arn
        Owner: !Ref Stage
        Both: !Join [',', [!Ref One, !Ref Two]]
        Some: !Join [',', !Ref Ids]
        Optional: !Ref AWS::NoValue
  Asked: {Type: 'AWS::Asked::Thing', Properties: {Value: ";

const CHILD: &str = "
Parameters:
  Stage: {Type: String}
  KeyArn: {Type: String}
  Owner: {Type: String}
  Both: {Type: CommaDelimitedList}
  Some: {Type: CommaDelimitedList}
  Optional: {Type: String, Default: usual}
  Latest: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}
Conditions:
  Never: !Equals [a, b]
Resources:
  Key: {Type: 'AWS::KMS::Key'}
  Fn: {Type: 'AWS::Lambda::Function'}
Outputs:
  Stage: {Value: !Ref Stage}
  Given: {Value: !Ref KeyArn}
  Own: {Value: !GetAtt Key.Arn}
  Owner: {Value: !Ref Owner}
  Function: {Value: !GetAtt Fn.Arn}
  Second: {Value: !Select [1, !Ref Both]}
  Unknown: {Value: !Select [1, !Ref Some]}
  Usual: {Value: !Ref Optional}
  Latest: {Value: !Ref Latest}
  Name: {Value: !Ref AWS::StackName}
  Hidden: {Value: x, Condition: Never}
  List: {Value: !Ref Both}
";

fn asked(expression: &str) -> Result<Value, TemplateError> {
    let stacks = loaded(&format!("{PARENT}{expression}}}}}"), &[("nested/child.yaml", CHILD)])?;
    let world = World::default();
    let properties = stacks.member(0).template.resources["Asked"].properties.as_ref().unwrap();
    Evaluator::new(&stacks, &world).value(properties.get("Value").unwrap())
}

#[test]
fn parameters_go_in_and_outputs_come_out() {
    for (output, expected) in [
        ("Stage", "prod"),
        ("Given", "arn:aws:kms:eu-west-1:111122223333:key/⟦Key⟧"),
        // The logical ids of two stacks are two things.
        ("Own", "arn:aws:kms:eu-west-1:111122223333:key/⟦Child.Key⟧"),
        ("Owner", "⟦?parameter Stage⟧"),
        ("Function", "arn:aws:lambda:eu-west-1:111122223333:function:⟦Child.Fn⟧"),
        ("Second", "⟦Two⟧"),
        ("Unknown", "⟦?item 1 of items of what Join \",\" makes of parameter Ids⟧"),
        ("Usual", "usual"),
        ("Latest", "⟦?parameter Child.Latest⟧"),
        ("Name", "⟦?AWS__StackName of Child⟧"),
        ("Hidden", "⟦?Outputs.Hidden of Child⟧"),
    ] {
        let value = asked(&format!("!GetAtt Child.Outputs.{output}")).unwrap_or_else(|error| panic!("{output}: {error}"));
        assert_eq!(written(&value), expected, "{output}");
    }
    assert_eq!(written(&asked("!Sub '${Child.Outputs.Stage}-x'").unwrap()), "prod-x");
    assert_eq!(written(&asked("!Ref Child").unwrap()), "⟦?Ref of Child⟧");
}

/// What is written in the parent, the child, and a part of the error with the file that it is in.
const REFUSED: [(&str, &str, &str, &str); 11] = [
    ("Parameters: {A: x}", "Resources: {K: {Type: X}}", "main.yaml", "a parameter A, which child.yaml does not have"),
    (
        "Tags: []",
        "Parameters: {A: {Type: String}}\nResources: {K: {Type: X}}\nOutputs: {O: {Value: !Ref A}}",
        "main.yaml",
        "no value for the parameter A of child.yaml",
    ),
    (
        "Parameters: {A: [x]}",
        "Parameters: {A: {Type: String}}\nResources: {K: {Type: X}}\nOutputs: {O: {Value: !Ref A}}",
        "main.yaml",
        "join a list with commas",
    ),
    ("Tags: []", "Resources: {K: {Type: X}}", "main.yaml", "child.yaml has no output O"),
    ("Tags: []", "Resources: {K: {Type: X}}\nOutputs: {O: {Value: [a]}}", "child.yaml", "the output O is not a text"),
    ("Tags: []", "Resources: {K: {Type: X}}\nOutputs: {O: {Value: !Ref Nothing}}", "child.yaml", "\"Nothing\" is neither"),
    ("Tags: []", "Resources: [", "child.yaml", "line "),
    (
        "Tags: []",
        "Resources: {C: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: child.yaml}}}",
        "child.yaml",
        "nests itself: main.yaml → child.yaml → child.yaml",
    ),
    (
        "Tags: []",
        "Resources: {C: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: other.yaml}}}",
        "child.yaml",
        "its template cannot be read: other.yaml: not here",
    ),
    (
        "Tags: []",
        "Resources: {C: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: /etc/passwd}}}",
        "child.yaml",
        "only relative paths are followed",
    ),
    (
        "Parameters: {A: !GetAtt Child.Outputs.O}",
        "Parameters: {A: {Type: String}}\nResources: {K: {Type: X}}\nOutputs: {O: {Value: !Ref A}}",
        "main.yaml",
        "hangs on itself",
    ),
];

#[test]
fn what_cloudformation_would_refuse_names_the_file_and_the_place() {
    for (properties, child, file, expected) in REFUSED {
        let parent = format!(
            "Resources:\n  Child: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: child.yaml, {properties}}}}}\n  \
             Asked: {{Type: X, Properties: {{Value: !GetAtt Child.Outputs.O}}}}"
        );
        let world = World::default();
        let value = loaded(&parent, &[("child.yaml", child)]).and_then(|stacks| {
            let properties = stacks.member(0).template.resources["Asked"].properties.clone().unwrap();
            Evaluator::new(&stacks, &world).value(properties.get("Value").unwrap())
        });
        let error = value.err().unwrap_or_else(|| panic!("{child} is taken"));
        assert_eq!(error.file(), Some(file), "{error}");
        assert!(error.to_string().starts_with("line ") && error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn stacks_that_multiply_are_refused_before_they_are_many() {
    let level = |next: &str| {
        let child = |index: usize| format!("  C{index}: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: {next}}}}}\n");
        format!("Resources:\n  K: {{Type: X}}\n{}", (0..10).map(child).collect::<String>())
    };
    let files = [("a", level("b")), ("b", level("c")), ("c", level("d")), ("d", level("e")), ("e", "Resources: {K: {Type: X}}".to_owned())];
    let files: Vec<(&'static str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let error = loaded(&level("a"), &files).err().map(|error| error.to_string());
    assert!(error.as_ref().is_some_and(|error| error.contains("more than 500 nested stacks")), "{error:?}");
}

#[test]
fn a_template_that_is_no_file_is_named_where_its_stack_is_made() {
    let parent = "
Parameters: {More: {Type: String}, Bucket: {Type: String}}
Conditions: {IsMore: !Equals [!Ref More, 'yes']}
Resources:
  Always: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: 'https://s3.amazonaws.com/b/x.yaml'}}
  Maybe: {Type: 'AWS::CloudFormation::Stack', Condition: IsMore, Properties: {TemplateURL: !Sub 'https://${Bucket}/y'}}
  Asked: {Type: X, Properties: {Value: !GetAtt Always.Outputs.Arn}}
";
    let stacks = loaded(parent, &[]).unwrap();
    let (worlds, _) = worlds(&stacks).unwrap();
    let told: Vec<String> = worlds.iter().map(|world| hidden(&stacks, world).unwrap().unwrap()).collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|told| told.contains("Always") && told.contains("https://s3.amazonaws.com/b/x.yaml")), "{told:?}");
    assert!(told[0].contains("Maybe") && told[0].contains("https://parameter Bucket/y") && !told[1].contains("Maybe"), "{told:?}");
    let world = World::default();
    let evaluator = Evaluator::new(&stacks, &world);
    let value = evaluator.value(stacks.member(0).template.resources["Asked"].properties.as_ref().unwrap().get("Value").unwrap());
    assert_eq!(written(&value.unwrap()), "⟦?Outputs.Arn of Always⟧");
}

#[test]
fn conditions_of_parent_and_child_come_out_together() {
    let parent = "
Parameters: {Stage: {Type: String, AllowedValues: [prod, test]}}
Conditions: {IsProd: !Equals [!Ref Stage, prod]}
Resources:
  Child: {Type: 'AWS::CloudFormation::Stack', Condition: IsProd, Properties: {TemplateURL: child.yaml, Parameters: {Env: !Ref Stage}}}
  Other: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: child.yaml, Parameters: {Env: !Ref Stage}}}
";
    // The child's own parameter of the name of the parent's says nothing about it.
    let child = "
Parameters: {Env: {Type: String}, Stage: {Type: String, Default: x, AllowedValues: [x]}}
Conditions: {IsTest: !Equals [!Ref Env, test], IsProd: !Equals [!Ref Env, prod]}
Resources: {T: {Type: X, Condition: IsTest}, P: {Type: X, Condition: IsProd}}
";
    let stacks = loaded(parent, &[("child.yaml", child)]).unwrap();
    let (worlds, all) = worlds(&stacks).unwrap();
    let names: Vec<String> = worlds.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["parameter Stage is prod", "parameter Stage is not prod"]);
    assert!(all);
}
