//! An unknown column of INSERT is told with its table.

fn main() {
    kstdb_core::query!("INSERT INTO users (nmae) VALUES (?)", "x");
}
