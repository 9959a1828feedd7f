//! The second witness: what a statement's program can put into its result.
//!
//! sqlx walks the program path by path and keeps what it saw last in a register it does not
//! understand; so it calls some columns "never NULL" that can be NULL: the rowid of a table on the
//! far side of a LEFT JOIN, a quotient, `nth_value`. This witness follows no jump. It looks at every
//! instruction that can write the register of a column, and believes a column only if all of them
//! write values that cannot be NULL. An instruction that it does not know silences it.

mod convert;
mod fact;
mod flow;
mod opcode;
mod program;
mod trace;

pub(super) use fact::Fact;
pub(super) use program::Program;
pub(super) use trace::results;
