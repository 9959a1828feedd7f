//! Work on whole files: another key, encryption on and off, old formats.

mod convert;
mod everything;
mod kills;
mod limits;
mod rekey;
mod upgrade;
