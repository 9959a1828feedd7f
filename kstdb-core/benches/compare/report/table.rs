//! The table on the screen.

use super::Report;
use crate::row::{Peer, Row};

impl Report {
    /// One line for each row, one for each goal, and the notes.
    pub(crate) fn table(&self) -> String {
        let notes = self.rows.iter().flat_map(|row| {
            row.notes
                .iter()
                .map(move |note| format!("{}: {note}", row.id))
        });
        let notes: Vec<String> = notes.collect();
        format!(
            "{}\n\n{}\n{}\n{}\n{}",
            self.about.sentence(),
            aligned(&self.figures()),
            aligned(&self.goals()),
            notes.join("\n"),
            self.verdict(),
        )
    }

    /// Figures, and ratios with the spread of the rounds, below the names of the columns.
    pub(super) fn figures(&self) -> Vec<Vec<String>> {
        let peers = self.peers();
        let mut lines = vec![vec!["row".to_owned(), "unit".to_owned()]];
        lines[0].extend(peers.iter().map(|(_, name)| (*name).to_owned()));
        lines[0].extend(["x sqlx", "rounds", "x limit"].map(str::to_owned));
        for row in &self.rows {
            let mut line = vec![row.id.to_owned(), row.unit.name().to_owned()];
            line.extend(peers.iter().map(|(peer, _)| figure(row.figure(*peer))));
            let limit = row.limit().and_then(|peer| row.ratio(peer));
            line.extend([ratio(row.ratio(Peer::Sqlx)), spread(row), ratio(limit)]);
            lines.push(line);
        }
        lines
    }

    /// Every goal with its verdict, below the names of the columns.
    pub(super) fn goals(&self) -> Vec<Vec<String>> {
        let mut lines = vec![
            ["row", "measured", "", "goal", ""]
                .map(str::to_owned)
                .to_vec(),
        ];
        for row in &self.rows {
            for goal in row.judged() {
                lines.push(vec![
                    row.id.to_owned(),
                    goal.what.to_owned(),
                    figure(Some(goal.measured)),
                    goal.wanted.to_string(),
                    goal.verdict().to_owned(),
                ]);
            }
        }
        lines
    }
}

fn figure(figure: Option<f64>) -> String {
    match figure {
        None => "-".to_owned(),
        Some(figure) if figure < 10.0 => format!("{figure:.2}"),
        Some(figure) if figure < 1_000.0 => format!("{figure:.1}"),
        Some(figure) if figure < 1_000_000.0 => format!("{:.1} k", figure / 1e3),
        Some(figure) => format!("{:.2} M", figure / 1e6),
    }
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
}

fn spread(row: &Row) -> String {
    row.spread(Peer::Sqlx).map_or_else(
        || "-".to_owned(),
        |(least, most)| format!("{least:.1}..{most:.1}"),
    )
}

/// Pads every column to its widest cell; numbers end at the same place.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut table = String::new();
    for line in lines {
        for (index, (cell, width)) in line.iter().zip(&widths).enumerate() {
            if index == 0 {
                table += &format!("{cell:<width$}");
            } else {
                table += &format!("  {cell:>width$}");
            }
        }
        table.push('\n');
    }
    table
}
