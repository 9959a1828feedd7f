//! A list belongs to IN.

fn main() {
    let row = ["a"];
    kstdb_core::query!("INSERT INTO users (name) VALUES (..row)");
}
