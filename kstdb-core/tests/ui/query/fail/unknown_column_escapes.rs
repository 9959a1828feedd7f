//! The place is found behind escapes and joined lines.

fn main() {
    kstdb_core::query!(
        "SELECT 'it\x27\u{27}s \"quoted\"', \
         nmae FROM users"
    );
}
