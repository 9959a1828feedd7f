//! The check of the write-ahead log: <https://sqlite.org/fileformat.html#the_write_ahead_log>.
//!
//! ```text
//! header (32 bytes): magic  version  page size  sequence  salt (8)  checksum (8)
//! frame header (24): page number  size after commit, or 0  salt (8)  checksum (8)
//! ```
//! Integers are big-endian. A frame counts if it has the header's salt, its checksum, which goes on
//! from that of the frame before it, fits, and it or a later one ends a transaction. SQLite checks
//! that only after a crash; the HMAC of the page in it, when it reads the page.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Take};
use std::path::Path;

use super::page::PageVerifier;
use super::report::{DamagedFrame, FrameFault, WalReport};
use crate::CipherError;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// Without its lowest bit, which says that checksums are made of big-endian words.
const MAGIC: u32 = 0x377f_0682;
const FORMAT_VERSION: u32 = 3_007_000;
const BUFFER_BYTES: usize = 256 * 1024;
/// How often a log that looks damaged is read, at most.
const LOOKS: u32 = 4;

/// What [`check`] found.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) report: WalReport,
    /// How many pages in it were found to be written under the key.
    pub(super) authentic_frames: u64,
    /// Another one when the log has been begun anew.
    salt: [u8; 8],
}

/// Checks the log of a database, if there is one.
///
/// It may be read through a descriptor of our own: SQLite locks the database and its `-shm` file,
/// never the log.
pub(super) fn check(
    database: &Path,
    page_size_bytes: usize,
    verifier: Option<&PageVerifier>,
) -> Result<Option<Checked>, CipherError> {
    // SQLite keeps it beside the file that a link leads to.
    let database = database.canonicalize().unwrap_or_else(|_| database.into());
    let mut name = database.into_os_string();
    name.push("-wal");
    let path = Path::new(&name);
    let mut before: Option<Checked> = None;
    for _ in 0..LOOKS {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CipherError::io("open the write-ahead log", path)(error)),
        };
        let mut now = Log::new(file, page_size_bytes, verifier)
            .and_then(Log::check)
            .map_err(CipherError::io("read the write-ahead log", path))?;
        if now.report.damaged.is_empty() {
            return Ok(Some(now));
        }
        // A frame that was half written is whole the next time: damaged is what stays so.
        if let Some(before) = before
            && before.salt == now.salt
        {
            let was_damaged = |frame: &DamagedFrame| before.report.damaged.contains(frame);
            now.report.damaged.retain(was_damaged);
            return Ok(Some(now));
        }
        before = Some(now);
    }
    // Begun anew at every look: whoever does that reads it, and would have met any damage.
    Ok(before.map(|mut checked| {
        checked.report.damaged.clear();
        checked
    }))
}

/// A log that is being read.
struct Log<'v> {
    /// As long as it was at first: a program that goes on writing must not keep the check from ending.
    file: BufReader<Take<File>>,
    size_bytes: u64,
    page: Vec<u8>,
    verifier: Option<&'v PageVerifier>,
    big_endian: bool,
    salt: [u8; 8],
    /// The checksum that the next frame goes on from, as the last one says and as it should be: a
    /// damaged frame does not make all after it look damaged.
    said: Checksum,
    computed: Checksum,
}

type Checksum = (u32, u32);

/// What belongs to transactions whose end has not been read yet.
#[derive(Default)]
struct Pending {
    frames: u64,
    authentic: u64,
    damaged: Vec<DamagedFrame>,
}

impl<'v> Log<'v> {
    fn new(
        file: File,
        page_size_bytes: usize,
        verifier: Option<&'v PageVerifier>,
    ) -> io::Result<Self> {
        let size_bytes = file.metadata()?.len();
        Ok(Self {
            size_bytes,
            file: BufReader::with_capacity(BUFFER_BYTES, file.take(size_bytes)),
            page: vec![0; page_size_bytes],
            verifier,
            big_endian: false,
            salt: [0; 8],
            said: (0, 0),
            computed: (0, 0),
        })
    }

    fn check(mut self) -> io::Result<Checked> {
        let mut checked = Checked {
            report: WalReport {
                size_bytes: self.size_bytes,
                frames_checked: 0,
                damaged: Vec::new(),
            },
            authentic_frames: 0,
            salt: [0; 8],
        };
        let mut header = [0; HEADER_BYTES];
        // Nothing was committed to a log without a whole header.
        if !fill(&mut self.file, &mut header)? {
            return Ok(checked);
        }
        let header_fits = self.header_fits(&header);
        checked.salt = self.salt;
        if !header_fits {
            checked.report.damaged.push(DamagedFrame {
                frame: 0,
                page: 0,
                fault: FrameFault::Header,
            });
            return Ok(checked);
        }
        let mut pending = Pending::default();
        let mut frame = 0;
        let mut frame_header = [0; FRAME_HEADER_BYTES];
        while fill(&mut self.file, &mut frame_header)? && fill(&mut self.file, &mut self.page)? {
            frame += 1;
            let has_salt = frame_header[8..16] == self.salt;
            self.check_frame(frame, &frame_header, &mut pending);
            let ends_transaction = word(&frame_header, 4) != 0;
            if has_salt && ends_transaction {
                let ended = std::mem::take(&mut pending);
                checked.report.frames_checked += ended.frames;
                checked.authentic_frames += ended.authentic;
                checked.report.damaged.extend(ended.damaged);
            }
        }
        Ok(checked)
    }

    /// Reads the header of the log, and says whether SQLite would.
    fn header_fits(&mut self, header: &[u8; HEADER_BYTES]) -> bool {
        let magic = word(header, 0);
        self.big_endian = magic & 1 == 1;
        self.salt.copy_from_slice(&header[16..24]);
        self.said = (word(header, 24), word(header, 28));
        self.computed = self.said;
        magic & !1 == MAGIC
            && word(header, 4) == FORMAT_VERSION
            && usize::try_from(word(header, 8)) == Ok(self.page.len())
            && self.checksum((0, 0), &header[..24]) == self.said
    }

    fn check_frame(&mut self, frame: u64, header: &[u8; FRAME_HEADER_BYTES], found: &mut Pending) {
        let page = word(header, 0);
        let stored = (word(header, 16), word(header, 20));
        let goes_on_from = |log: &Self, start| {
            let start = log.checksum(start, &header[..8]);
            log.checksum(start, &log.page)
        };
        let said = goes_on_from(self, self.said);
        let computed = goes_on_from(self, self.computed);
        let fits =
            page != 0 && header[8..16] == self.salt && (said == stored || computed == stored);
        (self.said, self.computed) = (stored, computed);
        found.frames += 1;
        let fault = match self.verifier {
            _ if !fits => FrameFault::Checksum,
            Some(verifier) if !verifier.page_is_authentic(&self.page, page) => FrameFault::Hmac,
            Some(_) => {
                found.authentic += 1;
                return;
            }
            None => return,
        };
        found.damaged.push(DamagedFrame { frame, page, fault });
    }

    /// Goes on with a checksum over whole pairs of words.
    fn checksum(&self, (mut first, mut second): Checksum, bytes: &[u8]) -> Checksum {
        for pair in bytes.chunks_exact(8) {
            let (x, y) = if self.big_endian {
                (word(pair, 0), word(pair, 4))
            } else {
                (word(pair, 0).swap_bytes(), word(pair, 4).swap_bytes())
            };
            first = first.wrapping_add(x).wrapping_add(second);
            second = second.wrapping_add(y).wrapping_add(first);
        }
        (first, second)
    }
}

/// Reads a big-endian integer of four bytes.
fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
    u32::from_be_bytes(word.unwrap_or_default())
}

/// Fills the buffer; `false` if the file ends before that.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
