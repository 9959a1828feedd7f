//! A syntax error points at the token.

fn main() {
    kstdb_core::query!("SELECT id FORM users WHERE id = 1");
}
