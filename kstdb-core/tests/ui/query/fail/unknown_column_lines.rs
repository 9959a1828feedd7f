//! The place is found in a string of several lines.

fn main() {
    kstdb_core::query!(
        "SELECT id,
                nmae
         FROM users"
    );
}
