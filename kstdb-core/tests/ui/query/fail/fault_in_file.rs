//! A fault in a file has the line and column of the file.

fn main() {
    kstdb_core::query_file!("queries/broken.sql");
}
