//! An unknown column names the nearest, in an ordinary string.

fn main() {
    kstdb_core::query!("SELECT id, nmae FROM users");
}
