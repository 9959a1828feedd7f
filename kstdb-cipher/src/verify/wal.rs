//! The check of the write-ahead log.
//!
//! A frame counts if it has the header's salt, its checksum, which goes on from that of the frame
//! before it, fits, and it or a later one ends a transaction. SQLite checks that only after a crash;
//! the HMAC of the page in it, when it reads the page.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read as _, Take};
use std::path::Path;

use super::page::PageVerifier;
use super::report::{DamagedFrame, FrameFault, WalReport};
use crate::CipherError;
use crate::wal_format::{
    Checksum, FRAME_HEADER_BYTES, HEADER_BYTES, LogHeader, checksum, fill, log_path, word,
};

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
pub(super) fn check(
    database: &Path,
    page_size_bytes: usize,
    verifier: Option<&PageVerifier>,
) -> Result<Option<Checked>, CipherError> {
    let path = &*log_path(database);
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
        self.salt.copy_from_slice(&header[16..24]);
        let Some(header) = LogHeader::read(header) else {
            return false;
        };
        self.big_endian = header.big_endian;
        self.said = header.checksum;
        self.computed = self.said;
        usize::try_from(header.page_size_bytes) == Ok(self.page.len())
    }

    fn check_frame(&mut self, frame: u64, header: &[u8; FRAME_HEADER_BYTES], found: &mut Pending) {
        let page = word(header, 0);
        let stored = (word(header, 16), word(header, 20));
        let goes_on_from = |log: &Self, start| {
            let start = checksum(log.big_endian, start, &header[..8]);
            checksum(log.big_endian, start, &log.page)
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
}
