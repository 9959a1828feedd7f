//! Pages of 512 bytes, for which SQLite takes 1024 where so much is reserved in them.

use std::fs;

use kstdb_cipher::CipherCompatibility::{V1, V2, V3, V4};
use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{
    CipherError, CipherProfile, DerivedKey, PageSize, UnlockOptions, apply_derived_key, unlock,
};

use super::codec::{Codec, Layout};
use super::forge::{KEY, layout};
use crate::support::{TestResult, raw_key};

const PAGE_BYTES: usize = 512;
const SALT: [u8; 16] = [3; 16];

fn small(profile: impl Into<CipherProfile>) -> CipherProfile {
    profile.into().page_size(PageSize::Bytes512)
}

#[test]
fn no_new_database_has_pages_of_512_bytes() -> TestResult {
    for version in [V1, V2, V3, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        let options = UnlockOptions::new().profile(small(version));
        let refused = unlock(&path, &raw_key(KEY), &options.create_if_missing(true));
        let too_small = matches!(refused, Err(CipherError::PageTooSmall { .. }));
        assert!(too_small, "{refused:?}");
        assert_eq!(dir.path().read_dir()?.count(), 0, "something was left");

        let connection = Connection::open(&path)?;
        let key = DerivedKey::derive(&raw_key(KEY), SALT, version);
        let refused = apply_derived_key(&connection, &key, small(version));
        let too_small = matches!(refused, Err(CipherError::PageTooSmall { .. }));
        assert!(too_small, "{refused:?}");
    }
    Ok(())
}

/// The first page of a database without a table, as SQLCipher 1 wrote it:
/// <https://sqlite.org/fileformat.html#the_database_header>.
fn empty(reserve: u8) -> TestResult<Vec<u8>> {
    let mut page = vec![0; PAGE_BYTES];
    page[16..24].copy_from_slice(&[2, 0, 1, 1, reserve, 64, 32, 32]);
    // Change counter, size in pages, format of the schema, encoding, and the counter again.
    for (at, value) in [(24, 1_u32), (28, 1), (44, 4), (56, 1), (92, 1)] {
        page[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    // A leaf of the schema without a cell; its content begins at the reserve.
    page[100] = 13;
    let content = u16::try_from(PAGE_BYTES - usize::from(reserve))?;
    page[105..107].copy_from_slice(&content.to_be_bytes());
    Ok(page)
}

#[test]
fn a_file_of_sqlcipher_1_keeps_pages_of_512_bytes() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let layout = Layout {
        page_bytes: PAGE_BYTES,
        ..layout(V1)
    };
    let reserve = u8::try_from(layout.reserve_bytes)?;
    let codec = Codec::new(layout, &[KEY; 32], SALT);
    fs::write(&path, codec.seal(1, &empty(reserve)?))?;
    let options = UnlockOptions::new().profile(small(V1));
    for round in 0..3 {
        let key = unlock(&path, &raw_key(KEY), &options)?.derived;
        let connection = Connection::open(&path)?;
        apply_derived_key(&connection, &key, small(V1))?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS t (v); INSERT INTO t VALUES (hex(randomblob(2000)))",
        )?;
        let read = "SELECT sum(length(v)) FROM t";
        let length: i64 = connection.query_row(read, [], |row| row.get(0))?;
        assert_eq!(length, 4_000 * (round + 1));
        let check = "PRAGMA integrity_check";
        let sound: String = connection.query_row(check, [], |row| row.get(0))?;
        assert_eq!(sound, "ok");
    }
    let file = fs::read(&path)?;
    for (number, page) in (1..).zip(file.chunks(PAGE_BYTES)) {
        codec.open(number, page);
    }
    Ok(())
}
