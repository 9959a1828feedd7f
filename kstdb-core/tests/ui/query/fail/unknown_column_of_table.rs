//! A column behind a table is meant itself.

fn main() {
    kstdb_core::query!("SELECT u.id FROM users u WHERE u.nmae = 1");
}
