//! Each intrinsic function, condition and kind of parameter by small cases: the value that is expected, or what is told to be missing.

mod expansions;
mod hostile;
mod intrinsics;
mod nested;
mod worlds;

use super::document::{self, TemplateError};
use super::evaluate::Evaluator;
use super::given::Given;
use super::reading::Reading;
use super::stacks::Stacks;
use super::template::Template;
use super::value::Value;
use super::world::World;

/// What stands in every template of these cases beside the value that is asked for.
const AROUND: &str = "
Transform: AWS::LanguageExtensions
Parameters:
  Stage: {Type: String}
  Owner: {Type: String, Default: ops}
  Size: {Type: Number, Default: 3}
  Ids: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Zones: {Type: CommaDelimitedList, Default: 'a, b,c'}
  Latest: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /ami/latest}
Mappings:
  Ports: {mysql: {port: 3306, list: [1, 2]}}
Conditions:
  Always: !Equals [a, a]
  Never: !Not [{Condition: Always}]
  IsProd: !Equals [!Ref Stage, prod]
  Circle: {Condition: Circle}
Resources:
  Db: {Type: 'AWS::SecretsManager::Secret', Properties: {Name: !Sub '${Owner}/db'}}
  Unnamed: {Type: 'AWS::SecretsManager::Secret'}
  Rotate: {Type: 'AWS::Lambda::Function'}
  Role: {Type: 'AWS::IAM::Role', Properties: {Path: /rotation/, RoleName: rotate}}
  Key: {Type: 'AWS::KMS::Key'}
  Loop: {Type: 'AWS::SecretsManager::Secret', Properties: {Name: !Ref Loop}}
  Other: {Type: 'AWS::New::Thing'}
  Asked: {Type: 'AWS::Asked::Thing', Properties: {Value: ";

fn given() -> Given {
    Given {
        exports: [("shared-key".to_owned(), "k-1".to_owned())].into(),
        account: Some(crate::arn::AccountId::parse("111122223333").unwrap()),
        region: Some("eu-west-1".to_owned()),
        ..Given::default()
    }
}

/// The value of an expression in the template above.
fn value(expression: &str) -> Result<Value, TemplateError> {
    value_in(expression, &given(), &World::default())
}

fn value_in(expression: &str, given: &Given, world: &World) -> Result<Value, TemplateError> {
    let document = document::read(&format!("{AROUND}{expression}}}}}"))?;
    let stacks = Stacks::of(Template::of(&document)?, given.clone());
    let properties = stacks.member(0).template.resources["Asked"].properties.as_ref().unwrap();
    Evaluator::new(&stacks, world).value(properties.get("Value").unwrap())
}

/// A value as text: what it is, with symbols written out, or what is missing.
fn written(value: &Value) -> String {
    match value {
        Value::Unknown(missing) => format!("unknown: {missing}"),
        Value::Nothing => "nothing".to_owned(),
        Value::Text(text) => text.to_string(),
        other => other.json().map_or_else(|missing| format!("unknown: {missing}"), |text| text.to_string()),
    }
}
