//! The write-ahead log as it lies on the disk:
//! <https://sqlite.org/fileformat.html#the_write_ahead_log>.
//!
//! ```text
//! header (32 bytes): magic  version  page size  sequence  salt (8)  checksum (8)
//! frame header (24): page number  size after commit, or 0  salt (8)  checksum (8)
//! ```
//! Integers are big-endian. A log may be read through a descriptor of our own: SQLite locks the
//! database and its `-shm` file, never the log.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

pub(crate) const HEADER_BYTES: usize = 32;
pub(crate) const FRAME_HEADER_BYTES: usize = 24;

/// Without its lowest bit, which says that checksums are made of big-endian words.
const MAGIC: u32 = 0x377f_0682;
const FORMAT_VERSION: u32 = 3_007_000;

pub(crate) type Checksum = (u32, u32);

/// The header of a log that SQLite would read.
#[derive(Debug)]
pub(crate) struct LogHeader {
    pub(crate) page_size_bytes: u32,
    /// Another one when the log has been begun anew. Frames that count have it too.
    pub(crate) salt: [u8; 8],
    /// What the checksum of the first frame goes on from.
    pub(crate) checksum: Checksum,
    pub(crate) big_endian: bool,
}

impl LogHeader {
    /// Reads a header; `None` if SQLite would take the log for empty.
    pub(crate) fn read(bytes: &[u8; HEADER_BYTES]) -> Option<Self> {
        let magic = word(bytes, 0);
        let mut salt = [0; 8];
        salt.copy_from_slice(&bytes[16..24]);
        let header = Self {
            page_size_bytes: word(bytes, 8),
            salt,
            checksum: (word(bytes, 24), word(bytes, 28)),
            big_endian: magic & 1 == 1,
        };
        let fits = magic & !1 == MAGIC
            && word(bytes, 4) == FORMAT_VERSION
            && checksum(header.big_endian, (0, 0), &bytes[..24]) == header.checksum;
        fits.then_some(header)
    }
}

/// Names the log of a database. SQLite keeps it beside the file that a link leads to.
pub(crate) fn log_path(database: &Path) -> PathBuf {
    let database = database.canonicalize().unwrap_or_else(|_| database.into());
    let mut name = database.into_os_string();
    name.push("-wal");
    name.into()
}

/// Goes on with a checksum over whole pairs of words.
pub(crate) fn checksum(
    big_endian: bool,
    (mut first, mut second): Checksum,
    bytes: &[u8],
) -> Checksum {
    for pair in bytes.chunks_exact(8) {
        let (x, y) = if big_endian {
            (word(pair, 0), word(pair, 4))
        } else {
            (word(pair, 0).swap_bytes(), word(pair, 4).swap_bytes())
        };
        first = first.wrapping_add(x).wrapping_add(second);
        second = second.wrapping_add(y).wrapping_add(first);
    }
    (first, second)
}

/// Reads a big-endian integer of four bytes.
pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
    u32::from_be_bytes(word.unwrap_or_default())
}

/// Fills the buffer; `false` if the file ends before that.
pub(crate) fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
