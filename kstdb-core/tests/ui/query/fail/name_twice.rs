//! A name is given once.

fn main() {
    kstdb_core::query!("SELECT id FROM users WHERE name = :name", name = "x", name = "y");
}
