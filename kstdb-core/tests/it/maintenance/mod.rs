//! Work on whole files: another key, encryption on and off, old formats, verification, backups.

mod backup;
mod convert;
mod everything;
mod key_in_doubt;
mod killed_backups;
#[cfg(unix)]
mod killing;
mod kills;
mod limits;
mod rekey;
mod restore;
mod upgrade;
mod verify;
