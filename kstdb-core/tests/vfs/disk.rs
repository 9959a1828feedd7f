//! What of a directory is on the disk: everything that was synced, and any part of the rest.
//!
//! The page cache is the real file system below; this is kept beside it, and only asked when the
//! power is cut.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// What a disk writes at once or not at all, in bytes.
const SECTOR_BYTES: usize = 512;

/// The files that are there after a power cut, by their names.
pub(crate) type Image = BTreeMap<PathBuf, Vec<u8>>;

/// What a power cut does to writes that were not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// None of them is on the disk.
    Everything,
    /// All of them are.
    Nothing,
    /// They are there up to one of them, which is torn.
    Suffix,
    /// Each of them is there or not, in whatever order they were made.
    Scattered,
    /// Each sector of each of them is there or not.
    Torn,
    /// The same, and a lost sector can hold what was never written, where the write would have
    /// changed it: the salt of an encrypted database, which every first page repeats, stays.
    Garbled,
}

impl Loss {
    pub(crate) const ALL: [Self; 6] = [
        Self::Everything,
        Self::Nothing,
        Self::Suffix,
        Self::Scattered,
        Self::Torn,
        Self::Garbled,
    ];
}

/// The disk below one directory.
#[derive(Debug, Default)]
pub(super) struct Disk {
    files: HashMap<PathBuf, File>,
    /// Deleted, and the directory was not synced since: each can be there again.
    ghosts: HashMap<PathBuf, File>,
    /// Counts changes, across files.
    next: u64,
}

#[derive(Clone, Debug, Default)]
struct File {
    synced: Vec<u8>,
    /// The directory does not surely know the file yet.
    nameless: bool,
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
struct Change {
    number: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { length: usize },
}

impl Disk {
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// Notes a file that was opened: `content` is what it holds, `None` if it was just created.
    pub(super) fn opened(&mut self, path: &Path, content: Option<Vec<u8>>) {
        let file = File {
            nameless: content.is_none(),
            synced: content.unwrap_or_default(),
            changes: Vec::new(),
        };
        self.files.insert(path.to_owned(), file);
    }

    pub(super) fn wrote(&mut self, path: &Path, offset: usize, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.change(path, What::Write { offset, bytes });
    }

    pub(super) fn truncated(&mut self, path: &Path, length: usize) {
        self.change(path, What::Truncate { length });
    }

    fn change(&mut self, path: &Path, what: What) {
        let number = self.next;
        self.next += 1;
        if let Some(file) = self.files.get_mut(path) {
            file.changes.push(Change { number, what });
        }
    }

    /// The content is on the disk. With the first sync of a journal or a WAL, SQLite syncs their
    /// directory, too; of a database it does not.
    pub(super) fn synced(&mut self, path: &Path) {
        let mut directory = false;
        if let Some(file) = self.files.get_mut(path) {
            for change in std::mem::take(&mut file.changes) {
                change.what.apply(&mut file.synced);
            }
            directory = file.nameless && is_log(path);
        }
        if directory {
            self.directory_synced();
        }
    }

    /// Every file has the name that it has now, and none that it had.
    fn directory_synced(&mut self) {
        self.ghosts.clear();
        for file in self.files.values_mut() {
            file.nameless = false;
        }
    }

    pub(super) fn deleted(&mut self, path: &Path, directory_synced: bool) {
        let Some(file) = self.files.remove(path) else {
            return;
        };
        if directory_synced {
            self.directory_synced();
        } else if !file.nameless {
            self.ghosts.insert(path.to_owned(), file);
        }
    }

    /// What is there when the power comes back.
    pub(super) fn cut(&self, loss: Loss, rng: &mut fastrand::Rng) -> Image {
        let mut image = Image::new();
        let unsynced = self.files.values().map(|file| file.changes.len()).sum();
        let survivors = Survivors::choose(self, loss, unsynced, rng);
        for (path, file) in sorted(&self.files) {
            let there =
                !file.nameless || loss == Loss::Nothing || (loss != Loss::Everything && rng.bool());
            if there {
                image.insert(path.clone(), survivors.content(file, rng));
            }
        }
        for (path, file) in sorted(&self.ghosts) {
            let there = loss == Loss::Everything || (loss != Loss::Nothing && rng.bool());
            if there && !image.contains_key(path) {
                image.insert(path.clone(), survivors.content(file, rng));
            }
        }
        image
    }
}

/// A rollback journal or a write-ahead log, by its name.
fn is_log(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    name.ends_with(b"-journal") || name.ends_with(b"-wal")
}

/// In the order of their names, so that a seed gives the same image each time.
fn sorted(files: &HashMap<PathBuf, File>) -> BTreeMap<&PathBuf, &File> {
    files.iter().collect()
}

/// Which unsynced changes are on the disk.
struct Survivors {
    loss: Loss,
    /// The first change that a loss of the suffix takes.
    end: u64,
}

impl Survivors {
    fn choose(disk: &Disk, loss: Loss, unsynced: usize, rng: &mut fastrand::Rng) -> Self {
        let mut numbers: Vec<u64> = Vec::with_capacity(unsynced);
        for file in disk.files.values() {
            numbers.extend(file.changes.iter().map(|change| change.number));
        }
        numbers.sort_unstable();
        let end = rng.choice(&numbers).copied().unwrap_or(u64::MAX);
        Self { loss, end }
    }

    fn content(&self, file: &File, rng: &mut fastrand::Rng) -> Vec<u8> {
        let mut content = file.synced.clone();
        for change in &file.changes {
            match self.loss {
                Loss::Everything => {}
                Loss::Nothing => change.what.apply(&mut content),
                Loss::Suffix if change.number < self.end => change.what.apply(&mut content),
                Loss::Suffix if change.number == self.end => {
                    change.what.tear(&mut content, None, rng)
                }
                Loss::Suffix => {}
                Loss::Scattered if rng.bool() => change.what.apply(&mut content),
                Loss::Scattered => {}
                Loss::Torn => change.what.tear(&mut content, None, rng),
                Loss::Garbled => {
                    let garbage = rng.u8(..);
                    change.what.tear(&mut content, Some(garbage), rng);
                }
            }
        }
        content
    }
}

impl What {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => put(content, *offset, bytes),
            Self::Truncate { length } => content.resize(*length, 0),
        }
    }

    /// Applies a part of the change: each sector, or the truncation, with even odds.
    fn tear(&self, content: &mut Vec<u8>, garbage: Option<u8>, rng: &mut fastrand::Rng) {
        let Self::Write { offset, bytes } = self else {
            if rng.bool() {
                self.apply(content);
            }
            return;
        };
        let mut at = 0;
        while at < bytes.len() {
            let end = ((offset + at) / SECTOR_BYTES + 1) * SECTOR_BYTES - offset;
            let sector = &bytes[at..end.min(bytes.len())];
            if rng.bool() {
                put(content, offset + at, sector);
            } else if let Some(garbage) = garbage
                && rng.u8(..4) == 0
            {
                garble(content, offset + at, sector, garbage);
            }
            at += sector.len();
        }
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

/// Writes garbage in the place of `bytes`, but for those of them that are there already.
fn garble(content: &mut Vec<u8>, offset: usize, bytes: &[u8], garbage: u8) {
    let before = content.get(offset..).unwrap_or_default();
    let mixed = bytes
        .iter()
        .enumerate()
        .map(|(at, new)| match before.get(at) {
            Some(old) if old == new => *old,
            _ => garbage,
        });
    let mixed: Vec<u8> = mixed.collect();
    put(content, offset, &mixed);
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/d/app.db";

    fn disk() -> Disk {
        let mut disk = Disk::default();
        disk.opened(Path::new(PATH), Some(vec![0; 2 * SECTOR_BYTES]));
        disk.wrote(Path::new(PATH), 0, &[1; 10]);
        disk.synced(Path::new(PATH));
        disk.wrote(Path::new(PATH), 0, &[2; 2 * SECTOR_BYTES]);
        disk
    }

    fn cut(disk: &Disk, loss: Loss, seed: u64) -> Vec<u8> {
        let mut image = disk.cut(loss, &mut fastrand::Rng::with_seed(seed));
        image.remove(Path::new(PATH)).unwrap_or_default()
    }

    #[test]
    fn what_was_synced_survives_every_cut() {
        for loss in Loss::ALL {
            for seed in 0..50 {
                let content = cut(&disk(), loss, seed);
                assert_eq!(content.len(), 2 * SECTOR_BYTES);
                assert_ne!(content[0], 0, "{loss:?}");
            }
        }
        assert_eq!(cut(&disk(), Loss::Everything, 1)[0], 1);
        assert_eq!(cut(&disk(), Loss::Nothing, 1), [2; 2 * SECTOR_BYTES]);
    }

    #[test]
    fn a_torn_write_is_torn_between_sectors() {
        let mut torn = 0;
        for seed in 0..50 {
            let content = cut(&disk(), Loss::Torn, seed);
            for sector in content.chunks(SECTOR_BYTES) {
                assert!(sector.iter().skip(10).all(|byte| *byte == sector[10]));
            }
            torn += usize::from(content[SECTOR_BYTES] != content[10]);
        }
        assert!(torn > 10, "{torn}");
    }

    #[test]
    fn a_file_that_was_never_synced_can_be_missing_and_a_deleted_one_can_be_back() {
        let wal = Path::new("/d/app.db-wal");
        let mut disk = disk();
        disk.opened(wal, None);
        disk.wrote(wal, 0, &[3; 10]);
        let there = |disk: &Disk, loss| {
            disk.cut(loss, &mut fastrand::Rng::with_seed(1))
                .contains_key(wal)
        };
        assert!(!there(&disk, Loss::Everything));
        assert!(there(&disk, Loss::Nothing));
        disk.synced(wal);
        assert!(there(&disk, Loss::Everything));
        disk.deleted(wal, false);
        assert!(there(&disk, Loss::Everything));
        assert!(!there(&disk, Loss::Nothing));
    }

    #[test]
    fn a_new_database_has_its_name_with_the_first_sync_of_a_log() {
        let (database, journal) = (Path::new("/d/new.db"), Path::new("/d/new.db-journal"));
        let mut disk = disk();
        let there = |disk: &Disk| {
            disk.cut(Loss::Everything, &mut fastrand::Rng::with_seed(1))
                .contains_key(database)
        };
        disk.opened(database, None);
        disk.wrote(database, 0, &[4; 10]);
        disk.synced(database);
        assert!(!there(&disk));
        disk.opened(journal, None);
        disk.synced(journal);
        assert!(there(&disk));
    }
}
