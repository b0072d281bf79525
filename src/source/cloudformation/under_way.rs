//! What is being evaluated, to tell circles, and how much was: a template of a few lines can ask for more than any machine does. `evaluate` counts here.

use std::cell::{Cell, RefCell};

use super::document::TemplateError;
use super::functions::LONGEST;
use super::value::Value;
use crate::policy::Position;

/// The deepest that values hang on values.
const DEEPEST: usize = 100;

/// No more values than these are evaluated in one world. A stack of 500 resources, which is the most that CloudFormation takes, needs a tenth at most.
const MOST_STEPS: usize = 3_000_000;

/// So many bytes of a text, or of what holds a list, count as one value.
const STEP: usize = 32;

/// What is being evaluated in one world.
#[derive(Default)]
pub(super) struct UnderWay {
    /// What is being found out.
    path: RefCell<Vec<String>>,
    depth: Cell<usize>,
    steps: Cell<usize>,
}

impl UnderWay {
    /// Does `what`, unless it is being done already: then the template refers to itself in a circle.
    pub(super) fn within<T>(&self, name: &str, at: Position, what: impl FnOnce() -> Result<T, TemplateError>) -> Result<T, TemplateError> {
        if self.path.borrow().iter().any(|known| known == name) {
            return Err(TemplateError::at(at, format!("{name} hangs on itself")));
        }
        self.path.borrow_mut().push(name.to_owned());
        let result = what();
        self.path.borrow_mut().pop();
        result
    }

    /// Does `what` as one step, one deeper.
    pub(super) fn deeper<T>(&self, at: Position, what: impl FnOnce() -> Result<T, TemplateError>) -> Result<T, TemplateError> {
        if self.depth.get() >= DEEPEST {
            return Err(TemplateError::at(at, format!("values hang on each other more than {DEEPEST} deep")));
        }
        self.spend(1, at)?;
        self.depth.set(self.depth.get() + 1);
        let result = what();
        self.depth.set(self.depth.get() - 1);
        result
    }

    /// Counts what a value takes to hold, and refuses texts that are longer than any that AWS takes.
    pub(super) fn made(&self, value: &Value, at: Position) -> Result<(), TemplateError> {
        match value {
            Value::Text(text) => {
                let length = text.written().len();
                if length > LONGEST {
                    return Err(TemplateError::at(at, format!("a text is longer than {LONGEST} bytes")));
                }
                self.spend(length / STEP, at)
            }
            Value::List(items) => self.spend(items.len(), at),
            _ => Ok(()),
        }
    }

    fn spend(&self, steps: usize, at: Position) -> Result<(), TemplateError> {
        let steps = self.steps.get().saturating_add(steps);
        if steps > MOST_STEPS {
            return Err(TemplateError::at(at, format!("it takes more than {MOST_STEPS} values to know this one")));
        }
        self.steps.set(steps);
        Ok(())
    }
}
