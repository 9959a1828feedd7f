//! An unknown table names the nearest.

fn main() {
    kstdb_core::query!("SELECT id FROM user WHERE id = 1");
}
