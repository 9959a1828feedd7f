//! A scalar is one column.

fn main() {
    kstdb_core::query_scalar!("SELECT id, name FROM users");
}
