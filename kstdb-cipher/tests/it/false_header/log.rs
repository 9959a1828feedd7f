//! A first page in the write-ahead log, which SQLite reads in place of that of the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kstdb_cipher::CipherCompatibility::{V1, V3, V4};
use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{
    CipherCompatibility, CipherError, CipherProfile, Damage, DerivedKey, PageSize, UnlockOptions,
    apply_cipher_key, apply_derived_key, opens, unlock,
};

use super::forge::{claiming, create, layout, lies, with_user_version};
use super::ways::{damage, refused, user_version};
use crate::support::{TestResult, raw_key};

const SALT: [u8; 8] = [3; 8];

/// A log: <https://sqlite.org/fileformat.html#the_write_ahead_log>.
struct Log {
    bytes: Vec<u8>,
    checksum: (u32, u32),
    /// How many pages the database has after each transaction.
    pages: u32,
}

impl Log {
    /// Begins a log of pages of this size for a file.
    fn begin(file: &[u8], version: CipherCompatibility, page_bytes: usize) -> TestResult<Self> {
        let mut log = Self {
            bytes: Vec::new(),
            checksum: (0, 0),
            pages: u32::try_from(file.len() / layout(version).page_bytes)?,
        };
        for word in [0x377f_0683, 3_007_000, u32::try_from(page_bytes)?, 0] {
            log.bytes.extend(word.to_be_bytes());
        }
        log.bytes.extend(SALT);
        log.sum(0..24);
        Ok(log)
    }

    /// Adds a page, which ends a transaction or not.
    fn push(&mut self, number: u32, page: &[u8], ends: bool) {
        self.push_salted(number, page, ends, SALT);
    }

    fn push_salted(&mut self, number: u32, page: &[u8], ends: bool, salt: [u8; 8]) {
        let size = if ends { self.pages } else { 0 };
        let mut header: Vec<u8> = [number, size]
            .into_iter()
            .flat_map(u32::to_be_bytes)
            .collect();
        self.checksum = sum(self.checksum, &header);
        self.checksum = sum(self.checksum, page);
        header.extend(salt);
        self.bytes.extend(header);
        self.bytes.extend(self.checksum.0.to_be_bytes());
        self.bytes.extend(self.checksum.1.to_be_bytes());
        self.bytes.extend(page);
    }

    fn sum(&mut self, bytes: std::ops::Range<usize>) {
        self.checksum = sum(self.checksum, &self.bytes[bytes]);
        self.bytes.extend(self.checksum.0.to_be_bytes());
        self.bytes.extend(self.checksum.1.to_be_bytes());
    }

    fn write(self, database: &Path) -> TestResult {
        Ok(fs::write(log_of(database), self.bytes)?)
    }
}

fn sum((mut first, mut second): (u32, u32), bytes: &[u8]) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let (x, y) = pair.split_at(4);
        let word = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap_or_default());
        first = first.wrapping_add(word(x)).wrapping_add(second);
        second = second.wrapping_add(word(y)).wrapping_add(first);
    }
    (first, second)
}

fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

#[test]
fn a_log_that_was_written_by_hand_is_read() -> TestResult {
    for version in [V1, V3, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        let file = fs::read(&path)?;
        let mut log = Log::begin(&file, version, layout(version).page_bytes)?;
        log.push(1, &with_user_version(&file, version, 41)?, true);
        log.push(1, &with_user_version(&file, version, 42)?, true);
        log.write(&path)?;
        assert_eq!(user_version(&path, version)?, 42);
    }
    Ok(())
}

#[test]
fn a_false_first_page_in_the_log_is_refused_before_it_is_read() -> TestResult {
    for version in [V1, V3, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        let file = fs::read(&path)?;
        let (lie, honest) = (lies(version)[0], with_user_version(&file, version, 42)?);
        let mut log = Log::begin(&file, version, layout(version).page_bytes)?;
        log.push(1, &honest, true);
        log.push(1, &claiming(&file, version, lie)?, true);
        // Not the last one in the log, but the last one that was committed.
        log.push(1, &honest, false);
        log.write(&path)?;
        for (way, error) in refused(&path, version)? {
            let expected = Damage::FalseHeader {
                page_size_bytes: 512,
                reserve_bytes: lie.reserve,
            };
            assert_eq!(damage(&error), Some(expected), "{version:?} {way}: {error}");
        }
    }
    Ok(())
}

#[test]
fn a_log_of_other_pages_is_refused_before_it_is_read() -> TestResult {
    for version in [V1, V3, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        let file = fs::read(&path)?;
        let page_bytes = 2 * layout(version).page_bytes;
        let mut page = claiming(&file, version, lies(version)[0])?;
        page.resize(page_bytes, 0);
        let mut log = Log::begin(&file, version, page_bytes)?;
        log.push(1, &page, true);
        log.write(&path)?;
        for (way, error) in refused(&path, version)? {
            let expected = Damage::FalseLog {
                page_size_bytes: u32::try_from(page_bytes)?,
            };
            assert_eq!(damage(&error), Some(expected), "{version:?} {way}: {error}");
        }
    }
    Ok(())
}

/// Gives the copy of a file that a crash would leave: with a log of the file's own pages.
fn crashed(path: &Path, profile: CipherProfile) -> TestResult<tempfile::TempDir> {
    let options = UnlockOptions::new().profile(profile);
    let options = options.create_if_missing(true);
    let derived = unlock(path, &raw_key(1), &options)?.derived;
    let connection = Connection::open(path)?;
    apply_derived_key(&connection, &derived, profile)?;
    connection.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")?;
    let crashed = tempfile::tempdir()?;
    fs::copy(path, crashed.path().join("app.db"))?;
    fs::copy(log_of(path), crashed.path().join("app.db-wal"))?;
    Ok(crashed)
}

#[test]
fn a_log_of_the_pages_that_the_file_has_is_none_of_its_damage() -> TestResult {
    let large = CipherProfile::default().page_size(PageSize::Bytes8192);
    for (profile, expected) in [
        (large, None),
        (V3.profile(), Some(V3)),
        (V1.profile(), Some(V1)),
    ] {
        let dir = tempfile::tempdir()?;
        let crashed = crashed(&dir.path().join("app.db"), profile)?;
        let path = crashed.path().join("app.db");
        match unlock(&path, &raw_key(1), &UnlockOptions::new()) {
            Err(CipherError::OtherPageSize {
                page_size_bytes, ..
            }) => assert_eq!((page_size_bytes, expected), (8_192, None)),
            Err(CipherError::OtherCipherSettings { found, .. }) => {
                assert_eq!(Some(found), expected);
            }
            other => return Err(format!("{profile:?}: {other:?}").into()),
        }
        let applied = apply_cipher_key(&Connection::open(&path)?, &raw_key(1));
        assert!(applied.is_err_and(|error| error.is_wrong_key()));
        let salt = fs::read(&path)?[..16].try_into()?;
        let key = DerivedKey::derive(&raw_key(1), salt, V4);
        assert!(!opens(&path, &key, V4, Duration::ZERO)?);
        unlock(&path, &raw_key(1), &UnlockOptions::new().profile(profile))?;
    }
    Ok(())
}

#[test]
fn what_sqlite_does_not_read_of_a_log_has_no_say() -> TestResult {
    let version = V4;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, version)?;
    let file = fs::read(&path)?;
    let false_page = claiming(&file, version, lies(version)[0])?;
    let page_bytes = layout(version).page_bytes;
    // The rest of an older log.
    let mut log = Log::begin(&file, version, page_bytes)?;
    log.push(1, &with_user_version(&file, version, 42)?, true);
    log.push_salted(1, &false_page, true, [4; 8]);
    log.write(&path)?;
    assert_eq!(user_version(&path, version)?, 42);
    // On the place of another page.
    let mut log = Log::begin(&file, version, page_bytes)?;
    log.push(1, &with_user_version(&file, version, 43)?, true);
    log.push(2, &false_page, false);
    log.write(&path)?;
    assert_eq!(user_version(&path, version)?, 43);
    // No whole header.
    fs::write(log_of(&path), [0x37, 0x7f])?;
    assert_eq!(user_version(&path, version)?, 43);
    Ok(())
}

/// Names are bytes, and rusqlite gives text.
#[cfg(target_os = "linux")]
#[test]
fn a_false_log_is_found_beside_a_name_that_is_not_utf8() -> TestResult {
    use std::os::unix::ffi::OsStrExt as _;

    let dir = tempfile::tempdir()?;
    let path = dir.path().join(std::ffi::OsStr::from_bytes(b"app\xff.db"));
    create(&path, V4)?;
    let file = fs::read(&path)?;
    let mut log = Log::begin(&file, V4, layout(V4).page_bytes)?;
    log.push(1, &claiming(&file, V4, lies(V4)[0])?, true);
    log.write(&path)?;
    assert_eq!(refused(&path, V4)?.len(), 3);
    Ok(())
}

#[test]
fn with_another_key_a_false_log_is_nobodys() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, V4)?;
    let file = fs::read(&path)?;
    let mut log = Log::begin(&file, V4, layout(V4).page_bytes)?;
    log.push(1, &claiming(&file, V4, lies(V4)[0])?, true);
    log.write(&path)?;
    let refused = unlock(&path, &raw_key(1), &UnlockOptions::new());
    assert!(refused.is_err_and(|error| error.is_wrong_key()));
    Ok(())
}
