//! Work on a whole database file: another key, encryption on and off, the format of SQLCipher 4.
//!
//! [`AsyncDatabase::rekey`](crate::AsyncDatabase::rekey) changes the key of an open database;
//! [`encrypt`], [`decrypt`] and [`upgrade`] work on a file that nobody has open. Each either does
//! all of its work or leaves the file as it was, also when the process is killed in the middle.

mod access;
mod compare;
mod convert;
mod copy;
mod error;
mod failure;
mod file;
mod journal;
mod options;
mod progress;
mod rekey;
mod sole;
mod space;
mod staging;
mod swap;
mod tables;

pub use convert::{decrypt, encrypt, upgrade};
pub use error::MaintenanceError;
pub use options::{MaintenanceOptions, RekeyOptions};
pub use progress::{Progress, Step, Unit};

pub(crate) use journal::sweep_journal;
pub(crate) use rekey::rekey;
pub(crate) use staging::sweep;
