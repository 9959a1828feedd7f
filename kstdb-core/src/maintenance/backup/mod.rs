//! A copy of a database that is in use.

mod options;
mod pages;
mod run;

pub use options::{Backup, BackupOptions};

pub(super) use run::{back_up, prove};
