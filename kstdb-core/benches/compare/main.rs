//! kstdb beside its peers: the same work in one process, on the same SQLCipher, round by round.
//!
//! `cargo xtask bench` builds SQLCipher and runs this; see `benches/README.md`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints what it measured"
)]

mod capi;
mod curves;
mod data;
mod flags;
mod goal;
mod kstlib;
mod peak;
mod peers;
mod profile;
mod report;
mod row;
mod rows;
mod scale;
#[cfg(feature = "sops")]
mod sops;
mod tasks;

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Parser as _;

use flags::Flags;
use report::{About, Report};
use scale::Scale;

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    // What a service has: a runtime with a thread for each core.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // In a task: the main thread is none of the runtime's own, and each wake-up of it costs more.
    runtime.block_on(async move { tokio::spawn(run(flags)).await? })
}

async fn run(flags: Flags) -> anyhow::Result<()> {
    if let Some(path) = &flags.stream_peak {
        return peak::print(path).await;
    }
    let scale = Scale::new(&flags);
    let dir = tempfile::Builder::new()
        .prefix("kstdb-bench-")
        .tempdir_in(flags.dir.clone().unwrap_or_else(std::env::temp_dir))
        .context("cannot create a directory for the databases")?;
    if let Some(work) = flags.profile {
        return profile::run(work, flags.peer, flags.times, dir.path(), &scale).await;
    }
    let mut report = Report::new(About::new(&scale)?);
    for kind in rows::Kind::ALL {
        if !flags.wants(kind.id()) {
            continue;
        }
        for row in kind.measure(dir.path(), &scale).await? {
            eprintln!("{}", row.progress());
            report.add(row);
        }
    }
    #[cfg(feature = "sops")]
    if flags.wants("sops_key") {
        report.add(sops::measure(flags.sops.clone(), &scale)?);
    }
    if let Some(python) = &flags.kstlib {
        kstlib::measure(python, dir.path(), &scale, &mut report)?;
    }
    if flags.page().is_some() {
        report.curves = curves::measure(dir.path(), &scale).await?;
        for curve in &report.curves {
            eprintln!("{}", curve.progress());
        }
    }
    write(&report, &flags)?;
    ensure!(
        report.errors() == 0,
        "{} calls of kstdb's failed",
        report.errors()
    );
    Ok(())
}

/// Says what was measured, everywhere that it is wanted.
fn write(report: &Report, flags: &Flags) -> anyhow::Result<()> {
    println!("{}", report.table());
    let write = |path: PathBuf, text: String| {
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    if let Some(path) = flags.json.clone() {
        write(path, report.json()?)?;
    }
    if let Some(path) = flags.chart() {
        write(path, report.chart())?;
    }
    if let Some(path) = flags.page() {
        write(path, report.page()?)?;
    }
    if let Some(path) = flags.readme() {
        report.record(&path)?;
    }
    Ok(())
}
