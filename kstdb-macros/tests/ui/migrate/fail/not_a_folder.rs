//! The path is a file.

fn main() {
    let _ = kstdb_macros::migrate!("Cargo.toml");
}
