//! The folder is not there.

fn main() {
    let _ = kstdb_macros::migrate!("folders/gone");
}
