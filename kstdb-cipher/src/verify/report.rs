//! What a check of all pages found.

use std::fmt;
use std::path::PathBuf;

/// Says what [`check_pages`](crate::check_pages) found in a database file and its write-ahead log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageReport {
    /// The absolute path of the file.
    pub path: PathBuf,
    /// The size of the file, in bytes.
    pub size_bytes: u64,
    /// The size of a page, in bytes.
    pub page_size_bytes: usize,
    /// Whether pages carry an HMAC. Without one ([`CipherCompatibility::V1`]) only the size of the
    /// file and the checksums of the log can be checked.
    ///
    /// [`CipherCompatibility::V1`]: crate::CipherCompatibility::V1
    pub authenticated: bool,
    /// How many pages were checked against their HMAC.
    pub pages_checked: u64,
    /// The damaged pages of the file, in ascending order.
    pub damaged: Vec<DamagedPages>,
    /// The write-ahead log; `None` if there is none.
    pub wal: Option<WalReport>,
}

/// Names damaged pages that follow each other, with what is wrong with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamagedPages {
    /// The number of the first one; the first page of a file is number 1.
    pub first: u32,
    /// The number of the last one.
    pub last: u32,
    /// What is wrong with each of them.
    pub fault: PageFault,
}

/// Says what is wrong with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageFault {
    /// The page is not what was written at this place under this key.
    #[error("does not fit its HMAC")]
    Hmac,
    /// The first page, whose HMAC fits, does not begin with the salt of the key. Connections that
    /// have the key already do not miss it; without a copy of the salt nobody opens the file again.
    #[error("does not begin with the salt of the key")]
    Salt,
    /// The page has nothing but zeros, as when a write was lost or a block was given up. SQLCipher
    /// writes free pages as well, unless `PRAGMA secure_delete = OFF` kept it from that: then it
    /// cannot read them either, and `VACUUM` removes them.
    #[error("is all zeros")]
    Zeros,
    /// The file ends in the middle of the page.
    #[error("ends after {size_bytes} bytes")]
    Short {
        /// How much of the page there is, in bytes.
        size_bytes: u64,
    },
}

/// Says what was found in the [write-ahead log](https://sqlite.org/walformat.html).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalReport {
    /// The size of the log, in bytes; what was used before and is free again counts.
    pub size_bytes: u64,
    /// How many frames of committed transactions were checked.
    pub frames_checked: u64,
    /// The damaged frames, in ascending order. SQLite reads the log up to the first one whose
    /// checksum does not fit, and forgets the rest.
    pub damaged: Vec<DamagedFrame>,
}

/// Names a damaged frame of the write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamagedFrame {
    /// The number of the frame: the first one is 1, and 0 is the header of the log.
    pub frame: u64,
    /// The number of the page that the frame says it holds.
    pub page: u32,
    /// What is wrong with it.
    pub fault: FrameFault,
}

/// Says what is wrong with a frame of the write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameFault {
    /// The header of the log is damaged: SQLite takes the log for empty.
    #[error("the header of the log is damaged")]
    Header,
    /// The frame does not fit its checksum, and a transaction was committed in it or after it. A
    /// power cut in the middle of the very last commit looks the same.
    #[error("does not fit its checksum")]
    Checksum,
    /// The checksum fits, but the page is not one that was written under the key.
    #[error("does not fit its HMAC")]
    Hmac,
}

impl PageReport {
    /// Says whether nothing damaged was found.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let wal_is_sound = self.wal.as_ref().is_none_or(|wal| wal.damaged.is_empty());
        self.damaged.is_empty() && wal_is_sound
    }

    /// Counts the damaged pages of the file.
    #[must_use]
    pub fn damaged_pages(&self) -> u64 {
        self.damaged.iter().map(DamagedPages::count).sum()
    }
}

impl DamagedPages {
    /// Counts the pages.
    #[must_use]
    pub fn count(&self) -> u64 {
        u64::from(self.last - self.first) + 1
    }
}

impl fmt::Display for DamagedPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, fault } = self;
        if first == last {
            write!(f, "page {first} {fault}")
        } else {
            write!(f, "pages {first} to {last}: each {fault}")
        }
    }
}

impl fmt::Display for DamagedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frame, page, fault } = self;
        match fault {
            FrameFault::Header => fault.fmt(f),
            FrameFault::Checksum | FrameFault::Hmac => {
                write!(f, "frame {frame} of the log (page {page}) {fault}")
            }
        }
    }
}
