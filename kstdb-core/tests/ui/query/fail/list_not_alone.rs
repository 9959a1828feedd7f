//! A list stands alone in its parentheses.

fn main() {
    let ids = [1];
    kstdb_core::query!("SELECT id FROM users WHERE id IN (1, ..ids)");
}
