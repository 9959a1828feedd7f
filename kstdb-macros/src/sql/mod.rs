//! SQL text as far as the macros must read it: its tokens, and the lists that SQLite does not know.

mod lists;
mod parameters;
mod tokens;

pub(crate) use lists::{Lists, lists};
pub(crate) use parameters::{Parameters, parameters};
pub(crate) use tokens::{Token, tokens};
