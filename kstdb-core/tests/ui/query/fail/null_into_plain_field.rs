//! A column that can be NULL into a field that cannot.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

struct Email(String);

impl From<String> for Email {
    fn from(text: String) -> Self {
        Self(text)
    }
}

struct User {
    email: Email,
}

fn main() {
    kstdb_core::query_as!(User, "SELECT email FROM users");
}
