//! Every N of every fault of every workload, and the seeds that stand for them.

use libsqlite3_sys as ffi;

use super::case;
use super::workload::Workload;
use crate::runner::{Level, Scale};
use crate::vfs::{Effect, Fault, FileKind, Op, Reach};

/// The faults, each with the operation that it strikes. Their places are part of seeds.
const FAULTS: [(Op, Effect, Option<FileKind>); 14] = [
    (Op::Read, Effect::Refuse(Op::Read.refused()), None),
    (Op::Write, Effect::Refuse(Op::Write.refused()), None),
    (Op::Write, Effect::Refuse(ffi::SQLITE_FULL), None),
    (Op::Sync, Effect::Refuse(Op::Sync.refused()), None),
    (Op::Read, Effect::ShortRead, None),
    (Op::Write, Effect::ShortWrite, None),
    (Op::Read, Effect::FlipBit, Some(FileKind::Database)),
    (Op::Read, Effect::FlipBit, Some(FileKind::Wal)),
    (Op::Open, Effect::Refuse(Op::Open.refused()), None),
    (Op::Truncate, Effect::Refuse(Op::Truncate.refused()), None),
    (Op::FileSize, Effect::Refuse(Op::FileSize.refused()), None),
    (Op::Delete, Effect::Refuse(Op::Delete.refused()), None),
    (Op::Access, Effect::Refuse(Op::Access.refused()), None),
    (Op::ShmMap, Effect::Refuse(ffi::SQLITE_IOERR_SHMSIZE), None),
];

/// What a seed stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) workload: Workload,
    pub(super) fault: Fault,
    /// The fault is planned when the workload is done, for its `close`.
    pub(super) at_close: bool,
    /// In a long run, a fault strikes again while the database is opened after the first.
    pub(super) during_recovery: u64,
}

impl Case {
    /// Takes a seed apart: workload, fault, reach, whether it is for `close`, and N, from the low bits
    /// up.
    pub(super) fn of(seed: u64) -> Self {
        let pick = |shift: u32, mask: u64| usize::try_from(seed >> shift & mask).unwrap_or(0);
        let (op, effect, only) = FAULTS[pick(4, 0xf) % FAULTS.len()];
        Self {
            workload: Workload::ALL[pick(0, 0xf) % Workload::ALL.len()],
            fault: Fault {
                op,
                nth: seed >> 12 & 0xffff,
                effect,
                reach: [Reach::Once, Reach::ForEver][pick(8, 1)],
                only,
            },
            at_close: pick(9, 1) == 1,
            during_recovery: seed >> 32 & 0xffff,
        }
    }
}

fn seed(workload: usize, fault: usize, reach: usize, at_close: usize, nth: u64) -> u64 {
    let place = |place: usize, shift: u32| u64::try_from(place).unwrap_or(0) << shift;
    place(workload, 0) | place(fault, 4) | place(reach, 8) | place(at_close, 9) | nth << 12
}

/// Counts the operations of each workload when nothing fails, and lets each of them fail.
pub(super) fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    let mut seeds = Vec::new();
    for (workload, which) in Workload::ALL.into_iter().enumerate() {
        let phases = case::count(which, &FAULTS.map(|(op, _, only)| (op, only)))?;
        for (at_close, counts) in phases.into_iter().enumerate() {
            for (fault, count) in counts.into_iter().enumerate() {
                for nth in 1..=count {
                    seeds.extend([0, 1].map(|reach| seed(workload, fault, reach, at_close, nth)));
                }
            }
        }
    }
    if scale.level == Level::Long {
        let pairs: Vec<u64> = seeds
            .iter()
            .flat_map(|first| (1..=RECOVERY_OPERATIONS).map(move |second| first | second << 32))
            .collect();
        seeds.extend(pairs);
    }
    // Not all of one kind together: a short run sees something of each.
    fastrand::Rng::with_seed(scale.seed).shuffle(&mut seeds);
    Ok(seeds)
}

/// In how many places of the opening that follows a second fault strikes.
const RECOVERY_OPERATIONS: u64 = 25;
