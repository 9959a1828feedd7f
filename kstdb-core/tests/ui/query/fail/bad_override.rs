//! An alias that overrides nothing known.

fn main() {
    kstdb_core::query!(r#"SELECT id AS "id!!" FROM users"#);
}
