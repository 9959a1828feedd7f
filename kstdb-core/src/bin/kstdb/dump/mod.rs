//! `kstdb dump`: the whole database, as it is at one moment.

mod json;
mod script;
mod verb;
