//! Values by position come first.

fn main() {
    kstdb_core::query!("SELECT id FROM users WHERE name = :name AND id = ?", name = "x", 1);
}
