//! What comes out: a table for the screen, JSON for programs, a chart and a section for the README.

mod about;
mod chart;
mod collected;
mod json;
mod recorded;
mod table;

pub(crate) use about::About;
pub(crate) use collected::Report;
