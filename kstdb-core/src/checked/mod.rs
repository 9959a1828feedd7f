//! Checked queries: what `query!` and its relatives expand to.

mod arguments;
mod effect;
mod list;
mod macros;
mod query;
mod row;
mod statement;
mod target;

pub use arguments::Arguments;
pub use effect::Effect;
pub use list::List;
pub use macros::{query, query_as, query_file, query_file_as, query_file_scalar, query_scalar};
pub use query::CheckedQuery;
pub use statement::CheckedStatement;
pub use target::QueryTarget;
