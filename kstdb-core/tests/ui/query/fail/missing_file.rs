//! A file that is not there.

fn main() {
    kstdb_core::query_file!("queries/missing.sql");
}
