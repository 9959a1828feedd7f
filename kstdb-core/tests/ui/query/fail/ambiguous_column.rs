//! An ambiguous column is told as SQLite tells it.

fn main() {
    kstdb_core::query!("SELECT id FROM users JOIN posts ON user_id = users.id");
}
