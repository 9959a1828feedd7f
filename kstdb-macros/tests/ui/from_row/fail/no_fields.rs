//! A struct without fields has nothing to read.

use kstdb_macros::FromRow;

#[derive(FromRow)]
struct Unit;

#[derive(FromRow)]
struct Named {}

#[derive(FromRow)]
struct Tuple();

fn main() {}
