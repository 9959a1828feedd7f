//! The folder holds no migration.

fn main() {
    let _ = kstdb_macros::migrate!("folders/empty");
}
