//! A link leads out of the folder.

fn main() {
    let _ = kstdb_macros::migrate!("folders/outside");
}
