//! Values for a query without parameters.

fn main() {
    kstdb_core::query!("SELECT id FROM users", 1);
}
