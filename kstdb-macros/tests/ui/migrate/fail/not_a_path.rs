//! The argument is not a string.

fn main() {
    let _ = kstdb_macros::migrate!(folders);
}
