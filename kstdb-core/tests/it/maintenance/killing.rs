//! Processes that are killed in the middle of their work: how they are started, when they are
//! killed, and what they leave.

use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::support::{LIMIT, TestResult};

pub(super) const SEED_VARIABLE: &str = "KSTDB_CORE_TEST_SEED";

/// What a worker says when it begins and when it has done its work, each on a line of its own.
pub(super) const BEGUN: &str = "the work begins";
pub(super) const DONE: &str = "the work is done";

/// How many workers of each kind are killed at work: `cargo xtask ci` says 200, once.
const KILLS_VARIABLE: &str = "KSTDB_CORE_TEST_KILLS";
const USUAL_KILLS: u32 = 30;

/// A process at work.
pub(super) struct Worker {
    process: Child,
    output: BufReader<ChildStdout>,
    begun: Instant,
}

/// How a worker ended.
pub(super) struct Ended {
    /// It was killed before it had done its work.
    pub(super) at_work: bool,
    /// How long it lived after it had begun.
    pub(super) took: Duration,
    /// What it said in whole lines after it had begun.
    pub(super) said: String,
}

impl Worker {
    /// Starts a worker and waits until it begins.
    pub(super) fn start(command: &mut Command) -> TestResult<Self> {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        while !line.trim_end().ends_with(BEGUN) {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                return Err("the worker did not begin".into());
            }
        }
        Ok(Self {
            process,
            output,
            begun: Instant::now(),
        })
    }

    /// Kills the worker as soon as `now` says so, given how long it has been at work. Without being
    /// killed it must have done its work.
    pub(super) fn kill(mut self, mut now: impl FnMut(Duration) -> bool) -> TestResult<Ended> {
        while !now(self.begun.elapsed()) && self.process.try_wait()?.is_none() {
            if self.begun.elapsed() > LIMIT {
                return Err("the worker does not end".into());
            }
            std::thread::yield_now();
        }
        self.process.kill()?;
        self.end()
    }

    /// Waits until the worker has ended by itself.
    pub(super) fn end(mut self) -> TestResult<Ended> {
        let mut said = String::new();
        self.output.read_to_string(&mut said)?;
        let status = self.process.wait()?;
        let took = self.begun.elapsed();
        // A line that was cut says nothing.
        let whole = said.rfind('\n').map_or(0, |end| end + 1);
        said.truncate(whole);
        let is_done = said.lines().any(|line| line == DONE);
        match status.signal() {
            Some(9) => {}
            None if status.success() && is_done => {}
            _ => return Err(format!("the worker: {status} after {took:?}").into()),
        }
        Ok(Ended {
            at_work: !is_done,
            took,
            said,
        })
    }
}

/// Random moments that follow the work, as long as that takes.
///
/// It changes: the machine is busy or not, the database grows. Moments that were measured once could
/// all come before the end of the work, or mostly after it.
pub(super) struct Moments {
    random: Rng,
    seed: u64,
    duration: Duration,
    kills: u32,
    attempts: u32,
    at_work: u32,
}

impl Moments {
    /// Moments for work that took so long when nobody killed it.
    pub(super) fn new(duration: Duration) -> TestResult<Self> {
        let seed = given(SEED_VARIABLE)?.unwrap_or_else(|| fastrand::u64(..));
        Ok(Self {
            random: Rng::with_seed(seed),
            seed,
            duration,
            kills: given(KILLS_VARIABLE)?.unwrap_or(USUAL_KILLS),
            attempts: 0,
            at_work: 0,
        })
    }

    /// The next moment, as long as more workers are to be killed at work: from the beginning of the
    /// work to a little after its end.
    pub(super) fn next(&mut self) -> TestResult<Option<Duration>> {
        if self.at_work == self.kills {
            return Ok(None);
        }
        if self.attempts == 3 * self.kills {
            return Err(
                format!("the moments were not where the work is: {}", self.counts()).into(),
            );
        }
        self.attempts += 1;
        let micros = u64::try_from(self.duration.as_micros())?;
        let delay = self.random.u64(..=micros + micros / 10);
        Ok(Some(Duration::from_micros(delay)))
    }

    /// Learns how long the work takes from a worker that was to be killed after `delay`.
    pub(super) fn learn(&mut self, delay: Duration, ended: &Ended) {
        if !ended.at_work {
            self.duration = ended.took;
        } else if delay > self.duration {
            self.duration = delay + delay / 4;
        }
        self.at_work += u32::from(ended.at_work);
    }

    pub(super) fn flip(&mut self) -> bool {
        self.random.bool()
    }

    /// Which worker this is, in words that find it again.
    pub(super) fn name(&self, work: &str) -> String {
        format!(
            "{work}, {SEED_VARIABLE}={}, worker {}",
            self.seed, self.attempts
        )
    }

    pub(super) fn counts(&self) -> String {
        format!(
            "{} workers of {:?}, {} killed at work",
            self.attempts, self.duration, self.at_work
        )
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a failure is replayed with its seed, and the torture programme kills more"
)]
fn given<T: FromStr<Err: Error + Send + Sync + 'static>>(variable: &str) -> TestResult<Option<T>> {
    match std::env::var(variable) {
        Ok(given) => Ok(Some(given.parse()?)),
        Err(_) => Ok(None),
    }
}

/// Every file of a directory with its bytes.
pub(super) fn contents(dir: &Path) -> TestResult<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        files.push((path, bytes));
    }
    Ok(files)
}

/// Fails if the text is in a file of the directory that `counts`.
pub(super) fn nothing_in_clear(
    dir: &Path,
    text: &str,
    counts: impl Fn(&Path) -> bool,
) -> TestResult {
    for (path, bytes) in contents(dir)? {
        let mut windows = bytes.windows(text.len());
        if counts(&path) && windows.any(|window| window == text.as_bytes()) {
            return Err(format!("in clear: {}", path.display()).into());
        }
    }
    Ok(())
}
