//! The check of every page: each damaged one is named, and no other.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use kstdb_cipher::CipherCompatibility::{V1, V2, V3, V4};
use kstdb_cipher::{
    CipherCompatibility, CipherError, CipherKey, DamagedPages, DerivedKey, FrameFault, PageCheck,
    PageFault, PageReport, UnlockOptions, check_pages, unlock,
};
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{TestResult, create, open, raw_key, snapshot};

const PAGE_BYTES: usize = 4096;
/// Where a page of a version 4 file has ciphertext, IV and HMAC.
const PLACES: [usize; 5] = [16, 2_000, 4_016, 4_032, 4_095];

/// A database that nobody has open, and its key.
struct Sample {
    _dir: TempDir,
    path: PathBuf,
    key: DerivedKey,
    bytes: Vec<u8>,
}

impl Sample {
    fn new() -> TestResult<Self> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, &raw_key(1))?;
        let key = unlock(&path, &raw_key(1), &UnlockOptions::new())?.derived;
        let bytes = std::fs::read(&path)?;
        assert!(bytes.len() >= 10 * PAGE_BYTES);
        Ok(Self {
            _dir: dir,
            path,
            key,
            bytes,
        })
    }

    fn pages(&self) -> usize {
        self.bytes.len() / PAGE_BYTES
    }

    /// Checks the file with other bytes in it.
    fn check(&self, bytes: &[u8]) -> TestResult<PageReport> {
        std::fs::write(&self.path, bytes)?;
        Ok(check(&self.path, &self.key, V4)?)
    }

    /// Checks a copy in which `damage` was done.
    fn damaged(&self, damage: impl FnOnce(&mut Vec<u8>)) -> TestResult<PageReport> {
        let mut bytes = self.bytes.clone();
        damage(&mut bytes);
        self.check(&bytes)
    }
}

fn check(
    path: &Path,
    key: &DerivedKey,
    compatibility: CipherCompatibility,
) -> Result<PageReport, CipherError> {
    let options = PageCheck::new().compatibility(compatibility);
    check_pages(path, key, &options, &|_, _| ControlFlow::Continue(()))
}

/// The numbers of the damaged pages.
fn numbers(report: &PageReport) -> Vec<usize> {
    let runs = report.damaged.iter();
    runs.flat_map(|run| run.first..=run.last)
        .map(|number| usize::try_from(number).unwrap_or_default())
        .collect()
}

#[test]
fn a_sound_file_has_no_damaged_page() -> TestResult {
    let sample = Sample::new()?;
    let report = sample.check(&sample.bytes)?;
    assert!(report.is_sound() && report.authenticated);
    assert_eq!(report.pages_checked, sample.pages() as u64);
    assert_eq!(report.size_bytes, sample.bytes.len() as u64);
    assert_eq!(report.wal, None);
    Ok(())
}

#[test]
fn one_flipped_bit_names_its_page_wherever_it_is() -> TestResult {
    let sample = Sample::new()?;
    for page in 1..=sample.pages() {
        for place in PLACES {
            let report = sample.damaged(|bytes| bytes[(page - 1) * PAGE_BYTES + place] ^= 1)?;
            assert_eq!(numbers(&report), [page], "byte {place}");
            assert_eq!(report.damaged[0].fault, PageFault::Hmac);
        }
    }
    Ok(())
}

#[test]
fn a_page_of_zeros_is_named_as_one() -> TestResult {
    let sample = Sample::new()?;
    for page in 2..=sample.pages() {
        let start = (page - 1) * PAGE_BYTES;
        let report = sample.damaged(|bytes| bytes[start..start + PAGE_BYTES].fill(0))?;
        assert_eq!(numbers(&report), [page]);
        assert_eq!(report.damaged[0].fault, PageFault::Zeros);
    }
    Ok(())
}

#[test]
fn two_pages_in_each_others_place_are_both_named() -> TestResult {
    let sample = Sample::new()?;
    let report = sample.damaged(|bytes| {
        let (left, right) = bytes.split_at_mut(6 * PAGE_BYTES);
        left[2 * PAGE_BYTES..3 * PAGE_BYTES].swap_with_slice(&mut right[..PAGE_BYTES]);
    })?;
    assert_eq!(numbers(&report), [3, 7]);
    Ok(())
}

#[test]
fn a_file_that_ends_in_a_page_names_it() -> TestResult {
    let sample = Sample::new()?;
    for left in [1, 511, 2_048, 4_095] {
        let whole = sample.pages() - 1;
        let report = sample.damaged(|bytes| bytes.truncate(whole * PAGE_BYTES + left))?;
        assert_eq!(numbers(&report), [whole + 1]);
        let size_bytes = left as u64;
        assert_eq!(report.damaged[0].fault, PageFault::Short { size_bytes });
        assert_eq!(report.pages_checked, whole as u64);
    }
    Ok(())
}

#[test]
fn a_damaged_first_page_is_told_from_a_wrong_key() -> TestResult {
    let sample = Sample::new()?;
    let report = sample.damaged(|bytes| bytes[16..PAGE_BYTES].fill(0))?;
    assert_eq!(numbers(&report), [1]);
    let wrong = DerivedKey::derive(&raw_key(2), sample.key.salt(), V4);
    std::fs::write(&sample.path, &sample.bytes)?;
    let refused = check(&sample.path, &wrong, V4);
    assert!(refused.is_err_and(|error| error.is_wrong_key()));
    Ok(())
}

#[test]
fn an_overwritten_salt_is_named_although_open_connections_do_not_miss_it() -> TestResult {
    let sample = Sample::new()?;
    for byte in 0..16 {
        let report = sample.damaged(|bytes| bytes[byte] ^= 1)?;
        assert_eq!(numbers(&report), [1]);
        assert_eq!(report.damaged[0].fault, PageFault::Salt);
    }
    Ok(())
}

#[test]
fn the_last_sound_page_keeps_the_key_from_being_called_wrong() -> TestResult {
    let sample = Sample::new()?;
    let last = sample.pages();
    let report = sample.damaged(|bytes| bytes[16..(last - 1) * PAGE_BYTES].fill(7))?;
    assert_eq!(
        report.damaged.iter().map(DamagedPages::count).sum::<u64>(),
        last as u64 - 1
    );
    assert_eq!(report.damaged.len(), 1, "one run");
    Ok(())
}

#[test]
fn any_number_of_threads_finds_the_same() -> TestResult {
    let sample = Sample::new()?;
    let last = sample.pages() - 1;
    sample.damaged(|bytes| bytes[last * PAGE_BYTES + 99] ^= 4)?;
    for threads in [1, 2, 16] {
        let threads = NonZeroUsize::new(threads).ok_or("no threads")?;
        let options = PageCheck::new().threads(threads);
        let report = check_pages(&sample.path, &sample.key, &options, &|_, _| {
            ControlFlow::Continue(())
        })?;
        assert_eq!(numbers(&report), [last + 1], "{threads} thread(s)");
    }
    Ok(())
}

#[test]
fn progress_ends_with_all_bytes_and_can_stop_the_check() -> TestResult {
    let sample = Sample::new()?;
    let seen = std::sync::Mutex::new(Vec::new());
    let note = |done, all| {
        seen.lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push((done, all));
        ControlFlow::Continue(())
    };
    check_pages(&sample.path, &sample.key, &PageCheck::new(), &note)?;
    let size_bytes = sample.bytes.len() as u64;
    assert_eq!(seen.into_inner()?.last(), Some(&(size_bytes, size_bytes)));

    let stop = |_, _| ControlFlow::Break(());
    let stopped = check_pages(&sample.path, &sample.key, &PageCheck::new(), &stop);
    assert!(matches!(stopped, Err(CipherError::Cancelled)));
    Ok(())
}

#[test]
fn what_is_no_database_is_refused() -> TestResult {
    let sample = Sample::new()?;
    std::fs::write(&sample.path, &sample.bytes[..1_000])?;
    let short = check(&sample.path, &sample.key, V4);
    assert!(matches!(short, Err(CipherError::NotADatabase { .. })));
    let missing = check(&sample.path.with_extension("gone"), &sample.key, V4);
    assert!(matches!(missing, Err(CipherError::Sqlite { .. })));
    Ok(())
}

#[test]
fn files_of_older_versions_are_checked_as_far_as_they_can_be() -> TestResult {
    let text = format!("x'{}'", "7e".repeat(32));
    let key = CipherKey::passphrase(text.as_str())?;
    for version in [V1, V2, V3] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("old.db");
        let connection = Connection::open(&path)?;
        connection.pragma_update(None, "key", &text)?;
        connection.execute_batch(&format!(
            "PRAGMA cipher_compatibility = {};
             CREATE TABLE t (a); INSERT INTO t VALUES (hex(randomblob(3000)))",
            version.version()
        ))?;
        drop(connection);
        let mut bytes = std::fs::read(&path)?;
        let salt = bytes[..16].try_into()?;
        let derived = DerivedKey::derive(&key, salt, version);
        let report = check(&path, &derived, version)?;
        assert!(report.is_sound(), "{version:?}");
        assert_eq!(report.page_size_bytes, 1024);
        assert_eq!(report.authenticated, version != V1);

        bytes[3 * 1024 + 500] ^= 1;
        std::fs::write(&path, &bytes)?;
        let expected: &[usize] = if version == V1 { &[] } else { &[4] };
        assert_eq!(numbers(&check(&path, &derived, version)?), expected);

        bytes.pop();
        std::fs::write(&path, &bytes)?;
        let found = numbers(&check(&path, &derived, version)?);
        assert_eq!(found.last(), Some(&(bytes.len() / 1024 + 1)));
    }
    Ok(())
}

/// A database whose log has ten transactions of several pages, as a crash leaves it.
fn crashed() -> TestResult<(TempDir, PathBuf, DerivedKey)> {
    let (dir, copy) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    let key = unlock(&path, &raw_key(1), &UnlockOptions::new())?.derived;
    let connection = open(&path, &key)?;
    for _ in 0..10 {
        connection.execute_batch("INSERT INTO t (v) VALUES (hex(randomblob(6000)))")?;
    }
    for name in ["app.db", "app.db-wal"] {
        std::fs::copy(dir.path().join(name), copy.path().join(name))?;
    }
    let path = copy.path().join("app.db");
    Ok((copy, path, key))
}

#[test]
fn a_damaged_frame_of_the_log_is_named() -> TestResult {
    const FRAME_BYTES: usize = 24 + PAGE_BYTES;
    let (dir, path, key) = crashed()?;
    let log = dir.path().join("app.db-wal");
    let bytes = std::fs::read(&log)?;
    let frames = (bytes.len() - 32) / FRAME_BYTES;
    let before = snapshot(dir.path())?;
    let sound = check(&path, &key, V4)?.wal.ok_or("no log")?;
    assert_eq!(sound.frames_checked, frames as u64);
    assert_eq!(sound.damaged, []);
    assert!(snapshot(dir.path())? == before, "a file was changed");

    for frame in 1..=frames {
        // Salt, checksum, ciphertext, HMAC.
        for place in [9, 20, 24 + 500, 24 + 4_050] {
            let mut damaged = bytes.clone();
            damaged[32 + (frame - 1) * FRAME_BYTES + place] ^= 1;
            std::fs::write(&log, damaged)?;
            let wal = check(&path, &key, V4)?.wal.ok_or("no log")?;
            let named: Vec<u64> = wal.damaged.iter().map(|damaged| damaged.frame).collect();
            // A last frame whose salt is another's is not of this log: nothing was committed.
            let expected: &[u64] = if frame == frames && place == 9 {
                &[]
            } else {
                &[frame as u64]
            };
            assert_eq!(named, expected, "frame {frame}, byte {place}");
        }
    }
    Ok(())
}

#[test]
fn a_log_without_its_header_or_its_end_is_told_apart() -> TestResult {
    let (dir, path, key) = crashed()?;
    let log = dir.path().join("app.db-wal");
    let bytes = std::fs::read(&log)?;
    let mut damaged = bytes.clone();
    damaged[17] ^= 1;
    std::fs::write(&log, damaged)?;
    let wal = check(&path, &key, V4)?.wal.ok_or("no log")?;
    assert_eq!(wal.damaged[0].fault, FrameFault::Header);

    // What a power cut leaves of a transaction that was never committed is no damage.
    std::fs::write(&log, &bytes[..bytes.len() - 5_000])?;
    let wal = check(&path, &key, V4)?.wal.ok_or("no log")?;
    assert_eq!(wal.damaged, []);
    std::fs::write(&log, [])?;
    assert!(check(&path, &key, V4)?.is_sound());
    Ok(())
}

#[test]
fn a_file_is_checked_while_it_is_written() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    let key = unlock(&path, &raw_key(1), &UnlockOptions::new())?.derived;
    let writing = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| -> Result<(), rusqlite::Error> {
            let connection = open(&path, &key).map_err(|_| rusqlite::Error::InvalidQuery)?;
            connection.execute_batch("PRAGMA wal_autocheckpoint = 5; PRAGMA synchronous = OFF")?;
            while writing.load(std::sync::atomic::Ordering::Relaxed) {
                connection.execute_batch("UPDATE t SET v = hex(randomblob(100))")?;
            }
            Ok(())
        });
        let mut reports = Vec::new();
        for _ in 0..100 {
            reports.push(check(&path, &key, V4));
        }
        writing.store(false, std::sync::atomic::Ordering::Relaxed);
        writer.join().map_err(|_| "the writer panicked")??;
        for report in reports {
            let report = report?;
            assert_eq!(report.damaged, []);
        }
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_set_of_damaged_pages_is_named(flips in proptest::collection::btree_map(
        1_usize..10, 16_usize..PAGE_BYTES, 1..6
    )) {
        let sample = Sample::new().map_err(|error| TestCaseError::fail(error.to_string()))?;
        let report = sample.damaged(|bytes| {
            for (page, place) in &flips {
                bytes[(page - 1) * PAGE_BYTES + place] ^= 0x10;
            }
        });
        let report = report.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(numbers(&report), flips.keys().copied().collect::<Vec<_>>());
    }
}
