//! The single changes of rule tests: paths such as `role.policy.Rotate.Resource` into the clean account, as JSON. `testing` applies them before a
//! rule is run.
//!
//! A path begins with `secret`, `other-secret`, `function`, `role`, `other-role` or `other-function` (beside the rotation; such a path makes them), `key`, `account` or `trusted_accounts` (whom people trust), or, where the function is in a VPC, `network` or `endpoint`. Steps go through the wrapper of a fact that was read without
//! saying so. `secret.policy`, `function.policy`, `function.policies.QUALIFIER`, `role.policy`, `role.trust`, `role.boundary`, `key.policy` and `endpoint.policy` are
//! documents: a mapping given for one becomes its JSON text, a text stays as it is, and a path may go on to a statement by its `Sid` and to an
//! element of it.

use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::inventory::clean::{ACCOUNT, ENDPOINT, FUNCTION, KEY, OTHER_SECRET, PLACE, ROLE, SECRET};

/// A path or a change that does not fit the clean account.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum ChangeError {
    /// Not one of the beginnings.
    #[error(
        "`{0}` does not begin with secret, other-secret, function, role, other-role, other-function, key, account, trusted_accounts, network or endpoint"
    )]
    UnknownRoot(String),
    /// Something on the way is not there.
    #[error("`{path}` leads nowhere: there is no `{step}`")]
    Nowhere {
        /// The whole path.
        path: String,
        /// Where it ends.
        step: String,
    },
    /// A path goes on into a document that is no policy.
    #[error("`{0}` goes into a document that is not JSON")]
    NotJson(String),
    /// Not `service:Call ErrorCode`.
    #[error("`{0}` is not of the form `service:Call ErrorCode`")]
    BadGap(String),
}

/// What is done at the end of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The value is set.
    Set(Value),
    /// What is there is taken away.
    Remove,
    /// The call that reads it does not answer.
    Fail {
        /// `service:Call`.
        call: String,
        /// The error code.
        error: String,
    },
}

impl Change {
    /// The change that makes `service:Call ErrorCode` the answer.
    pub(super) fn failing(text: &str) -> Result<Self, ChangeError> {
        let bad = || ChangeError::BadGap(text.to_owned());
        let (call, error) = text.split_once(' ').ok_or_else(bad)?;
        if !call.contains(':') || error.trim().is_empty() {
            return Err(bad());
        }
        Ok(Self::Fail { call: call.to_owned(), error: error.trim().to_owned() })
    }
}

/// The managed policy that `role.boundary` makes and attaches.
const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";
/// The role that paths beginning with `other-role` make: it has nothing to do with the rotation.
const OTHER_ROLE: &str = "arn:aws:iam::111122223333:role/developer";
/// The function that paths beginning with `other-function` make: like the other, and no secret names it.
const OTHER_FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-other";

/// Applies `change` at `path` to the JSON of an inventory.
pub(super) fn apply(inventory: &mut Value, path: &str, change: Change) -> Result<(), ChangeError> {
    let mut steps: Vec<&str> = path.split('.').collect();
    let root = steps.remove(0);
    let (place, resource) = root_of(root).ok_or_else(|| ChangeError::UnknownRoot(path.to_owned()))?;
    match root {
        "other-role" => make_other_role(inventory, path)?,
        "other-function" => make_other_function(inventory, path)?,
        _ => {}
    }
    let fact = |steps: &[&str]| place.iter().copied().chain(steps.iter().copied()).map(str::to_owned).collect::<Vec<_>>();
    match (slot(root, &place, &steps), change) {
        // Roles are read together with all identities of their account.
        (_, Change::Fail { call, error }) if root.ends_with("role") => {
            let identities = ["accounts", ACCOUNT, "identities"].map(str::to_owned);
            fail(inventory, path, &identities, &call, ACCOUNT, &error)
        }
        (Some((slot, _)), Change::Fail { call, error }) => fail(inventory, path, &slot.place(), &call, resource, &error),
        (None, Change::Fail { call, error }) => fail(inventory, path, &fact(&steps), &call, resource, &error),
        (Some((slot, rest)), change) => in_document(inventory, path, &slot, rest, change),
        (None, Change::Set(value)) => set(inventory, path, &fact(&steps), value),
        (None, Change::Remove) => remove(inventory, path, &fact(&steps)),
    }
}

/// A role that people of the account take on, and that may do nothing yet.
fn make_other_role(inventory: &mut Value, path: &str) -> Result<(), ChangeError> {
    let roles = ["accounts", ACCOUNT, "identities", "roles", OTHER_ROLE].map(str::to_owned);
    if walk(inventory, &roles).is_some() {
        return Ok(());
    }
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "People", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]});
    let role = json!({"arn": OTHER_ROLE, "id": "AROADEVELOPER", "trust": trust.to_string(), "permissions": {}});
    set(inventory, path, &roles, role)
}

fn make_other_function(inventory: &mut Value, path: &str) -> Result<(), ChangeError> {
    let places = [["functions", FUNCTION], ["functions", OTHER_FUNCTION]].map(|place| place.map(str::to_owned));
    if walk(inventory, &places[1]).is_some() {
        return Ok(());
    }
    let mut function = walk(inventory, &places[0]).cloned().ok_or_else(|| nowhere(path, FUNCTION))?;
    function["arn"] = json!(OTHER_FUNCTION);
    set(inventory, path, &places[1], function)
}

/// Where the thing lies in the JSON of the clean account, and its ARN.
fn root_of(root: &str) -> Option<(Vec<&'static str>, &'static str)> {
    Some(match root {
        "secret" => (vec!["secrets", SECRET], SECRET),
        "other-secret" => (vec!["secrets", OTHER_SECRET], OTHER_SECRET),
        "function" => (vec!["functions", FUNCTION], FUNCTION),
        "role" => (vec!["accounts", ACCOUNT, "identities", "roles", ROLE], ROLE),
        "other-role" => (vec!["accounts", ACCOUNT, "identities", "roles", OTHER_ROLE], OTHER_ROLE),
        "other-function" => (vec!["functions", OTHER_FUNCTION], OTHER_FUNCTION),
        "key" => (vec!["keys", KEY], KEY),
        "account" => (vec!["accounts", ACCOUNT], ACCOUNT),
        "trusted_accounts" => (vec!["trusted_accounts"], ACCOUNT),
        "network" => (vec!["networks", PLACE], PLACE),
        "endpoint" => (vec!["networks", PLACE, "endpoints", ENDPOINT], ENDPOINT),
        _ => return None,
    })
}

/// Where a document is kept.
enum Slot {
    /// The document called `default` of the `policies` at this place.
    Default(Vec<String>),
    /// The policy of a function under this qualifier.
    Qualified(String),
    /// The inline policy of this role.
    Inline(&'static str),
    /// Its trust policy.
    Trust(&'static str),
    /// Its boundary.
    Boundary(&'static str),
    /// The policy of the endpoint.
    Endpoint,
}

/// The document that a path leads to, if it does, and the steps that are left.
fn slot<'s, 'p>(root: &str, place: &[&str], steps: &'s [&'p str]) -> Option<(Slot, &'s [&'p str])> {
    let (first, rest) = steps.split_first()?;
    let slot = match (root, *first) {
        ("secret" | "other-secret" | "key", "policy") => {
            Slot::Default(place.iter().copied().chain(["policies"]).map(str::to_owned).collect())
        }
        ("function", "policy") => Slot::Qualified(String::new()),
        ("function", "policies") => {
            let (qualifier, rest) = rest.split_first()?;
            return Some((Slot::Qualified((*qualifier).to_owned()), rest));
        }
        ("role", "policy") => Slot::Inline(ROLE),
        ("role", "trust") => Slot::Trust(ROLE),
        ("role", "boundary") => Slot::Boundary(ROLE),
        ("other-role", "policy") => Slot::Inline(OTHER_ROLE),
        ("other-role", "trust") => Slot::Trust(OTHER_ROLE),
        ("other-role", "boundary") => Slot::Boundary(OTHER_ROLE),
        ("endpoint", "policy") => Slot::Endpoint,
        _ => return None,
    };
    Some((slot, rest))
}

impl Slot {
    /// The fact or field that holds the document.
    fn place(&self) -> Vec<String> {
        let of_role = |role: &'static str| ["accounts", ACCOUNT, "identities", "roles", role].into_iter();
        let steps: Vec<&str> = match self {
            Self::Default(place) => return place.clone(),
            Self::Qualified(qualifier) => vec!["functions", FUNCTION, "policies", qualifier],
            Self::Inline(role) => of_role(role).chain(["permissions", "inline"]).collect(),
            Self::Trust(role) => of_role(role).chain(["trust"]).collect(),
            Self::Boundary(_) => vec!["accounts", ACCOUNT, "identities", "policies", BOUNDARY],
            Self::Endpoint => vec!["networks", PLACE, "endpoints", ENDPOINT, "policy"],
        };
        steps.into_iter().map(str::to_owned).collect()
    }

    fn read(&self, inventory: &mut Value) -> Option<String> {
        let held = inside(walk(inventory, &self.place())?);
        let text = match self {
            Self::Default(_) | Self::Inline(_) => held.get(0)?.get("document")?,
            Self::Qualified(_) | Self::Trust(_) | Self::Boundary(_) | Self::Endpoint => held,
        };
        text.as_str().map(str::to_owned)
    }

    fn write(&self, inventory: &mut Value, path: &str, text: Option<&str>) -> Result<(), ChangeError> {
        let named = |name: &str| text.map_or_else(|| json!([]), |text| json!([{"name": name, "document": text}]));
        let value = match self {
            Self::Default(_) => named("default"),
            Self::Inline(_) => named("rotate"),
            Self::Qualified(_) => json!({"value": text}),
            Self::Trust(_) | Self::Boundary(_) | Self::Endpoint => json!(text),
        };
        if let Self::Boundary(role) = self {
            let boundary = ["accounts", ACCOUNT, "identities", "roles", role, "permissions", "boundary"].map(str::to_owned);
            set(inventory, path, &boundary, json!(BOUNDARY))?;
        }
        set(inventory, path, &self.place(), value)
    }
}

/// A change to a document, to the statement of a `Sid`, or to an element of it.
fn in_document(inventory: &mut Value, path: &str, slot: &Slot, steps: &[&str], change: Change) -> Result<(), ChangeError> {
    let (sid, element) = match steps {
        [] => {
            let text = match change {
                Change::Set(Value::String(text)) => Some(text),
                Change::Set(policy) => Some(policy.to_string()),
                Change::Remove | Change::Fail { .. } => None,
            };
            return slot.write(inventory, path, text.as_deref());
        }
        [sid] => (*sid, None),
        [sid, element] => (*sid, Some(*element)),
        [_, _, step, ..] => return Err(nowhere(path, step)),
    };
    let text = slot.read(inventory).unwrap_or_else(|| json!({"Version": "2012-10-17", "Statement": []}).to_string());
    let mut policy: Value = serde_json::from_str(&text).map_err(|_| ChangeError::NotJson(path.to_owned()))?;
    let statements = policy.get_mut("Statement").and_then(Value::as_array_mut).ok_or_else(|| nowhere(path, "Statement"))?;
    let at = statements.iter().position(|statement| statement.get("Sid").and_then(Value::as_str) == Some(sid));
    match (element, change, at) {
        (None, Change::Set(mut statement), at) => {
            if let Some(fields) = statement.as_object_mut() {
                fields.insert("Sid".to_owned(), json!(sid));
            }
            match at {
                Some(at) => statements[at] = statement,
                None => statements.push(statement),
            }
        }
        (None, _, Some(at)) => drop(statements.remove(at)),
        (Some(element), change, Some(at)) => {
            let fields = statements[at].as_object_mut().ok_or_else(|| nowhere(path, element))?;
            match change {
                Change::Set(value) => drop(fields.insert(element.to_owned(), value)),
                Change::Remove | Change::Fail { .. } => drop(fields.remove(element).ok_or_else(|| nowhere(path, element))?),
            }
        }
        (_, _, None) => return Err(nowhere(path, sid)),
    }
    slot.write(inventory, path, Some(&policy.to_string()))
}

fn nowhere(path: &str, step: &str) -> ChangeError {
    ChangeError::Nowhere { path: path.to_owned(), step: step.to_owned() }
}

/// Whether this is the JSON of a fact that was read or not.
fn is_fact(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| fields.len() == 1 && (fields.contains_key("value") || fields.contains_key("unreadable")))
}

/// What was read, of a fact; the value itself, of anything else.
fn inside(value: &mut Value) -> &mut Value {
    if is_fact(value) && value.get("value").is_some() { &mut value["value"] } else { value }
}

fn walk<'v>(value: &'v mut Value, steps: &[String]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| inside(value).get_mut(step.as_str()))
}

/// The object that holds the last step, and that step.
fn holder<'v, 's>(value: &'v mut Value, path: &str, steps: &'s [String]) -> Result<(&'v mut Map<String, Value>, &'s str), ChangeError> {
    let (last, before) = steps.split_last().ok_or_else(|| nowhere(path, ""))?;
    let mut value = value;
    for step in before {
        value = inside(value).get_mut(step.as_str()).ok_or_else(|| nowhere(path, step))?;
    }
    let holder = inside(value).as_object_mut().ok_or_else(|| nowhere(path, last))?;
    Ok((holder, last))
}

fn set(inventory: &mut Value, path: &str, steps: &[String], value: Value) -> Result<(), ChangeError> {
    let (holder, last) = holder(inventory, path, steps)?;
    let fact = holder.get(last).is_some_and(is_fact) && !is_fact(&value);
    holder.insert(last.to_owned(), if fact { json!({"value": value}) } else { value });
    Ok(())
}

fn remove(inventory: &mut Value, path: &str, steps: &[String]) -> Result<(), ChangeError> {
    let (holder, last) = holder(inventory, path, steps)?;
    match holder.get_mut(last) {
        Some(fact) if is_fact(fact) => *fact = json!({"value": null}),
        Some(_) => drop(holder.remove(last)),
        None => return Err(nowhere(path, last)),
    }
    Ok(())
}

fn fail(inventory: &mut Value, path: &str, steps: &[String], call: &str, resource: &str, error: &str) -> Result<(), ChangeError> {
    let (holder, last) = holder(inventory, path, steps)?;
    holder.insert(last.to_owned(), json!({"unreadable": {"call": call, "resource": resource, "error": error}}));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::inventory::{Inventory, Known, clean};

    fn changed(path: &str, change: Change) -> Inventory {
        let mut json = serde_json::to_value(clean::account().unwrap()).unwrap();
        apply(&mut json, path, change).unwrap();
        serde_json::from_value(json).unwrap()
    }

    fn error(path: &str, change: Change) -> String {
        let mut json = serde_json::to_value(clean::account().unwrap()).unwrap();
        apply(&mut json, path, change).unwrap_err().to_string()
    }

    fn arn(text: &str) -> Arn {
        Arn::parse(text).unwrap()
    }

    #[test]
    fn a_fact_that_was_read_is_set_taken_away_and_made_unreadable_in_its_wrapper() {
        let function = |inventory: &Inventory| inventory.functions[&arn(FUNCTION)].clone();
        let set = function(&changed("function.reserved_concurrency", Change::Set(json!(0))));
        assert_eq!(set.reserved_concurrency, Known::Value(Some(0)));
        let timeout = function(&changed("function.configuration.timeout_seconds", Change::Set(json!(3))));
        assert_eq!(timeout.configuration.value().unwrap().as_ref().unwrap().timeout_seconds, Some(3));
        let gone = function(&changed("function.configuration", Change::Remove));
        assert_eq!(gone.configuration, Known::Value(None));
        let failed = function(&changed("function.urls", Change::failing("lambda:ListFunctionUrlConfigs AccessDenied").unwrap()));
        assert_eq!(failed.urls.gap().unwrap().to_string(), format!("lambda:ListFunctionUrlConfigs on {FUNCTION}: AccessDenied"));
    }

    #[test]
    fn a_path_goes_into_a_document_by_statement_and_element() {
        let inventory = changed("role.policy.Rotate.Resource", Change::Set(json!("*")));
        let role = *inventory.role(&arn(ROLE)).value().unwrap();
        let text = role.unwrap().permissions.inline[0].document.text().to_owned();
        let statements = serde_json::from_str::<Value>(&text).unwrap()["Statement"].clone();
        assert_eq!(statements[0]["Resource"], "*");
        assert_eq!(statements[2]["Sid"], "Key");
        let inventory = changed("secret.policy.Refuse", Change::Set(json!({"Effect": "Deny"})));
        let policy = inventory.secrets[&arn(SECRET)].policies.value().unwrap()[0].document.text().to_owned();
        assert_eq!(serde_json::from_str::<Value>(&policy).unwrap()["Statement"][0], json!({"Effect": "Deny", "Sid": "Refuse"}));
    }

    #[test]
    fn a_boundary_is_attached_and_a_text_stays_as_it_is() {
        let inventory = changed("role.boundary", Change::Set(json!("{nonsense")));
        let role = (*inventory.role(&arn(ROLE)).value().unwrap()).unwrap().clone();
        let boundary = role.permissions.boundary.unwrap();
        assert_eq!(inventory.managed_policy(ACCOUNT, &boundary).value().unwrap().text(), "{nonsense");
    }

    #[test]
    fn whatever_of_a_role_cannot_be_read_all_identities_cannot() {
        let inventory = changed("role.trust", Change::failing("iam:GetAccountAuthorizationDetails AccessDenied").unwrap());
        assert!(inventory.identities(ACCOUNT).gap().is_some());
    }

    #[test]
    fn a_path_into_nothing_says_where_it_ends() {
        assert_eq!(
            error("roll.policy", Change::Remove),
            "`roll.policy` does not begin with secret, other-secret, function, role, other-role, other-function, key, account, trusted_accounts, network or endpoint"
        );
        assert_eq!(error("secret.nothing.more", Change::Set(json!(1))), "`secret.nothing.more` leads nowhere: there is no `nothing`");
        assert_eq!(
            error("role.policy.Nobody.Resource", Change::Set(json!(1))),
            "`role.policy.Nobody.Resource` leads nowhere: there is no `Nobody`"
        );
        assert_eq!(error("secret.nothing", Change::Remove), "`secret.nothing` leads nowhere: there is no `nothing`");
        assert!(Change::failing("AccessDenied").is_err());
    }
}
