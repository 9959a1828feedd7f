//! What comes out: a table for the screen, JSON for programs, a chart for the README.

mod chart;
mod collected;
mod json;
mod table;

pub(crate) use collected::Report;
