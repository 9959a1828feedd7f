//! None of the usual places has a folder.

fn main() {
    let _ = kstdb_macros::migrate!();
}
