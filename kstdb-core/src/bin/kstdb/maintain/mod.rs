//! The verbs that work on a whole file: `rekey`, `encrypt`, `decrypt`, `upgrade`, `verify`,
//! `backup`, `restore`.

mod backup;
mod decrypt;
mod encrypt;
mod flags;
mod rekey;
mod report;
mod restore;
mod upgrade;
mod verify;

pub(crate) use flags::{Backup, Decrypt, Encrypt, Rekey, Restore, Upgrade, Verify};
