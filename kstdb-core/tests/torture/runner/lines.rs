//! The file of `--json`: a line that says what was run, then one for each case as soon as it has
//! ended. An interrupted long run goes on from there.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::batch::Case;
use super::origin::Origin;
use super::{Level, Tally};

/// Where lines go, and which cases need not be run again.
#[derive(Debug, Default)]
pub(super) struct Lines {
    file: Option<File>,
    /// By the number of the test and the seed. A violation stays one.
    done: HashMap<(u32, u64), Case>,
    seed: Option<u64>,
}

impl Lines {
    /// Opens the file. A long run goes on with the cases and the seed that it finds there; any other
    /// begins anew.
    ///
    /// # Errors
    /// It cannot be read or written, or its cases are those of other sources or another library.
    pub(super) fn open(path: Option<&Path>, level: Level, here: &Origin) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let mut lines = Self::default();
        let mut text = String::new();
        if level == Level::Long && path.exists() {
            text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            lines
                .read(&text, here)
                .with_context(|| format!("cannot go on with {}", path.display()))?;
        }
        let resumes = lines.seed.is_some();
        let mut options = OpenOptions::new();
        options
            .create(true)
            .write(true)
            .append(resumes)
            .truncate(!resumes);
        let file = options.open(path);
        let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
        if resumes && !text.ends_with('\n') {
            // The end of a line that was cut off belongs to nothing.
            writeln!(file)?;
        }
        lines.file = Some(file);
        Ok(lines)
    }

    /// Reads what an interrupted run has done; a line that it could not finish is none.
    fn read(&mut self, text: &str, here: &Origin) -> anyhow::Result<()> {
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            if line["level"] == Level::Long.name() {
                let origin = Origin::of(&line);
                ensure!(origin == *here, "it was made with {origin}, not {here}");
                self.seed = line["run"].as_str().and_then(number);
            }
            if let Some((test, case)) = case(&line)
                && self
                    .done
                    .get(&(test, case.seed))
                    .is_none_or(|before| before.done.is_ok())
            {
                self.done.insert((test, case.seed), case);
            }
        }
        Ok(())
    }

    /// The seed of the run that is continued.
    pub(super) fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// What came of a case that need not be run again.
    pub(super) fn done(&mut self, test: u32, seed: u64) -> Option<Case> {
        self.done.remove(&(test, seed))
    }

    /// The first line of a run that is not continued.
    pub(super) fn head(&mut self, level: Level, seed: u64, here: &Origin) -> anyhow::Result<()> {
        if self.seed.is_some() {
            return Ok(());
        }
        let line = json!({"level": level.name(), "run": format!("{seed:#x}")});
        self.line(&here.in_line(line))
    }

    pub(super) fn case(&mut self, test: u32, case: &Case) -> anyhow::Result<()> {
        let mut line = json!({
            "test": test,
            "seed": format!("{:#x}", case.seed),
            "ok": case.done.is_ok(),
            "ms": u64::try_from(case.took.as_millis())?,
        });
        match &case.done {
            Ok(tally) => line["counts"] = json!(tally.0),
            Err(what) => line["violation"] = json!(what),
        }
        self.line(&line)
    }

    /// A whole run of a test has not counted what it should. It is counted anew by the next run.
    pub(super) fn below_a_floor(&mut self, test: u32, what: &str) -> anyhow::Result<()> {
        self.line(&json!({"test": test, "ok": false, "floor": what}))
    }

    fn line(&mut self, line: &Value) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            writeln!(file, "{line}").context("cannot write a line")?;
        }
        Ok(())
    }
}

/// What a line says of a case, and of which test it is.
fn case(line: &Value) -> Option<(u32, Case)> {
    let test = u32::try_from(line["test"].as_u64()?).ok()?;
    let done = if line["ok"].as_bool()? {
        let counts = line["counts"].as_object()?.iter();
        let counts = counts.map(|(what, count)| (what.clone(), count.as_u64().unwrap_or(0)));
        Ok(Tally(counts.collect::<BTreeMap<_, _>>()))
    } else {
        Err(line["violation"].as_str()?.to_owned())
    };
    let case = Case {
        seed: number(line["seed"].as_str()?)?,
        took: Duration::from_millis(line["ms"].as_u64()?),
        done,
    };
    Some((test, case))
}

fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(seed: u64, done: Result<Tally, String>) -> Case {
        let took = Duration::from_millis(3);
        Case { seed, took, done }
    }

    fn open(path: &Path, level: Level) -> anyhow::Result<Lines> {
        Lines::open(Some(path), level, &Origin::here())
    }

    /// A file as a long run leaves it that was killed in the middle of a line.
    fn interrupted(path: &Path) -> anyhow::Result<()> {
        let mut lines = open(path, Level::Long)?;
        lines.head(Level::Long, 0xabc, &Origin::here())?;
        lines.case(3, &case(7, Ok(Tally::one("struck"))))?;
        lines.case(3, &case(8, Err("lost".to_owned())))?;
        drop(lines);
        let mut text = std::fs::read_to_string(path)?;
        text.push_str("{\"test\":3,\"seed\":\"0x9\",\"ok\":tr");
        Ok(std::fs::write(path, text)?)
    }

    #[test]
    fn an_interrupted_run_goes_on_where_it_was() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("t.json");
        interrupted(&path)?;
        let mut lines = open(&path, Level::Long)?;
        assert_eq!(lines.seed(), Some(0xabc));
        assert!(lines.done(3, 9).is_none(), "half a line is none");
        assert!(lines.done(2, 7).is_none());
        let done = lines.done(3, 7).and_then(|case| case.done.ok());
        assert_eq!(done, Some(Tally::one("struck")));
        // Not half a line and this one in one.
        lines.case(3, &case(9, Ok(Tally::default())))?;
        let mut again = open(&path, Level::Long)?;
        assert!(again.done(3, 9).is_some());
        Ok(())
    }

    #[test]
    fn a_violation_stays_one() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("t.json");
        interrupted(&path)?;
        open(&path, Level::Long)?.case(3, &case(8, Ok(Tally::default())))?;
        let done = open(&path, Level::Long)?.done(3, 8);
        assert!(done.is_some_and(|case| case.done.is_err()));
        Ok(())
    }

    #[test]
    fn cases_of_other_sources_are_refused() -> anyhow::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("t.json");
        interrupted(&path)?;
        let other = Origin::of(&json!({"commit": "another"}));
        assert!(Lines::open(Some(&path), Level::Long, &other).is_err());
        // A short run never goes on with anything.
        assert!(open(&path, Level::Ci)?.seed().is_none());
        Ok(())
    }
}
