//! The recorded run: the section of `benches/README.md` that no hand writes.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;

use super::Report;

/// Where the section begins and ends.
const BEGIN: &str = "<!-- recorded: `cargo xtask bench --record` writes this section -->\n";
const END: &str = "<!-- end of the recorded run -->\n";

impl Report {
    /// Writes figures and verdicts into the README in the place of the last ones.
    pub(crate) fn record(&self, readme: &Path) -> anyhow::Result<()> {
        let name = readme.display();
        let text =
            std::fs::read_to_string(readme).with_context(|| format!("cannot read {name}"))?;
        let section = text.split_once(BEGIN).and_then(|(before, rest)| {
            let (_, after) = rest.split_once(END)?;
            Some(format!("{before}{BEGIN}{}{END}{after}", self.section()))
        });
        let text = section.with_context(|| format!("{name} has no place for a recorded run"))?;
        std::fs::write(readme, text).with_context(|| format!("cannot write {name}"))
    }

    fn section(&self) -> String {
        let mut text = format!("\n{}.\n\n**{}**\n\n", self.about.sentence(), self.verdict());
        table(&mut text, &self.figures());
        text.push('\n');
        table(&mut text, &self.goals());
        text.push('\n');
        for row in &self.rows {
            for note in &row.notes {
                let _ = writeln!(text, "- `{}`: {note}", row.id);
            }
        }
        text.push('\n');
        text
    }
}

/// A table of Markdown, the first line of which is its head.
fn table(text: &mut String, lines: &[Vec<String>]) {
    for (index, line) in lines.iter().enumerate() {
        let _ = writeln!(text, "| {} |", line.join(" | "));
        if index == 0 {
            let _ = writeln!(text, "|{}", "---|".repeat(line.len()));
        }
    }
}
