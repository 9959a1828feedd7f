//! One macro embeds one folder.

fn main() {
    let _ = kstdb_macros::migrate!("folders/good", "folders/other");
}
