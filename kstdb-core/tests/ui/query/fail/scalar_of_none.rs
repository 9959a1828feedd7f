//! A statement without rows has no scalar.

fn main() {
    kstdb_core::query_scalar!("DELETE FROM users");
}
