//! First pages with another header, sealed under the key of the file.

use std::path::Path;

use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{CipherCompatibility, UnlockOptions, apply_derived_key, unlock};
use ring::{hmac, pbkdf2};

use super::codec::{Codec, Layout};
use crate::support::{TestResult, raw_key};

/// Each byte of the key of the files.
pub(super) const KEY: u8 = 7;

const SALT_BYTES: usize = 16;

/// What a header says: bytes 16 and 17, and byte 20.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) page_size: u16,
    pub(super) reserve: u8,
}

/// The pages that a version of SQLCipher writes.
pub(super) fn layout(version: CipherCompatibility) -> Layout {
    let sha1 = |reserve_bytes, hmac| Layout {
        page_bytes: 1_024,
        reserve_bytes,
        kdf: pbkdf2::PBKDF2_HMAC_SHA1,
        hmac,
    };
    match version {
        CipherCompatibility::V1 => sha1(16, None),
        CipherCompatibility::V2 | CipherCompatibility::V3 => {
            sha1(48, Some(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY))
        }
        _ => Layout::v4(),
    }
}

/// What is so.
pub(super) fn truth(version: CipherCompatibility) -> Claim {
    let layout = layout(version);
    Claim {
        page_size: u16::try_from(layout.page_bytes).unwrap_or_default(),
        reserve: u8::try_from(layout.reserve_bytes).unwrap_or_default(),
    }
}

/// What is not: smaller and larger pages, a smaller reserve, and sizes that no page has.
pub(super) fn lies(version: CipherCompatibility) -> Vec<Claim> {
    let truth = truth(version);
    let mut lies: Vec<_> = [512, truth.page_size * 2, 1, 0, 300, truth.page_size + 1]
        .map(|page_size| Claim { page_size, ..truth })
        .to_vec();
    lies.extend([0, truth.reserve - 1].map(|reserve| Claim { reserve, ..truth }));
    lies.push(Claim {
        page_size: 512,
        reserve: 0,
    });
    lies
}

/// Creates a database with a table `t` of 100 rows, without a log.
pub(super) fn create(path: &Path, version: CipherCompatibility) -> TestResult {
    let options = UnlockOptions::new()
        .compatibility(version)
        .create_if_missing(true);
    let unlocked = unlock(path, &raw_key(KEY), &options)?;
    let connection = Connection::open(path)?;
    apply_derived_key(&connection, &unlocked.derived, version)?;
    connection.execute_batch(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
         INSERT INTO t SELECT i, hex(randomblob(100)) FROM n",
    )?;
    Ok(())
}

/// Gives the first page of a file with changes to it in clear.
pub(super) fn first_page(
    file: &[u8],
    version: CipherCompatibility,
    change: impl FnOnce(&mut [u8]),
) -> TestResult<Vec<u8>> {
    let layout = layout(version);
    let salt = file[..SALT_BYTES].try_into()?;
    let codec = Codec::new(layout, &[KEY; 32], salt);
    let mut clear = codec.open(1, &file[..layout.page_bytes]);
    change(&mut clear);
    Ok(codec.seal(1, &clear))
}

/// Gives the first page of a file with this in its header.
pub(super) fn claiming(
    file: &[u8],
    version: CipherCompatibility,
    claim: Claim,
) -> TestResult<Vec<u8>> {
    first_page(file, version, |clear| {
        clear[16..18].copy_from_slice(&claim.page_size.to_be_bytes());
        clear[20] = claim.reserve;
    })
}

/// Gives the first page of a file with a `user_version` that the file does not have.
pub(super) fn with_user_version(
    file: &[u8],
    version: CipherCompatibility,
    user_version: u32,
) -> TestResult<Vec<u8>> {
    first_page(file, version, |clear| {
        clear[60..64].copy_from_slice(&user_version.to_be_bytes());
    })
}
