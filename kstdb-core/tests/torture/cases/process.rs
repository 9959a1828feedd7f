//! A child process, what it has acknowledged, and its end.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail, ensure};
use clap::ValueEnum as _;

use super::Role;

/// A child that acknowledges with a line for each commit.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    acked: Arc<Acked>,
    reader: JoinHandle<()>,
}

/// The lines so far.
#[derive(Debug, Default)]
pub(crate) struct Acked {
    pub(crate) count: AtomicU64,
    pub(crate) highest: AtomicU64,
}

/// When the child is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// So long after it was started.
    After(Duration),
    /// So long after it has acknowledged so many.
    Acknowledged(u64, Duration),
}

impl Moment {
    /// While it starts, recovers and opens, or in the middle of its work.
    pub(crate) fn choose(rng: &mut fastrand::Rng) -> Self {
        let soon = Duration::from_micros(rng.u64(..3_000));
        if rng.u8(..3) == 0 {
            Self::After(Duration::from_micros(rng.u64(..40_000)))
        } else {
            Self::Acknowledged(rng.u64(1..60), soon)
        }
    }
}

impl Process {
    /// Starts this program again, in another role.
    pub(crate) fn start(role: Role, database: &Path, seed: u64) -> anyhow::Result<Self> {
        let (child, stdout) = spawn(role, database, seed)?;
        let acked = Arc::new(Acked::default());
        let reader = std::thread::spawn({
            let acked = Arc::clone(&acked);
            move || {
                for number in numbers(stdout) {
                    acked.highest.fetch_max(number, Ordering::AcqRel);
                    acked.count.fetch_add(1, Ordering::AcqRel);
                }
            }
        });
        Ok(Self {
            child,
            acked,
            reader,
        })
    }

    /// Kills the child at its moment and returns what it has acknowledged: all that it had written
    /// to the pipe, read or not.
    pub(crate) fn kill(mut self, moment: Moment) -> anyhow::Result<Arc<Acked>> {
        const PATIENCE: Duration = Duration::from_secs(20);
        let began = Instant::now();
        let (enough, pause) = match moment {
            Moment::After(pause) => (0, pause),
            Moment::Acknowledged(enough, pause) => (enough, pause),
        };
        while self.acked.count.load(Ordering::Acquire) < enough {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the child ended by itself: {status}");
                break;
            }
            ensure!(began.elapsed() < PATIENCE, "the child hangs");
            std::thread::yield_now();
        }
        std::thread::park_timeout(pause);
        self.child.kill().context("cannot kill the child")?;
        let status = self.child.wait()?;
        // It was killed, or had done its work: any other end is a failure of its own.
        let killed = status.signal() == Some(libc::SIGKILL);
        ensure!(
            killed || status.success(),
            "the child ended by itself: {status}"
        );
        self.reader
            .join()
            .map_err(|_| anyhow!("the reader panicked"))?;
        Ok(self.acked)
    }
}

/// Runs a child until it ends by itself. Returns how, and the last number that it told.
pub(crate) fn run(
    role: Role,
    database: &Path,
    seed: u64,
    limit: Duration,
) -> anyhow::Result<(ExitStatus, Option<u64>)> {
    let (mut child, stdout) = spawn(role, database, seed)?;
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if began.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("the process does not end within {limit:?}");
        }
        std::thread::park_timeout(Duration::from_millis(2));
    };
    Ok((status, numbers(stdout).last()))
}

/// Tells the parent a number: one write, which a pipe takes whole.
pub(crate) fn tell(number: u64) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("{number}\n").as_bytes())?;
    stdout.flush()
}

fn spawn(role: Role, database: &Path, seed: u64) -> anyhow::Result<(Child, ChildStdout)> {
    let name = role.to_possible_value().context("a role has a name")?;
    let trace = crate::logs::are_told().then_some("--trace");
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--child", name.get_name(), "--seed", &seed.to_string()])
        .args(trace)
        .arg("--database")
        .arg(database)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start a child")?;
    let stdout = child.stdout.take().context("no pipe")?;
    Ok((child, stdout))
}

fn numbers(stdout: ChildStdout) -> impl Iterator<Item = u64> {
    let lines = BufReader::new(stdout).lines().map_while(Result::ok);
    lines.map_while(|line| line.parse().ok())
}
