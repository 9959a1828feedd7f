//! Migrations: applied once, in order, by one process at a time.

mod checksums;
mod processes;
mod runs;
