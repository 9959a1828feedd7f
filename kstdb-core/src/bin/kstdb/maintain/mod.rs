//! The verbs that work on a whole file: `rekey`, `encrypt`, `decrypt`, `upgrade`.

mod decrypt;
mod encrypt;
mod flags;
mod rekey;
mod report;
mod upgrade;

pub(crate) use flags::{Decrypt, Encrypt, Rekey, Upgrade};
