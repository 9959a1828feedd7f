//! Which damage, where, and the seeds that stand for it.

use crate::runner::{Level, Scale};
use crate::support::Template;

/// A page of a database: what is stored, then the IV, then the HMAC.
pub(super) const PAGE_BYTES: usize = 4_096;
const BODY_BYTES: usize = 4_016;
const IV_BYTES: usize = 16;
/// The file begins with it.
const SALT_BYTES: usize = 16;
/// The header of a WAL, and that of each frame before its page.
const WAL_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const FRAME_BYTES: usize = FRAME_HEADER_BYTES + PAGE_BYTES;

/// Which file is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Database,
    Wal,
}

/// Which frames of a WAL end a transaction, from 1.
pub(super) fn commits(wal: &[u8]) -> Vec<usize> {
    let frames = wal.get(WAL_HEADER_BYTES..).unwrap_or_default();
    let ends = |frame: &[u8]| frame[4..8] != [0; 4];
    (1..)
        .zip(frames.chunks_exact(FRAME_BYTES))
        .filter_map(|(number, frame)| ends(frame).then_some(number))
        .collect()
}

/// How it is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// One bit is another.
    Flip,
    /// A page is all zero.
    Zero,
    /// A page is replaced by the next one.
    Copy,
    /// A page and the next one have changed places.
    Swap,
    /// The file ends there.
    Truncate,
}

impl Damage {
    const ALL: [Self; 5] = [
        Self::Flip,
        Self::Zero,
        Self::Copy,
        Self::Swap,
        Self::Truncate,
    ];
}

/// What a seed stands for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) target: Target,
    pub(super) damage: Damage,
    /// In bytes from the beginning of the file.
    offset: usize,
    bit: u8,
}

impl Case {
    /// Takes a seed apart: target, damage, bit and offset, from the low bits up.
    pub(super) fn of(seed: u64) -> Self {
        let pick = |shift: u32, mask: u64| usize::try_from(seed >> shift & mask).unwrap_or(0);
        Self {
            target: [Target::Database, Target::Wal][pick(0, 1)],
            damage: Damage::ALL[pick(1, 7) % Damage::ALL.len()],
            bit: u8::try_from(pick(4, 7)).unwrap_or(0),
            offset: pick(8, 0xffff_ffff),
        }
    }

    fn seed(self) -> u64 {
        let place = |place: usize, shift: u32| u64::try_from(place).unwrap_or(0) << shift;
        place(self.target as usize, 0)
            | place(self.damage as usize, 1)
            | u64::from(self.bit) << 4
            | place(self.offset, 8)
    }

    /// The pages of a database that are damaged, from 1.
    pub(super) fn pages(self) -> std::ops::RangeInclusive<usize> {
        let first = self.offset / PAGE_BYTES + 1;
        first..=first + usize::from(self.damage == Damage::Swap)
    }

    /// The frames of a WAL that are damaged, from 1; 0 is its header.
    pub(super) fn frames(self) -> std::ops::RangeInclusive<usize> {
        let first = match self.offset.checked_sub(WAL_HEADER_BYTES) {
            Some(offset) => offset / FRAME_BYTES + 1,
            None => 0,
        };
        first..=first + usize::from(self.damage == Damage::Swap)
    }

    /// Whether the salt is lost, and with it every page.
    pub(super) fn takes_the_salt(self) -> bool {
        self.target == Target::Database
            && match self.damage {
                Damage::Flip => self.offset < SALT_BYTES,
                Damage::Zero | Damage::Copy | Damage::Swap => self.offset == 0,
                Damage::Truncate => self.offset < PAGE_BYTES,
            }
    }

    pub(super) fn is_truncation(self) -> bool {
        self.damage == Damage::Truncate
    }

    /// Whether the file ends between two pages.
    pub(super) fn ends_between_pages(self) -> bool {
        self.is_truncation() && self.offset.is_multiple_of(PAGE_BYTES)
    }

    /// Damages the bytes of a file; `false` if that changes nothing.
    pub(super) fn apply(self, bytes: &mut Vec<u8>) -> bool {
        let before = bytes.clone();
        let unit = match self.target {
            Target::Database => PAGE_BYTES,
            Target::Wal => FRAME_BYTES,
        };
        let at = self.offset;
        match self.damage {
            Damage::Flip => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.bit;
                }
            }
            Damage::Zero => {
                if let Some(page) = bytes.get_mut(at..at + unit) {
                    page.fill(0);
                }
            }
            Damage::Copy if at + 2 * unit <= bytes.len() => {
                bytes.copy_within(at + unit..at + 2 * unit, at);
            }
            Damage::Swap => {
                if let Some(both) = bytes.get_mut(at..at + 2 * unit) {
                    both.rotate_left(unit);
                }
            }
            Damage::Copy => {}
            Damage::Truncate => bytes.truncate(at),
        }
        *bytes != before
    }
}

/// Every page and every frame, damaged in each way; in a long run every byte.
pub(super) fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    let mut rng = fastrand::Rng::with_seed(scale.seed);
    let mut cases = Vec::new();
    let (database, wal) = (Template::large()?.database()?, Template::hot()?.wal()?);
    let mut add = |target, damage, offset| {
        let bit = rng.u8(..8);
        let case = Case {
            target,
            damage,
            offset,
            bit,
        };
        let bytes = match target {
            Target::Database => database,
            Target::Wal => wal,
        };
        // What changes nothing is no damage: zeros for zeros, or nothing to swap with.
        if damage == Damage::Flip || case.apply(&mut bytes.to_vec()) {
            cases.push(case);
        }
    };
    let (database, wal) = (database.len(), wal.len());
    for page in (0..database).step_by(PAGE_BYTES) {
        for part in [0, 40, BODY_BYTES / 2, BODY_BYTES, BODY_BYTES + IV_BYTES] {
            add(Target::Database, Damage::Flip, page + part);
        }
        for damage in [Damage::Zero, Damage::Copy, Damage::Swap] {
            add(Target::Database, damage, page);
        }
        for end in [page, page + 100, page + PAGE_BYTES - 100] {
            add(Target::Database, Damage::Truncate, end);
        }
    }
    for byte in 0..WAL_HEADER_BYTES {
        add(Target::Wal, Damage::Flip, byte);
    }
    for frame in (WAL_HEADER_BYTES..wal).step_by(FRAME_BYTES) {
        for byte in 0..FRAME_HEADER_BYTES {
            add(Target::Wal, Damage::Flip, frame + byte);
        }
        let page = frame + FRAME_HEADER_BYTES;
        for part in [0, BODY_BYTES / 2, BODY_BYTES, BODY_BYTES + IV_BYTES] {
            add(Target::Wal, Damage::Flip, page + part);
        }
        for damage in [Damage::Zero, Damage::Copy, Damage::Swap] {
            add(Target::Wal, damage, frame);
        }
        for end in [frame, frame + 100, frame + FRAME_BYTES - 100] {
            add(Target::Wal, Damage::Truncate, end);
        }
    }
    if scale.level == Level::Long {
        (0..database).for_each(|offset| add(Target::Database, Damage::Flip, offset));
        (0..wal).for_each(|offset| add(Target::Wal, Damage::Flip, offset));
    }
    let mut seeds: Vec<u64> = cases.into_iter().map(Case::seed).collect();
    rng.shuffle(&mut seeds);
    Ok(seeds)
}
