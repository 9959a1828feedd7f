//! Tasks of this workspace: `cargo xtask <task>`.

fn main() {}
