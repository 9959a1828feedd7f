//! A statement that does not end.

fn main() {
    kstdb_core::query!("SELECT id FROM users WHERE (id = 1");
}
