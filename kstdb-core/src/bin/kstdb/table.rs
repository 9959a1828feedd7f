//! Rows for the eyes: aligned on a terminal, separated by tabs elsewhere.

use std::io::{self, Write};

/// Rows that are looked at together to make columns as wide as their values.
const ROWS_ALIGNED_TOGETHER: usize = 500;
/// A column that one long value does not push off the screen.
const MAX_WIDTH: usize = 60;

/// Prints rows as they come.
pub(crate) struct Printer {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    widths: Vec<usize>,
    aligned: bool,
    header_printed: bool,
}

impl Printer {
    pub(crate) fn new(header: Vec<String>, aligned: bool) -> Self {
        Self {
            widths: vec![0; header.len()],
            rows: Vec::new(),
            aligned,
            header,
            header_printed: false,
        }
    }

    /// Takes a row, and prints what has come together.
    pub(crate) fn row(&mut self, row: Vec<String>, out: &mut impl Write) -> io::Result<()> {
        self.rows.push(row);
        if !self.aligned || self.rows.len() == ROWS_ALIGNED_TOGETHER {
            self.print(out)?;
        }
        Ok(())
    }

    /// Prints the rows that are left; the header comes also without any.
    pub(crate) fn finish(mut self, out: &mut impl Write) -> io::Result<()> {
        self.print(out)
    }

    fn print(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut rows = std::mem::take(&mut self.rows);
        if !self.header_printed {
            self.header_printed = true;
            rows.insert(0, self.header.clone());
            if self.aligned {
                for row in &rows {
                    self.widen(row);
                }
                let rule = self.widths.iter().map(|width| "-".repeat(*width)).collect();
                rows.insert(1, rule);
            }
        }
        for row in &rows {
            self.widen(row);
        }
        for row in &rows {
            self.line(row, out)?;
        }
        Ok(())
    }

    fn widen(&mut self, row: &[String]) {
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count().min(MAX_WIDTH));
        }
    }

    fn line(&self, row: &[String], out: &mut impl Write) -> io::Result<()> {
        if !self.aligned {
            return writeln!(out, "{}", row.join("\t"));
        }
        let cells = row.iter().zip(&self.widths);
        let cells: Vec<String> = cells
            .map(|(cell, &width)| format!("{cell:<width$}"))
            .collect();
        writeln!(out, "{}", cells.join("  ").trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(aligned: bool) -> io::Result<String> {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let mut out = Vec::new();
        let mut printer = Printer::new(row(["id", "name"]), aligned);
        printer.row(row(["1", "Ad\u{e9}le"]), &mut out)?;
        printer.row(row(["1000", "B"]), &mut out)?;
        printer.finish(&mut out)?;
        String::from_utf8(out).map_err(io::Error::other)
    }

    #[test]
    fn columns_are_aligned_for_the_eyes() -> io::Result<()> {
        assert_eq!(
            printed(true)?,
            "id    name\n----  -----\n1     Ad\u{e9}le\n1000  B\n"
        );
        Ok(())
    }

    #[test]
    fn columns_are_separated_by_tabs_for_programs() -> io::Result<()> {
        assert_eq!(printed(false)?, "id\tname\n1\tAd\u{e9}le\n1000\tB\n");
        Ok(())
    }
}
