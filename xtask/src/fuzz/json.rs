//! The lines of `--json`, and the targets that an earlier run has done.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::TEST;
use super::log::Outcome;
use super::plan::Plan;

/// Opens the file as the programme would have left it.
pub(super) fn open(plan: &Plan) -> anyhow::Result<Option<File>> {
    let Some(path) = &plan.json else {
        return Ok(None);
    };
    let append = !plan.alone || plan.resumes();
    let mut options = OpenOptions::new();
    options
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append);
    let file = options.open(path);
    file.map(Some)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The targets that need not be run again.
pub(super) fn done(plan: &Plan) -> Vec<Outcome> {
    match &plan.json {
        Some(path) if plan.resumes() => read(path),
        _ => Vec::new(),
    }
}

fn read(path: &Path) -> Vec<Outcome> {
    let text = fs::read_to_string(path).unwrap_or_default();
    // A line that could not be finished is none.
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines.filter_map(|line| outcome(&line)).collect()
}

/// The line of a target.
pub(super) fn write(file: &mut File, outcome: &Outcome) -> anyhow::Result<()> {
    let violation = outcome
        .violation
        .as_ref()
        .map(|violation| json!({"what": violation.what, "input": violation.input}));
    let line = json!({
        "test": TEST,
        "target": outcome.target,
        "cases": outcome.executions,
        "violations": outcome.violations(),
        "violation": violation,
        "seconds": outcome.took.as_secs_f64(),
        "counts": {
            "edges": outcome.edges,
            "features": outcome.features,
            "inputs kept": outcome.inputs,
        },
    });
    writeln!(file, "{line}").context("cannot write a line")
}

/// What a line says of a target without violations.
fn outcome(line: &Value) -> Option<Outcome> {
    if line["test"] != TEST || line["violations"] != 0 {
        return None;
    }
    let count = |name: &str| line["counts"][name].as_u64().unwrap_or(0);
    Some(Outcome {
        target: line["target"].as_str()?.to_owned(),
        executions: line["cases"].as_u64()?,
        took: Duration::try_from_secs_f64(line["seconds"].as_f64()?).ok()?,
        edges: count("edges"),
        features: count("features"),
        inputs: count("inputs kept"),
        violation: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::log::Violation;
    use super::*;

    #[test]
    fn a_long_run_goes_on_behind_the_targets_that_are_done() -> anyhow::Result<()> {
        let dir = xshell::Shell::new()?.create_temp_dir()?;
        let mut plan = Plan {
            long: true,
            seed: None,
            cases: None,
            json: Some(dir.path().join("t.json")),
            alone: true,
        };
        let sound = Outcome {
            target: "pages".to_owned(),
            executions: 7,
            took: Duration::from_secs(2),
            ..Outcome::default()
        };
        let violated = Outcome {
            target: "key_text".to_owned(),
            violation: Some(Violation {
                what: "x".to_owned(),
                input: None,
            }),
            ..sound.clone()
        };
        for outcome in [&sound, &violated] {
            let mut file = open(&plan)?.context("no file")?;
            write(&mut file, outcome)?;
        }
        assert_eq!(done(&plan), [sound]);
        plan.long = false;
        assert_eq!(done(&plan), []);
        open(&plan)?;
        plan.long = true;
        assert_eq!(done(&plan), []);
        Ok(())
    }
}
