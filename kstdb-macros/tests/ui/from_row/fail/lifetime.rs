//! A row ends before the struct would.

use kstdb_macros::FromRow;

#[derive(FromRow)]
struct User<'a, 'b: 'a> {
    name: &'a str,
    mail: &'b str,
}

fn main() {}
