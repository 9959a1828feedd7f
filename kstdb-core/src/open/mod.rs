//! Opening a database: settings, key, a look at the file, one derivation, a probe, then the pool.

mod build;
mod key_slot;
mod lock_file;
mod memory;
mod mode;
mod plaintext;
mod pragmas;
mod proof;
mod refused;
mod target;

pub use mode::OpenMode;
pub use pragmas::Synchronous;

pub(crate) use build::{Opened, build};
pub(crate) use key_slot::{FileKey, KeySlot};
pub(crate) use lock_file::{is_same_file, lock_path, open_lock_file};
pub(crate) use memory::Anchor;
pub(crate) use plaintext::create_private;
pub(crate) use pragmas::{CACHE_BYTES, connection_settings};
pub(crate) use proof::{FileRules, Proof, prove};
pub(crate) use target::Target;
