//! Where facts come from. The only room that does I/O, beside the command line.

pub mod demo;
