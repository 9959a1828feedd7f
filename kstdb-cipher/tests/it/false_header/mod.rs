//! First pages that are authentic and name other pages than the file has: refused before SQLite
//! believes them, in the file, in its write-ahead log and in a journal.

#[path = "../../../../kstdb-core/fuzz/properties/pages_codec.rs"]
mod codec;
mod file;
mod forge;
mod journal;
mod log;
mod small;
mod ways;
