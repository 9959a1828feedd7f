//! Faults: which operation fails, when, and how.

use std::ffi::c_int;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use libsqlite3_sys as ffi;

/// An operation of SQLite on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    FileSize,
    Delete,
    Access,
    ShmMap,
}

impl Op {
    pub(crate) const ALL: [Self; 9] = [
        Self::Open,
        Self::Read,
        Self::Write,
        Self::Truncate,
        Self::Sync,
        Self::FileSize,
        Self::Delete,
        Self::Access,
        Self::ShmMap,
    ];

    /// The code of SQLite for an operation that the operating system refuses (`EIO`).
    pub(crate) const fn refused(self) -> c_int {
        match self {
            Self::Open => ffi::SQLITE_CANTOPEN,
            Self::Read => ffi::SQLITE_IOERR_READ,
            Self::Write => ffi::SQLITE_IOERR_WRITE,
            Self::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
            Self::Sync => ffi::SQLITE_IOERR_FSYNC,
            Self::FileSize => ffi::SQLITE_IOERR_FSTAT,
            Self::Delete => ffi::SQLITE_IOERR_DELETE,
            Self::Access => ffi::SQLITE_IOERR_ACCESS,
            Self::ShmMap => ffi::SQLITE_IOERR_SHMMAP,
        }
    }
}

/// Whose operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Database,
    Wal,
    Other,
}

impl FileKind {
    const COUNT: usize = 3;

    /// What SQLite opens a file as.
    pub(super) const fn of(flags: c_int) -> Self {
        if flags & ffi::SQLITE_OPEN_MAIN_DB != 0 {
            Self::Database
        } else if flags & ffi::SQLITE_OPEN_WAL != 0 {
            Self::Wal
        } else {
            Self::Other
        }
    }
}

/// What becomes of the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing is done, and this code is the answer.
    Refuse(c_int),
    /// Half of the bytes are read, the rest is zero: what SQLite calls a short read.
    ShortRead,
    /// Half of the bytes are written, and then the disk is full.
    ShortWrite,
    /// Everything is read, and one bit is wrong.
    FlipBit,
}

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Once,
    ForEver,
}

/// The plan of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) op: Op,
    /// Which one of these operations, from 1.
    pub(crate) nth: u64,
    pub(crate) effect: Effect,
    pub(crate) reach: Reach,
    /// Only operations on such files count.
    pub(crate) only: Option<FileKind>,
}

/// The plan of a volume, and how far it is.
#[derive(Debug, Default)]
pub(super) struct Faults {
    plan: Mutex<Option<Plan>>,
    counts: [[AtomicU64; FileKind::COUNT]; Op::ALL.len()],
    strikes: AtomicU64,
}

#[derive(Debug)]
struct Plan {
    fault: Fault,
    seen: u64,
}

impl Faults {
    fn plan(&self) -> std::sync::MutexGuard<'_, Option<Plan>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn arm(&self, fault: Fault) {
        *self.plan() = Some(Plan { fault, seen: 0 });
    }

    pub(super) fn disarm(&self) {
        *self.plan() = None;
    }

    pub(super) fn strikes(&self) -> u64 {
        self.strikes.load(Ordering::Acquire)
    }

    /// How often an operation was called for, on files of one kind or on any.
    pub(super) fn count(&self, op: Op, only: Option<FileKind>) -> u64 {
        let counts = &self.counts[op as usize];
        match only {
            Some(kind) => counts[kind as usize].load(Ordering::Acquire),
            None => counts
                .iter()
                .map(|count| count.load(Ordering::Acquire))
                .sum(),
        }
    }

    /// Counts an operation and says what becomes of it; `None` if it is to succeed. The number tells
    /// strikes apart, from 1.
    pub(super) fn strike(&self, op: Op, kind: FileKind) -> Option<(Effect, u64)> {
        self.counts[op as usize][kind as usize].fetch_add(1, Ordering::AcqRel);
        let mut plan = self.plan();
        let Plan { fault, seen } = plan.as_mut()?;
        if fault.op != op || fault.only.is_some_and(|only| only != kind) {
            return None;
        }
        *seen += 1;
        let hit = match fault.reach {
            Reach::Once => *seen == fault.nth,
            Reach::ForEver => *seen >= fault.nth,
        };
        let effect = fault.effect;
        hit.then(|| (effect, self.strikes.fetch_add(1, Ordering::AcqRel) + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(fault: Fault) -> Vec<u64> {
        let faults = Faults::default();
        faults.arm(fault);
        let mut hits = Vec::new();
        for number in 1..=5 {
            assert_eq!(faults.strike(Op::Read, FileKind::Wal), None);
            assert_eq!(faults.strike(Op::Sync, FileKind::Database), None);
            if faults.strike(Op::Read, FileKind::Database).is_some() {
                hits.push(number);
            }
        }
        assert_eq!(faults.count(Op::Read, None), 10);
        assert_eq!(faults.count(Op::Read, Some(FileKind::Wal)), 5);
        hits
    }

    #[test]
    fn a_fault_strikes_its_own_operation_once_or_for_ever() {
        let fault = Fault {
            op: Op::Read,
            nth: 3,
            effect: Effect::FlipBit,
            reach: Reach::Once,
            only: Some(FileKind::Database),
        };
        assert_eq!(hits(fault), [3]);
        let for_ever = Fault {
            reach: Reach::ForEver,
            ..fault
        };
        assert_eq!(hits(for_ever), [3, 4, 5]);
    }
}
