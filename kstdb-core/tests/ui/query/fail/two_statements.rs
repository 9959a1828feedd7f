//! A query is one statement.

fn main() {
    kstdb_core::query!("DELETE FROM posts; DELETE FROM users");
}
