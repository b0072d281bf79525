//! Each format of a report in full, as it was last looked at and found good.

use std::io::{self, Write};

use super::sample;
use crate::audit::Report;

type Renderer = fn(&Report, &mut dyn Write) -> io::Result<()>;

const FORMATS: [(&str, Renderer); 6] = [
    ("sarif", super::sarif),
    ("junit", super::junit),
    ("markdown", super::markdown),
    ("csv", super::csv),
    ("ocsf", super::ocsf),
    ("github", super::annotations),
];

#[test]
fn each_format_is_as_it_was_when_somebody_last_looked() {
    for (name, render) in FORMATS {
        let mut out = Vec::new();
        render(&sample::report(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap().replace(env!("CARGO_PKG_VERSION"), "[version]").replace("\r\n", "\\r\n");
        insta::assert_snapshot!(name, text.replace("2.1.[version]", "2.1.0"));
    }
}
