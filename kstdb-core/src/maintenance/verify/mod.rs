//! Whether a database is sound: every page, the structure, the foreign keys.

mod options;
mod report;
mod run;
mod structure;

pub use options::{VerifyLevel, VerifyOptions};
pub use report::{BrokenReference, VerifyReport};
pub use run::verify;

pub(super) use run::{check_pages, prove_pages, verify_pool};
pub(super) use structure::quick_check;
