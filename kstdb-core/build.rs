//! Lets Cargo notice a migration that is added: the macros themselves cannot say so.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
}
