//! Transactions have methods of their own.

fn main() {
    kstdb_core::query!("BEGIN IMMEDIATE");
}
