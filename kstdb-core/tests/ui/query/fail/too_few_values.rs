//! Too few values show the query.

fn main() {
    kstdb_core::query!("SELECT id FROM users WHERE id = ? AND name = ?", 1);
}
