//! The value that is too much is where the error is.

fn main() {
    kstdb_core::query!("SELECT id FROM users WHERE id = ?", 1, 2);
}
