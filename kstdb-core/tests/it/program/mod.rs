//! The `kstdb` program, run as its users run it.

mod backups;
mod doctor;
mod dump;
mod exec;
mod formats;
mod info;
mod keys;
mod maintain;
mod migrate;
mod query;
mod run;
mod secrecy;
