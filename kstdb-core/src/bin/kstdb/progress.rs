//! Progress of long verbs: a bar on a terminal, JSON lines on stderr with `--json`; and their end
//! by a signal.

use std::io::IsTerminal as _;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kstdb_core::maintenance::{Progress, Step};
use serde::Serialize;

use crate::error::CliError;
use crate::{output, signals};

/// The pause between two lines of JSON; the end of a step is always told.
const PAUSE: Duration = Duration::from_millis(200);

const BAR: &str = "{msg:8} [{bar:40}] {pos}/{len} ({eta})";

/// What shows the progress of a verb. Clones share the bar.
#[derive(Clone)]
pub(crate) struct Meter {
    show: Show,
    stopped: Arc<AtomicBool>,
}

#[derive(Clone)]
enum Show {
    Bar(ProgressBar),
    Lines(Arc<Mutex<Option<(Step, Instant)>>>),
    Nothing,
}

/// One line of JSON.
#[derive(Serialize)]
struct Line {
    progress: &'static str,
    unit: &'static str,
    done: u64,
    total: u64,
}

impl Meter {
    /// Shows a bar if somebody watches, JSON lines for a program, and nothing else.
    pub(crate) fn new(json: bool) -> Self {
        let show = if json {
            Show::Lines(Arc::default())
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(BAR) {
                bar.set_style(style.progress_chars("=> "));
            }
            Show::Bar(bar)
        } else {
            Show::Nothing
        };
        Self {
            show,
            stopped: Arc::default(),
        }
    }

    /// What a maintenance call tells; it is told to stop after a signal.
    pub(crate) fn listener(
        &self,
    ) -> impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static + use<> {
        let meter = self.clone();
        move |progress| {
            meter.show(progress);
            if meter.stopped.load(Ordering::Acquire) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        }
    }

    /// Waits for the work of a verb. Ctrl-C, SIGTERM and SIGHUP ask the work to stop, and wait until
    /// it has tidied up: what is stored is whole, as it was before or as it was to be.
    pub(crate) async fn watch<T>(
        &self,
        work: impl Future<Output = Result<T, CliError>>,
    ) -> Result<T, CliError> {
        let mut work = std::pin::pin!(work);
        let done = tokio::select! {
            biased;
            done = &mut work => done,
            asked = signals::asked_to_stop() => {
                if asked.is_ok() {
                    self.stopped.store(true, Ordering::Release);
                }
                work.await
            }
        };
        if let Show::Bar(bar) = &self.show {
            bar.finish_and_clear();
        }
        done
    }

    fn show(&self, progress: Progress) {
        match &self.show {
            Show::Bar(bar) => {
                bar.set_message(progress.step.as_str());
                bar.set_length(progress.total);
                bar.set_position(progress.done);
            }
            Show::Lines(last) => print(progress, last),
            Show::Nothing => {}
        }
    }
}

/// Prints a line of JSON, unless there was one a moment ago.
fn print(progress: Progress, last: &Mutex<Option<(Step, Instant)>>) {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let is_end = progress.done == progress.total;
    match *last {
        Some((step, when)) if step == progress.step && !is_end && when.elapsed() < PAUSE => return,
        _ => *last = Some((progress.step, Instant::now())),
    }
    let line = Line {
        progress: progress.step.as_str(),
        unit: progress.step.unit().as_str(),
        done: progress.done,
        total: progress.total,
    };
    if let Ok(line) = serde_json::to_string(&line) {
        output::stderr(&line);
    }
}
