//! Whether the bytes of a database file are the ones that were written under its key, page by page.

mod page;
mod report;
mod runs;
mod scan;
mod wal;

pub use report::{DamagedFrame, DamagedPages, FrameFault, PageFault, PageReport, WalReport};
pub use scan::{PageCheck, check_pages};

pub(crate) use page::PageVerifier;
