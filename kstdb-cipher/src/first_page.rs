//! What the first page says of all pages, heard before SQLite believes it.
//!
//! SQLite takes the size of the pages and how much of each is reserved from the header in the first
//! page, whatever it was told before. SQLCipher keeps to what it was told, and would decrypt a page
//! of 4096 bytes into a buffer of 512, and write its HMAC over what SQLite keeps in a smaller
//! reserve. No SQLCipher writes such a header. Under an HMAC nobody can but who has the key, and he
//! can give the file away together with it; without an HMAC anybody can who flips bits of the IV.
//!
//! ```text
//! first page:     salt (16)  first block (16)  ciphertext  IV (16)  HMAC  padding
//! block in clear: page size (2)  ..  byte 20: reserve (1)  64 32 32  ..
//! ```
//! The block is decrypted here, and nothing else of the file.

use std::hint::black_box;

use aes::Aes256Dec;
use aes::cipher::consts::U16;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt as _, KeyInit as _};
use rusqlite::Connection;

use crate::page_io::{RawFile, path_of};
use crate::stack::on_wiped_stack;
use crate::verify::PageVerifier;
use crate::{CipherError, CipherProfile, Damage, DerivedKey, RAW_KEY_BYTES, SALT_BYTES};

const BLOCK_BYTES: usize = 16;

/// Bytes 21 to 23 of every header, without which SQLite calls a file "not a database":
/// <https://sqlite.org/fileformat.html#payload_fractions>.
const FRACTIONS: [u8; 3] = [64, 32, 32];

/// The size of pages that SQLite does not write with a reserve of more than 32 bytes: it goes over
/// to 1024, SQLCipher does not hear of it, and half of each page would be what lies in memory behind
/// the encrypted half. Files of SQLCipher 1 can have such pages, and be read and written.
const TOO_SMALL_BYTES: usize = 512;

/// What SQLite would go by.
struct Header {
    page_size_bytes: u32,
    reserve_bytes: u8,
    fractions: [u8; 3],
}

/// Refuses the file of a connection if its first page is authentic and says what is not so, or if it
/// has none and can have none. Reads that page.
pub(crate) fn check(
    connection: &Connection,
    key: &DerivedKey,
    profile: CipherProfile,
) -> Result<(), CipherError> {
    let page = read(connection, profile)?;
    let page_size_bytes = profile.page_size_bytes;
    if page_size_bytes == TOO_SMALL_BYTES && page.iter().all(|byte| *byte == 0) {
        return Err(CipherError::PageTooSmall { page_size_bytes });
    }
    damage(&page, key, profile).map_or(Ok(()), |damage| {
        let path = path_of(connection).unwrap_or_default();
        Err(CipherError::Damaged { path, damage })
    })
}

/// Reads the first page as SQLite does: what is missing at its end is zeros.
pub(crate) fn read(
    connection: &Connection,
    profile: CipherProfile,
) -> Result<Vec<u8>, CipherError> {
    let mut page = vec![0; profile.page_size_bytes];
    RawFile::of(connection)?.read_at(&mut page, 0)?;
    Ok(page)
}

/// Says what is wrong with the header in a first page, if SQLite would get to see it.
pub(crate) fn damage(page: &[u8], key: &DerivedKey, profile: CipherProfile) -> Option<Damage> {
    on_wiped_stack(|| {
        let header = Header::decrypt(page, key, profile)?;
        // More may be reserved than the cipher needs: SQLCipher 4 writes 80 into the files of all
        // older versions.
        let is_so = u32::try_from(profile.page_size_bytes) == Ok(header.page_size_bytes)
            && profile.reserve_bytes <= usize::from(header.reserve_bytes);
        (!is_so && header.is_seen(page, key, profile)).then_some(Damage::FalseHeader {
            page_size_bytes: header.page_size_bytes,
            reserve_bytes: header.reserve_bytes,
        })
    })
}

/// Says whether a first page was written under the key, as a page of this profile.
pub(crate) fn fits(page: &[u8], key: &DerivedKey, profile: CipherProfile) -> bool {
    on_wiped_stack(|| {
        Header::decrypt(page, key, profile).is_some_and(|header| header.is_seen(page, key, profile))
    })
}

#[inline(never)]
fn decrypt_block(block: &[u8], key: &[u8; RAW_KEY_BYTES]) -> GenericArray<u8, U16> {
    let mut block = GenericArray::clone_from_slice(block);
    Aes256Dec::new(black_box(key).into()).decrypt_block(&mut block);
    block
}

impl Header {
    /// Decrypts the first block; `None` if the page has none.
    fn decrypt(page: &[u8], key: &DerivedKey, profile: CipherProfile) -> Option<Self> {
        let iv = page.len().checked_sub(profile.reserve_bytes)?;
        let iv = page.get(iv..iv + BLOCK_BYTES)?;
        let block = page.get(SALT_BYTES..SALT_BYTES + BLOCK_BYTES)?;
        let mut clear = decrypt_block(block, key.key());
        // Vector registers hold round keys, the first of which is half of the key, and land on the
        // stack when the system saves them, later and where nobody wipes it. The same work with no key
        // leaves nothing in the same registers.
        black_box(decrypt_block(block, &[0; RAW_KEY_BYTES]));
        for (byte, mask) in clear.iter_mut().zip(iv) {
            *byte ^= mask;
        }
        // Two bytes, where 1 stands for 65 536: https://sqlite.org/fileformat.html#page_size
        let page_size_bytes = match u16::from_be_bytes([clear[0], clear[1]]) {
            1 => 65_536,
            size => size.into(),
        };
        Some(Self {
            page_size_bytes,
            reserve_bytes: clear[4],
            fractions: [clear[5], clear[6], clear[7]],
        })
    }

    /// Says whether SQLCipher would hand the page to SQLite, and SQLite read on.
    fn is_seen(&self, page: &[u8], key: &DerivedKey, profile: CipherProfile) -> bool {
        match PageVerifier::new(key, profile) {
            Some(verifier) => verifier.page_is_authentic(page, 1),
            None => self.fractions == FRACTIONS,
        }
    }
}
