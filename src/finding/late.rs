//! A JSON value that is made each time it is asked for: the closed questions of a large report, all at once, would be most of its memory. Rules make them, reports write them.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A value that is not there yet, and what it is made of. Cheap to clone; two are equal when they make equal values.
#[derive(Clone)]
pub struct Late(Arc<dyn Fn() -> Value + Send + Sync>);

impl Late {
    /// What `make` makes, which is the same each time.
    pub fn new(make: impl Fn() -> Value + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    /// The value.
    pub fn value(&self) -> Value {
        (self.0)()
    }
}

impl From<Value> for Late {
    fn from(value: Value) -> Self {
        Self::new(move || value.clone())
    }
}

impl fmt::Debug for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl PartialEq for Late {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.value() == other.value()
    }
}

impl Eq for Late {}

impl Serialize for Late {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}
