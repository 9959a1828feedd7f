//! A first page in a rollback journal, which SQLite puts into the file before it reads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kstdb_cipher::CipherCompatibility::{V1, V3, V4};
use kstdb_cipher::rusqlite::{Connection, OpenFlags, ffi};
use kstdb_cipher::{
    CipherCompatibility, Damage, DerivedKey, UnlockOptions, apply_cipher_key, opens, unlock,
};

use super::forge::{KEY, claiming, create, layout, lies, with_user_version};
use super::ways::{damage, user_version};
use crate::support::{TestResult, raw_key, snapshot};

const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
const SECTOR_BYTES: usize = 512;

/// Writes a journal that puts this first page back: <https://sqlite.org/fileformat.html#the_rollback_journal>.
fn write(database: &Path, version: CipherCompatibility, page: &[u8]) -> TestResult {
    let page_bytes = layout(version).page_bytes;
    let pages = fs::metadata(database)?.len() / u64::try_from(page_bytes)?;
    let mut journal = MAGIC.to_vec();
    let sizes = [SECTOR_BYTES, page_bytes];
    for word in [1, 0, u32::try_from(pages)?] {
        journal.extend(word.to_be_bytes());
    }
    for size in sizes {
        journal.extend(u32::try_from(size)?.to_be_bytes());
    }
    journal.resize(SECTOR_BYTES, 0);
    journal.extend(1_u32.to_be_bytes());
    journal.extend(page);
    // Every 200th byte, from the end.
    let sum: u32 = (1..)
        .map_while(|step| page_bytes.checked_sub(200 * step).filter(|at| *at > 0))
        .map(|at| u32::from(page[at]))
        .sum();
    journal.extend(sum.to_be_bytes());
    Ok(fs::write(journal_of(database), journal)?)
}

fn journal_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-journal");
    name.into()
}

#[test]
fn a_journal_that_was_written_by_hand_is_rolled_back() -> TestResult {
    for version in [V1, V3, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        let file = fs::read(&path)?;
        write(&path, version, &with_user_version(&file, version, 42)?)?;
        assert_eq!(user_version(&path, version)?, 42);
        assert!(!journal_of(&path).exists());
    }
    Ok(())
}

#[test]
fn a_false_first_page_in_a_journal_is_refused_when_it_is_rolled_back() -> TestResult {
    for version in [V1, V3, V4] {
        let options = UnlockOptions::new().compatibility(version);
        let lie = lies(version)[0];
        let expected = Some(Damage::FalseHeader {
            page_size_bytes: lie.page_size.into(),
            reserve_bytes: lie.reserve,
        });
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        let file = fs::read(&path)?;
        let false_page = claiming(&file, version, lie)?;
        let prepare = || {
            fs::write(&path, &file)?;
            write(&path, version, &false_page)
        };

        prepare()?;
        let unlocked = unlock(&path, &raw_key(KEY), &options);
        assert_eq!(unlocked.err().as_ref().and_then(damage), expected);
        assert_eq!(&fs::read(&path)?[..false_page.len()], false_page);

        prepare()?;
        let key = DerivedKey::derive(&raw_key(KEY), file[..16].try_into()?, version);
        assert!(!opens(&path, &key, version, Duration::ZERO)?);

        if version == V4 {
            prepare()?;
            let applied = apply_cipher_key(&Connection::open(&path)?, &raw_key(KEY));
            assert_eq!(applied.err().as_ref().and_then(damage), expected);
        }
    }
    Ok(())
}

#[test]
fn a_connection_that_only_reads_leaves_a_journal_to_others() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, V4)?;
    let file = fs::read(&path)?;
    write(&path, V4, &with_user_version(&file, V4, 42)?)?;
    let before = snapshot(dir.path())?;
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let code = apply_cipher_key(&connection, &raw_key(KEY))
        .err()
        .and_then(|error| error.sqlite_code());
    assert_eq!(code, Some(ffi::SQLITE_READONLY_ROLLBACK));
    assert!(snapshot(dir.path())? == before, "a file was changed");
    Ok(())
}
