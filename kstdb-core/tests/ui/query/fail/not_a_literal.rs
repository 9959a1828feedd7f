//! The query is read while compiling.

fn main() {
    let sql = "SELECT 1";
    kstdb_core::query!(sql);
}
