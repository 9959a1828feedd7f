//! Everything that one run has measured, and on what.

use kstdb_core::cipher;

use crate::curves::Curve;
use crate::row::{Peer, Row};
use crate::scale::Scale;

/// The rows of a run.
#[derive(Debug)]
pub(crate) struct Report {
    pub(super) rows: Vec<Row>,
    pub(crate) curves: Vec<Curve>,
    /// What was linked, on what machine, at which size.
    pub(super) about: String,
}

impl Report {
    pub(crate) fn new(scale: &Scale) -> Self {
        let library = cipher::library();
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let about = format!(
            "SQLCipher {} on SQLite {}, {} {}; {cores} cores, {}; pool of {}; {} size, {} rounds",
            library.cipher_version.unwrap_or_default(),
            library.sqlite_version,
            library.cipher_provider.unwrap_or_default(),
            library.cipher_provider_version.unwrap_or_default(),
            std::env::consts::ARCH,
            crate::peers::POOL,
            scale.name,
            scale.rounds,
        );
        Self {
            rows: Vec::new(),
            curves: Vec::new(),
            about,
        }
    }

    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Adds a figure to a row, if that row was measured.
    pub(crate) fn add_figure(&mut self, id: &str, peer: Peer, figure: f64) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.add_figure(peer, figure);
        }
    }

    /// Adds a note to a row, if that row was measured.
    pub(crate) fn note(&mut self, id: &str, note: String) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.notes.push(note);
        }
    }

    /// The peers that were measured, in the order of the columns.
    pub(super) fn peers(&self) -> Vec<(Peer, &'static str)> {
        let all = [
            (Peer::Kstdb, "kstdb"),
            (Peer::Sqlx, "sqlx"),
            (Peer::Rusqlite, "rusqlite"),
            (Peer::Limit, "C API"),
            (Peer::Kstlib, "kstlib"),
        ];
        let measured = |peer| self.rows.iter().any(|row| row.figure(peer).is_some());
        all.into_iter()
            .filter(|(peer, _)| measured(*peer))
            .collect()
    }
}
