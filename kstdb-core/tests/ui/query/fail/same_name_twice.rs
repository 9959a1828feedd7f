//! Two columns of one name.

fn main() {
    kstdb_core::query!("SELECT users.id, posts.id FROM users, posts");
}
