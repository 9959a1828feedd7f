//! The builder: what a program says about its database, on top of the cascade of settings.

mod opening;
mod setters;

pub use setters::DatabaseBuilder;
