//! `query!` and its relatives: arguments, the SQL text, the check, and the code for what was found.

mod arguments;
mod bind;
mod columns;
mod expand;
mod place;
mod record;
mod report;
mod tracked;

pub(crate) use arguments::{Form, Input, Source};
pub(crate) use expand::expand;
