//! A batch of cases: side by side, and none of them for longer than its limit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Tally, Test, panics};

/// How often the watch looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A case that has ended, or hangs.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) seed: u64,
    pub(super) took: Duration,
    /// What was counted, or what must never happen.
    pub(super) done: Result<Tally, String>,
}

/// How a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    AllDone,
    /// A case hangs, and with it this process.
    Hangs,
}

enum Event {
    Began { worker: usize, seed: u64 },
    Ended { worker: usize, case: Case },
}

/// Runs the cases of these seeds and shows each as soon as it has ended.
///
/// A case that hangs keeps its thread: the caller is told at once and ends the process.
pub(super) fn run(
    test: &'static Test,
    seeds: Vec<u64>,
    mut show: impl FnMut(Case) -> anyhow::Result<()>,
) -> anyhow::Result<End> {
    let queue = Arc::new(Queue {
        seeds,
        next: AtomicUsize::new(0),
    });
    let (events, inbox) = mpsc::channel();
    for worker in 0..test.side_by_side {
        let (queue, events) = (Arc::clone(&queue), events.clone());
        std::thread::spawn(move || work(test, worker, &queue, &events));
    }
    drop(events);
    let mut running: Vec<Option<(u64, Instant)>> = vec![None; test.side_by_side];
    loop {
        match inbox.recv_timeout(LOOK_EVERY) {
            Ok(Event::Began { worker, seed }) => running[worker] = Some((seed, Instant::now())),
            Ok(Event::Ended { worker, case }) => {
                running[worker] = None;
                show(case)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(End::AllDone),
        }
        let overdue = running
            .iter()
            .flatten()
            .find(|(_, began)| began.elapsed() > test.limit);
        if let Some((seed, began)) = overdue {
            show(Case {
                seed: *seed,
                took: began.elapsed(),
                done: Err(format!("hangs: no end after {:?}", test.limit)),
            })?;
            return Ok(End::Hangs);
        }
    }
}

struct Queue {
    seeds: Vec<u64>,
    next: AtomicUsize,
}

fn work(test: &Test, worker: usize, queue: &Queue, events: &Sender<Event>) {
    while let Some(&seed) = queue.seeds.get(queue.next.fetch_add(1, Ordering::AcqRel)) {
        if events.send(Event::Began { worker, seed }).is_err() {
            return;
        }
        let began = Instant::now();
        let done = one(test, seed);
        let took = began.elapsed();
        let case = Case { seed, took, done };
        if events.send(Event::Ended { worker, case }).is_err() {
            return;
        }
    }
}

fn one(test: &Test, seed: u64) -> Result<Tally, String> {
    // One at a time takes the panics, so that each is reported once.
    static TAKING: Mutex<()> = Mutex::new(());
    let done = catch_unwind(AssertUnwindSafe(|| (test.run)(seed)));
    let taking = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let panics = panics::take();
    drop(taking);
    match done {
        Ok(done) if panics.is_empty() => done.map_err(|error| told(&error)),
        // Of this case, or of one that runs beside it.
        _ => Err(format!("panicked: {}", panics.join("; "))),
    }
}

/// The text of a violation, which must be fit to be told itself.
fn told(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    match crate::support::canary::clean(&format!("{text} {error:?}")) {
        Ok(()) => text,
        Err(secret) => format!("{secret:#}, in: {text}"),
    }
}
