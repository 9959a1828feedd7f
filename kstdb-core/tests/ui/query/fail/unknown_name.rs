//! A name that is no parameter.

fn main() {
    kstdb_core::query!("SELECT id FROM users WHERE name = :name", nmae = "x", name = "y");
}
