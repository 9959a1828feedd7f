//! A comment is no statement.

fn main() {
    kstdb_core::query!("-- nothing to do");
}
