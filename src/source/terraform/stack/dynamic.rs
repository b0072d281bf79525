//! Dynamic blocks, of which a plan holds the values and no expressions: nobody knows what they refer to. `waiting` asks here.

use serde_json::Value as Json;

use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

/// Blocks that are there only where somebody writes them, also in what is there already and where it is not known yet how many there will be.
const WRITTEN_ALONE: [&str; 11] = [
    "condition",
    "dead_letter_config",
    "environment",
    "file_system_config",
    "filter",
    "image_config",
    "principals",
    "rotation_rules",
    "snap_start",
    "statement",
    "vpc_config",
];

/// The name of a block of which there will be more than are written.
pub(super) fn hidden(instance: &Instance, written: &Json) -> Option<String> {
    // Of what is there already, and of data, AWS tells more than people write.
    let is_new = !instance.data && ["arn", "id"].into_iter().any(|name| instance.values.step(name) == Some(&Value::Unknown));
    more_than_written(&[&instance.values], &[written], is_new)
}

/// The same of blocks of one kind together: a set may have brought them into another order.
fn more_than_written(values: &[&Value], written: &[&Json], is_new: bool) -> Option<String> {
    let fields = values.iter().filter_map(|value| match value {
        Value::Map(fields) => Some(fields),
        _ => None,
    });
    for (name, value) in fields.clone().flatten() {
        let written: Vec<&Json> = written.iter().filter_map(|it| it.get(name)).collect();
        // The objects of an attribute are what its expression makes.
        if written.iter().any(|it| it.get("references").is_some() || it.get("constant_value").is_some()) {
            continue;
        }
        let blocks: Vec<&Json> = written.into_iter().flat_map(blocks).collect();
        let is_written_alone = WRITTEN_ALONE.contains(&name.as_str());
        if *value == Value::Unknown && is_written_alone && blocks.is_empty() {
            return Some(name.clone());
        }
        let items: Vec<&Value> = fields.clone().filter_map(|fields| fields.get(name)).flat_map(items).collect();
        if !(is_new || is_written_alone) || items.is_empty() {
            continue;
        }
        if items.len() > blocks.len() {
            return Some(name.clone());
        }
        if let Some(inner) = more_than_written(&items, &blocks, is_new) {
            return Some(format!("{inner} in {name}"));
        }
    }
    None
}

/// The blocks of a list.
fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(items) => items.iter().filter(|item| matches!(item, Value::Map(_))).collect(),
        _ => Vec::new(),
    }
}

/// What is written of blocks: several in a list, or one.
fn blocks(written: &Json) -> Vec<&Json> {
    match written {
        Json::Array(blocks) => blocks.iter().collect(),
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_block_that_is_there_and_written_nowhere_is_dynamic() {
        let none = json!({});
        let statements = |count| json!({"statement": vec![json!({"actions": {}}); count]});
        let principal = json!({"statement": [{"principals": [{"type": {}}]}]});
        for (data, after, unknown, written, expected) in [
            (true, statements(2), none.clone(), statements(2), None),
            (true, statements(2), none.clone(), statements(1), Some("statement")),
            (true, principal.clone(), none.clone(), statements(1), Some("principals in statement")),
            (true, principal.clone(), none.clone(), principal, None),
            (true, none.clone(), json!({"statement": true}), none.clone(), Some("statement")),
            (true, json!({"associations": [{"id": "x"}]}), none.clone(), none.clone(), None),
            (false, json!({"replica": [{"region": "x"}]}), json!({"arn": true}), none.clone(), Some("replica")),
            (false, json!({"replica": [{"region": "x"}]}), none.clone(), none.clone(), None),
            (false, json!({"route": [{"a": "x"}, {"a": "y"}]}), json!({"id": true}), json!({"route": {"references": ["local.x"]}}), None),
            (false, json!({"tags": {"a": "b"}, "list": ["x"]}), json!({"arn": true, "tracing_config": true}), none, None),
        ] {
            let values = Value::of(&after, &unknown);
            let instance = Instance { data, values, ..Instance::default() };
            assert_eq!(hidden(&instance, &written).as_deref(), expected, "{after} {unknown} {written}");
        }
    }
}
