//! An expression needs a name.

fn main() {
    kstdb_core::query!("SELECT count(*) FROM users");
}
