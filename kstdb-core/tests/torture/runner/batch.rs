//! A batch of cases: side by side, and none of them for longer than its limit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Tally, Test, panics};

/// How often the watch looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Something that must never happen.
#[derive(Clone, Debug)]
pub(super) struct Violation {
    pub(super) seed: u64,
    pub(super) what: String,
}

/// What came of a batch.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) cases: usize,
    pub(super) tally: Tally,
    pub(super) violations: Vec<Violation>,
    /// A case hangs, and with it this process.
    pub(super) hangs: bool,
}

enum Event {
    Began {
        worker: usize,
        seed: u64,
    },
    Ended {
        worker: usize,
        seed: u64,
        done: anyhow::Result<Tally>,
    },
}

/// Runs the cases of these seeds.
///
/// A case that hangs keeps its thread: the caller is told at once and ends the process.
pub(super) fn run(test: &'static Test, seeds: Vec<u64>) -> Outcome {
    let queue = std::sync::Arc::new(Queue {
        seeds,
        next: AtomicUsize::new(0),
    });
    let (events, inbox) = mpsc::channel();
    for worker in 0..test.side_by_side {
        let (queue, events) = (std::sync::Arc::clone(&queue), events.clone());
        std::thread::spawn(move || work(test, worker, &queue, &events));
    }
    drop(events);
    let mut outcome = Outcome::default();
    let mut running: Vec<Option<(u64, Instant)>> = vec![None; test.side_by_side];
    loop {
        match inbox.recv_timeout(LOOK_EVERY) {
            Ok(Event::Began { worker, seed }) => running[worker] = Some((seed, Instant::now())),
            Ok(Event::Ended { worker, seed, done }) => {
                running[worker] = None;
                outcome.add(seed, done);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return outcome,
        }
        let overdue = running
            .iter()
            .flatten()
            .find(|(_, began)| began.elapsed() > test.limit);
        if let Some((seed, _)) = overdue {
            let what = format!("hangs: no end after {:?}", test.limit);
            outcome.violations.push(Violation { seed: *seed, what });
            outcome.hangs = true;
            return outcome;
        }
    }
}

struct Queue {
    seeds: Vec<u64>,
    next: AtomicUsize,
}

fn work(test: &Test, worker: usize, queue: &Queue, events: &Sender<Event>) {
    // One at a time takes the panics, so that each is reported once.
    static TAKING: Mutex<()> = Mutex::new(());
    while let Some(&seed) = queue.seeds.get(queue.next.fetch_add(1, Ordering::AcqRel)) {
        if events.send(Event::Began { worker, seed }).is_err() {
            return;
        }
        let done = catch_unwind(AssertUnwindSafe(|| (test.run)(seed)));
        let taking = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let panics = panics::take();
        drop(taking);
        let done = match done {
            Ok(done) if panics.is_empty() => done,
            // Of this case, or of one that runs beside it.
            _ => Err(anyhow::anyhow!("panicked: {}", panics.join("; "))),
        };
        if events.send(Event::Ended { worker, seed, done }).is_err() {
            return;
        }
    }
}

impl Outcome {
    fn add(&mut self, seed: u64, done: anyhow::Result<Tally>) {
        self.cases += 1;
        match done {
            Ok(tally) => self.tally.merge(&tally),
            Err(error) => self.violations.push(Violation {
                seed,
                what: format!("{error:#}"),
            }),
        }
    }

    /// Takes another batch of the same test in.
    pub(super) fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.tally.merge(&other.tally);
        self.violations.extend(other.violations);
        self.hangs |= other.hangs;
    }
}
