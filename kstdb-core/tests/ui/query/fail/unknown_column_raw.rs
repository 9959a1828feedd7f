//! The place is found in a raw string.

fn main() {
    kstdb_core::query!(r#"SELECT "id", nmae FROM users"#);
}
