//! The folder is in the program: order, text, kind, checksum.

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_core::migrate::{MigrationKind, Migrations};

#[expect(deprecated, reason = "this crate has no build script")]
fn main() {
    let Migrations(found) = kstdb_macros::migrate!("folders/good");
    let of = |index: usize| (found[index].version, found[index].description, found[index].kind);
    assert_eq!(found.len(), 4);
    assert_eq!(of(0), (1, "create users", MigrationKind::Simple));
    assert_eq!(of(1), (2, "add mail", MigrationKind::ReversibleUp));
    assert_eq!(of(2), (2, "add mail", MigrationKind::ReversibleDown));
    assert_eq!(of(3), (10, "vacuum", MigrationKind::Simple));
    assert_eq!(found[1].sql, "ALTER TABLE users ADD COLUMN mail TEXT;\r\n");
    assert_eq!(found.iter().map(|one| one.no_tx).collect::<Vec<_>>(), [false, false, false, true]);
    // sha384sum of "CREATE TABLE users (id INTEGER PRIMARY KEY);\n"
    assert_eq!(found[0].checksum[..4], [0xbf, 0x56, 0xd8, 0x04]);
}
