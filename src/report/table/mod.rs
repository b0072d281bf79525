//! The default format. The first screen answers which rotations will fail and why, who outside can reach a secret, and what
//! is wider than it needs to be, in this order. `cli` calls it.

mod change;
mod coverage;
mod findings;
pub(crate) mod frame;
mod framework;
mod rotations;
mod waived;

use std::io::{self, Write};

pub use framework::table_by_control;

use super::diff::Changes;
use super::layout::Page;
use super::style::Style;
use crate::audit::Report;
use frame::{ending, header, places};

/// Writes `report` to `out` as text for people.
pub fn table(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let places = places(report);
    let many = places.len() > 1;
    header(report, &places, &mut page)?;
    rotations::write(report, many, &mut page)?;
    let changes = Changes::of(report);
    findings::write(report, changes.as_ref(), many, &mut page)?;
    if let Some(changes) = &changes {
        change::write(changes, &mut page)?;
    }
    waived::write(report, &mut page)?;
    coverage::undecided(report, many, &mut page)?;
    ending(report, &mut page)
}

#[cfg(test)]
mod tests;
