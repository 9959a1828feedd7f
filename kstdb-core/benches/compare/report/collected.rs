//! Everything that one run has measured, and on what.

use super::About;
use crate::curves::Curve;
use crate::row::{Peer, Row};

/// The rows of a run.
#[derive(Debug)]
pub(crate) struct Report {
    pub(super) rows: Vec<Row>,
    pub(crate) curves: Vec<Curve>,
    /// What was linked, on what machine, at which size.
    pub(super) about: About,
}

impl Report {
    pub(crate) fn new(about: About) -> Self {
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

    /// Calls of kstdb's that failed, anywhere.
    pub(crate) fn errors(&self) -> i64 {
        let places = self.curves.iter().flat_map(|curve| &curve.points);
        let rows = self.rows.iter().chain(places.map(|(_, row)| row));
        rows.filter_map(|row| row.errors).sum()
    }

    /// How many goals there are, and which are missed.
    pub(super) fn verdict(&self) -> String {
        let judged = self.rows.iter().flat_map(|row| {
            let goals = row.judged().into_iter();
            goals.map(|goal| (row.id, goal))
        });
        let (met, missed): (Vec<_>, Vec<_>) = judged.partition(|(_, goal)| goal.met());
        let all = met.len() + missed.len();
        if missed.is_empty() {
            return format!("{all} of {all} goals met.");
        }
        let missed = missed
            .iter()
            .map(|(id, goal)| format!("{id}: {}", goal.what));
        let missed: Vec<_> = missed.collect();
        format!(
            "{} of {all} goals met; missed: {}.",
            met.len(),
            missed.join(", ")
        )
    }

    /// The page of curves.
    pub(crate) fn page(&self) -> anyhow::Result<String> {
        Curve::page(&self.curves, &self.about.caption())
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
