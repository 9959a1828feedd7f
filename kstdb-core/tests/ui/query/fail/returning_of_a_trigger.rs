//! A trigger whose own column is NOT NULL says nothing of what RETURNING gives.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

struct Email(String);

impl From<String> for Email {
    fn from(text: String) -> Self {
        Self(text)
    }
}

struct Event {
    note: Email,
}

fn main() {
    kstdb_core::query_as!(Event, "INSERT INTO events (note) VALUES (?) RETURNING note", "x");
}
