//! Every state that a file or a key can be in: its typed error, and not one byte changed.

mod cases;
mod databases;
mod folder;
mod table;
