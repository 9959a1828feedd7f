//! `#[derive(FromRow)]`: a struct and its attributes become a plan of columns and a reader of rows.

mod attributes;
mod expand;
mod model;
mod rename;

pub(crate) use expand::expand;
