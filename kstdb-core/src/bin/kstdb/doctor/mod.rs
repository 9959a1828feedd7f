//! `kstdb doctor`: what is wrong, on one screen.

mod database;
mod library;
mod report;
mod settings;
mod verb;
