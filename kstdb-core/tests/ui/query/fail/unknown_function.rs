//! An unknown function names the nearest.

fn main() {
    kstdb_core::query!("SELECT lenght(name) AS n FROM users");
}
