//! `sops_key`: a key out of a SOPS file for an age recipient, read here and by the sops program.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kstdb_core::cipher::SopsReader;
use kstdb_core::{KeySource as _, SopsSource};

use crate::goal::{Bound, Goal};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;

/// As the program has written it.
const FILE: &str = "generated/age_basic.yaml";
const IDENTITY: &str = "keys/age-id1.txt";
const MOST_MILLISECONDS: f64 = 1.0;

/// Measures it; without a program in PATH there is nothing beside it.
pub(crate) fn measure(program: Option<PathBuf>, scale: &Scale) -> anyhow::Result<Row> {
    let mut row = Row::new("sops_key", Unit::Milliseconds, Goal::default());
    let fixtures =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../kstdb-cipher/tests/fixtures/sops");
    let source = || SopsSource::new(fixtures.join(FILE)).identity(fixtures.join(IDENTITY));
    let native = source().reader(SopsReader::Native);
    let named = program.is_some();
    let program = source()
        .reader(SopsReader::Program)
        .program(program.unwrap_or_else(|| "sops".into()));
    let available = match program.resolve() {
        Err(error) if named => return Err(error.into()),
        result => result.is_ok(),
    };
    let mut beside = Vec::new();
    for _ in 0..scale.rounds {
        row.add(Peer::Kstdb, 1, time(&native, scale.sops_files)?);
        if available {
            beside.push(time(&program, 1)?);
        }
    }
    if let Some(figure) = row.figure(Peer::Kstdb) {
        row.check("ms", figure, Bound::Below(MOST_MILLISECONDS));
    }
    beside.sort();
    row.notes.push(match beside.get(beside.len() / 2) {
        Some(median) => format!("the sops program: {:.1} ms", median.as_secs_f64() * 1e3),
        None => "the sops program is not here".to_owned(),
    });
    Ok(row)
}

/// How long one of so many takes.
fn time(source: &SopsSource, count: u32) -> anyhow::Result<Duration> {
    let start = Instant::now();
    for _ in 0..count {
        source.resolve()?;
    }
    Ok(start.elapsed() / count)
}
