//! Volumes: directories whose files are watched, each with its own faults and its own disk.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use super::disk::{Disk, Image, Loss};
use super::fault::{Effect, Faults};
use super::fault::{Fault, FileKind, Op};

/// Every volume of the process. A file belongs to the one whose directory it is in.
static MOUNTED: RwLock<Vec<Weak<State>>> = RwLock::new(Vec::new());

/// A directory whose files are watched until this is dropped. They are never really synced: what a
/// sync means is known to the volume.
#[derive(Debug)]
pub(crate) struct Volume {
    state: Arc<State>,
}

#[derive(Debug)]
pub(super) struct State {
    dir: PathBuf,
    faults: Faults,
    recorder: Mutex<Option<Recording>>,
}

/// When the power is cut, and how.
pub(crate) struct Recorder {
    pub(crate) rng: fastrand::Rng,
    /// After one in so many changes.
    pub(crate) one_in: u64,
    /// Asked before the image is made: what the program promises at that moment.
    pub(crate) promise: Box<dyn Fn() -> u64 + Send>,
}

/// A power cut that was made into an image; the program went on as if nothing had happened.
#[derive(Debug)]
pub(crate) struct Cut {
    pub(crate) promised: u64,
    pub(crate) loss: Loss,
    pub(crate) image: Image,
}

/// The disk and the cuts so far.
pub(super) struct Recording {
    disk: Disk,
    recorder: Recorder,
    cuts: Vec<Cut>,
}

impl Volume {
    /// Watches every file that is opened below `dir` from now on.
    pub(crate) fn mount(dir: &Path) -> Self {
        let state = Arc::new(State {
            dir: dir.to_owned(),
            faults: Faults::default(),
            recorder: Mutex::default(),
        });
        let mut mounted = MOUNTED.write().unwrap_or_else(PoisonError::into_inner);
        mounted.retain(|volume| volume.strong_count() > 0);
        mounted.push(Arc::downgrade(&state));
        Self { state }
    }

    /// Plans a fault, in the place of any earlier one; operations count from now on.
    pub(crate) fn arm(&self, fault: Fault) {
        self.state.faults.arm(fault);
    }

    /// Everything succeeds from now on.
    pub(crate) fn disarm(&self) {
        self.state.faults.disarm();
    }

    /// How often a fault has struck.
    pub(crate) fn strikes(&self) -> u64 {
        self.state.faults.strikes()
    }

    /// How often this operation was called for since the volume was mounted, on files of one kind or
    /// on any.
    pub(crate) fn count(&self, op: Op, only: Option<FileKind>) -> u64 {
        self.state.faults.count(op, only)
    }

    /// Keeps unsynced writes apart from now on, for files that are opened from now on, and cuts
    /// the power now and then.
    pub(crate) fn record(&self, recorder: Recorder) {
        *self.state.recording() = Some(Recording {
            disk: Disk::default(),
            recorder,
            cuts: Vec::new(),
        });
    }

    /// Ends the recording and returns the cuts.
    pub(crate) fn cuts(&self) -> Vec<Cut> {
        let recording = self.state.recording().take();
        recording
            .map(|recording| recording.cuts)
            .unwrap_or_default()
    }
}

impl State {
    /// The volume that a file belongs to.
    pub(super) fn of(path: &Path) -> Option<Arc<Self>> {
        let mounted = MOUNTED.read().unwrap_or_else(PoisonError::into_inner);
        mounted
            .iter()
            .filter_map(Weak::upgrade)
            .find(|volume| path.starts_with(&volume.dir))
    }

    pub(super) fn strike(&self, op: Op, kind: FileKind) -> Option<(Effect, u64)> {
        self.faults.strike(op, kind)
    }

    /// The recording, locked for as long as a change takes, so that an image is never made in the
    /// middle of one.
    pub(super) fn recording(&self) -> MutexGuard<'_, Option<Recording>> {
        self.recorder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recording {
    /// Notes a change, and cuts the power after it if it is time.
    pub(super) fn note(&mut self, change: impl FnOnce(&mut Disk)) {
        change(&mut self.disk);
        let Recorder {
            rng,
            one_in,
            promise,
        } = &mut self.recorder;
        if rng.u64(..*one_in) != 0 {
            return;
        }
        let promised = promise();
        let loss = Loss::ALL[rng.usize(..Loss::ALL.len())];
        let image = self.disk.cut(loss, rng);
        self.cuts.push(Cut {
            promised,
            loss,
            image,
        });
    }

    pub(super) fn knows(&self, path: &Path) -> bool {
        self.disk.knows(path)
    }

    /// Notes a file that was opened, which is no change.
    pub(super) fn opened(&mut self, path: &Path, content: Option<Vec<u8>>) {
        self.disk.opened(path, content);
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording")
            .field("disk", &self.disk)
            .field("cuts", &self.cuts.len())
            .finish_non_exhaustive()
    }
}
