//! One curve: the same work at several sizes.

use serde_json::{Value, json};

use crate::goal::Goal;
use crate::row::{Peer, Row, Unit};

/// How the speed of one work changes along one axis.
#[derive(Debug)]
pub(crate) struct Curve {
    pub(crate) title: &'static str,
    /// What the axis counts.
    pub(crate) along: &'static str,
    pub(crate) unit: Unit,
    /// What bounds it: the figures of the profiles are in `benches/README.md`.
    pub(crate) limited_by: &'static str,
    /// The places on the axis, rising, with what was measured there.
    pub(crate) points: Vec<(u32, Row)>,
}

impl Curve {
    pub(crate) fn new(
        title: &'static str,
        along: &'static str,
        unit: Unit,
        limited_by: &'static str,
    ) -> Self {
        Self {
            title,
            along,
            unit,
            limited_by,
            points: Vec::new(),
        }
    }

    /// Begins the row of a further place.
    pub(crate) fn at(&mut self, place: u32) -> &mut Row {
        let row = Row::new(self.title, self.unit, Goal::default());
        self.points.push((place, row));
        let last = self.points.len() - 1;
        &mut self.points[last].1
    }

    /// The figures of a peer, with their places.
    pub(crate) fn of(&self, peer: Peer) -> Vec<(u32, f64)> {
        let figure = |(place, row): &(u32, Row)| Some((*place, row.figure(peer)?));
        self.points.iter().filter_map(figure).collect()
    }

    pub(crate) fn json(&self) -> Value {
        let point = |(place, row): &(u32, Row)| {
            json!({
                "at": place,
                "kstdb": row.figure(Peer::Kstdb),
                "sqlx": row.figure(Peer::Sqlx),
                "rusqlite": row.figure(Peer::Rusqlite),
                "errors": row.errors,
            })
        };
        json!({
            "title": self.title,
            "along": self.along,
            "unit": self.unit.name(),
            "limited_by": self.limited_by,
            "points": self.points.iter().map(point).collect::<Vec<_>>(),
        })
    }

    /// One line for whoever waits.
    pub(crate) fn progress(&self) -> String {
        let places = self.of(Peer::Kstdb);
        let places = places
            .iter()
            .map(|(place, figure)| format!("{place}: {figure:.0}"));
        let places: Vec<_> = places.collect();
        let unit = self.unit.name();
        format!(
            "{} along {} ({unit}): {}",
            self.title,
            self.along,
            places.join(", ")
        )
    }
}
