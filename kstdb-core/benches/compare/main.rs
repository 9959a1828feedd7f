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
mod kstlib;
mod peak;
mod peers;
mod report;
mod row;
mod rows;
mod scale;
mod tasks;

use anyhow::Context as _;
use clap::Parser as _;

use flags::Flags;
use report::Report;
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
    let mut report = Report::new(&scale);
    for kind in rows::Kind::ALL {
        if !flags.wants(kind.id()) {
            continue;
        }
        for row in kind.measure(dir.path(), &scale).await? {
            eprintln!("{}", row.progress());
            report.add(row);
        }
    }
    if let Some(python) = &flags.kstlib {
        kstlib::measure(python, dir.path(), &scale, &mut report)?;
    }
    if let Some(path) = &flags.curves {
        let curves = curves::measure(dir.path(), &scale).await?;
        for curve in &curves {
            eprintln!("{}", curve.progress());
        }
        std::fs::write(path, curves::Curve::page(&curves)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        report.curves = curves;
    }
    println!("{}", report.table());
    if let Some(path) = &flags.json {
        std::fs::write(path, report.json()?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(path) = &flags.svg {
        std::fs::write(path, report.chart())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
