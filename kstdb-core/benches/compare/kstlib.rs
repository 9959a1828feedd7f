//! Python's kstlib.db: its own benchmark, in its own process, under the ids of this one.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::report::Report;
use crate::row::Peer;
use crate::scale::Scale;

/// Which of kstlib's figures belongs to which row.
const ROWS: [(&str, &str, &str); 8] = [
    ("open10", "a", "seconds"),
    ("point1", "b1", "per_s"),
    ("point16", "b16", "per_s"),
    ("insert_many", "c2", "per_s"),
    ("fetch_all", "f", "per_s"),
    ("write16", "d16", "per_s"),
    ("tx16", "e2", "per_s"),
    ("tx16_async", "e2", "per_s"),
];

/// Runs the script and adds its figures to the rows that were measured.
pub(crate) fn measure(
    python: &Path,
    dir: &Path,
    scale: &Scale,
    report: &mut Report,
) -> anyhow::Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/bench_kstlib.py");
    let json = dir.join("kstlib.json");
    eprintln!("kstlib: running its benchmark");
    let status = Command::new(python)
        .arg(script)
        .args(["--variants", "encrypted", "--scale"])
        .arg(scale.factor.to_string())
        .arg("--json")
        .arg(&json)
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}", python.display()))?;
    ensure!(status.success(), "kstlib's benchmark failed");
    let measured: Value = serde_json::from_str(&std::fs::read_to_string(json)?)?;
    let results = &measured["results"]["encrypted"];
    for (id, name, field) in ROWS {
        let figure = results[name][field]
            .as_f64()
            .with_context(|| format!("kstlib's benchmark has no {name}.{field}"))?;
        let figure = if field == "seconds" {
            figure * 1_000.0
        } else {
            figure
        };
        report.add_figure(id, Peer::Kstlib, figure);
        if let Some(errors @ 1..) = results[name]["errors"].as_i64() {
            report.note(id, format!("kstlib: {errors} failed"));
        }
    }
    Ok(())
}
