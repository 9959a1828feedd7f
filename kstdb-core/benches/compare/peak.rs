//! The peak of memory of one stream, in a process that does nothing else.

use std::path::Path;

use anyhow::{Context as _, ensure};
use futures_util::TryStreamExt as _;

use crate::data::{Record, SELECT_ALL};
use crate::peers::{self, Key};

/// Streams a file and prints by how many KiB memory grew at its peak.
pub(crate) async fn print(path: &Path) -> anyhow::Result<()> {
    let db = peers::kstdb(path, Key::Raw, 1).await?;
    let _: i64 = db
        .fetch_value("SELECT count(*) FROM bench WHERE id < 0", ())
        .await?;
    let before = status("VmRSS:")?;
    let mut rows = db.fetch::<Record>(SELECT_ALL, ());
    while rows.try_next().await?.is_some() {}
    drop(rows);
    let peak = status("VmHWM:")?;
    println!("{}", peak.saturating_sub(before));
    Ok(db.close().await?)
}

/// Runs [`print`] in a new process: how many MiB it took above its start. Known on Linux only.
pub(crate) fn in_a_process_of_its_own(path: &Path) -> anyhow::Result<Option<f64>> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let output = std::process::Command::new(std::env::current_exe()?)
        .arg("--stream-peak")
        .arg(path)
        .output()?;
    ensure!(output.status.success(), "the process that streams failed");
    let kib: u32 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(Some(f64::from(kib) / 1024.0))
}

/// A line of `/proc/self/status`, in KiB.
fn status(name: &str) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("the kernel does not say")?.parse()?)
}
