//! Work on a whole database file: another key, encryption on and off, the format of SQLCipher 4,
//! verification, backup and restore.
//!
//! [`AsyncDatabase::rekey`](crate::AsyncDatabase::rekey) changes the key of an open database;
//! [`encrypt`], [`decrypt`] and [`upgrade`] work on a file that nobody has open, and [`restore`]
//! replaces one. Each either does all of its work or leaves the file as it was, also when the
//! process is killed in the middle. [`AsyncDatabase::backup`](crate::AsyncDatabase::backup) and
//! [`AsyncDatabase::verify`](crate::AsyncDatabase::verify) run while the database is in use.

mod access;
mod backup;
mod blocking;
mod compare;
mod convert;
mod copy;
mod error;
mod failure;
mod file;
mod journal;
mod online;
mod options;
mod progress;
mod rekey;
mod restore;
mod sole;
mod space;
mod staging;
mod swap;
mod tables;
mod verify;

pub use backup::{Backup, BackupOptions};
pub use convert::{decrypt, encrypt, upgrade};
pub use error::MaintenanceError;
pub use options::{MaintenanceOptions, RekeyOptions};
pub use progress::{Progress, Step, Unit};
pub use restore::{Restored, restore};
pub use verify::{BrokenReference, VerifyLevel, VerifyOptions, VerifyReport, verify};

pub(crate) use journal::sweep_journal;
pub(crate) use rekey::rekey;
pub(crate) use staging::sweep;
