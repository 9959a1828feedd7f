//! All that is wrong with the files is told at once.

fn main() {
    let _ = kstdb_macros::migrate!("folders/bad");
}
