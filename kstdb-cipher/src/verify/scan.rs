//! The check of every page of a file, on several threads, straight from the disk.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::page::PageVerifier;
use super::report::{DamagedPages, PageFault, PageReport};
use super::runs::{merge, push};
use super::wal;
use crate::inspect::absolute;
use crate::page_io::{self, RawFile};
use crate::stack::on_wiped_stack;
use crate::{CipherCompatibility, CipherError, CipherProfile, DerivedKey};

/// What a thread reads at once. Whole pages of every version fit in.
const CHUNK_BYTES: u64 = 512 * 1024;

/// Where SQLite locks a file. The page that holds this byte is never written:
/// <https://sqlite.org/fileformat.html#the_lock_byte_page>.
const LOCK_BYTE: u64 = 0x4000_0000;

/// Says how [`check_pages`] goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "options do nothing until they are given to check_pages"]
pub struct PageCheck {
    /// The format of the file. Default: that of [`CipherCompatibility::V4`].
    pub profile: CipherProfile,
    /// The number of threads. Default: as many as the machine runs at once.
    pub threads: Option<NonZeroUsize>,
}

impl PageCheck {
    /// Gives the defaults: a file of SQLCipher 4, and a thread for each core.
    pub fn new() -> Self {
        Self {
            profile: CipherCompatibility::default().profile(),
            threads: None,
        }
    }

    /// Sets the format of the file to that of a generation. Default: [`CipherCompatibility::V4`].
    pub fn compatibility(self, compatibility: CipherCompatibility) -> Self {
        self.profile(compatibility.profile())
    }

    /// Sets the format of the file.
    pub fn profile(mut self, profile: CipherProfile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the number of threads. Default: as many as the machine runs at once.
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = Some(threads);
        self
    }
}

impl Default for PageCheck {
    fn default() -> Self {
        Self::new()
    }
}

/// Checks the HMAC of every page of a database file, and of every committed frame of its
/// write-ahead log.
///
/// The bytes are read and authenticated, never decrypted; memory does not grow with the file. No
/// connection reads a page, nothing is locked or changed. What cannot be seen in this way: an older
/// copy of a page or of the whole file put back in its place, whole pages missing at the end
/// (`PRAGMA integrity_check` sees those), and anything at all in files of SQLCipher 1, which have no
/// HMAC.
///
/// The file may be in use. Whatever a checkpoint writes is authentic, so a page can only look
/// damaged while it is being written; each page that does is read again when all others have been.
/// For the log to be whole, hold a read transaction: SQLite begins a log anew only if nobody reads
/// it.
///
/// `progress` is told how many bytes of how many have been checked, from any of the threads; with
/// [`ControlFlow::Break`] the check ends.
///
/// This blocks, for about a second per gibibyte and core.
///
/// # Errors
///
/// - [`CipherError::WrongKey`]: not one page fits the key
/// - [`CipherError::Cancelled`]: `progress` said so
/// - [`CipherError::InvalidPath`], [`Io`](CipherError::Io), [`Sqlite`](CipherError::Sqlite): the
///   file cannot be read
/// - [`CipherError::NotADatabase`]: the file has not even one page, or more than any database
///
/// # Example
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if !kstdb_cipher::is_sqlcipher_available() { return Ok(()) }
/// use std::ops::ControlFlow::Continue;
/// use kstdb_cipher::{CipherKey, PageCheck, UnlockOptions, check_pages, unlock};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("app.db");
/// let key = CipherKey::passphrase("correct horse battery staple")?;
/// let unlocked = unlock(&path, &key, &UnlockOptions::new().create_if_missing(true))?;
/// let report = check_pages(&path, &unlocked.derived, &PageCheck::new(), &|_, _| Continue(()))?;
/// assert!(report.is_sound());
/// # Ok(())
/// # }
/// ```
pub fn check_pages(
    path: &Path,
    key: &DerivedKey,
    options: &PageCheck,
    progress: &(dyn Fn(u64, u64) -> ControlFlow<()> + Sync),
) -> Result<PageReport, CipherError> {
    let path = absolute(path)?;
    on_wiped_stack(|| check_file(path, key, options, progress))
}

fn check_file(
    path: PathBuf,
    key: &DerivedKey,
    options: &PageCheck,
    progress: &(dyn Fn(u64, u64) -> ControlFlow<()> + Sync),
) -> Result<PageReport, CipherError> {
    let connection = page_io::open(&path)?;
    let file = RawFile::of(&connection)?;
    let size_bytes = file.size_bytes()?;
    let profile = options.profile;
    let page_size = profile.page_size_bytes as u64;
    let page_count = u32::try_from(size_bytes / page_size).unwrap_or(0);
    if page_count == 0 {
        return Err(CipherError::NotADatabase { path, size_bytes });
    }
    let verifier = PageVerifier::new(key, profile);
    let mut damaged = Vec::new();
    let mut pages_checked = 0;
    if let Some(verifier) = &verifier {
        let scan = Scan {
            path: &path,
            verifier,
            page_size,
            page_count,
            next_chunk: AtomicU64::new(0),
            pages_done: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            progress,
        };
        damaged = merge(scan.run(options.threads)?);
        pages_checked = scan.pages_done.into_inner();
    }
    let wal = wal::check(&path, profile.page_size_bytes, verifier.as_ref())?;
    let not_one_fits = pages_checked == pages_that_do_not_fit(&damaged);
    let log_fits = wal.as_ref().is_some_and(|wal| wal.authentic_frames > 0);
    if verifier.is_some() && not_one_fits && !log_fits {
        return Err(CipherError::WrongKey { path });
    }
    if let Some(verifier) = &verifier {
        damaged = look_again(&file, verifier, &damaged)?;
    }
    damaged.extend(short_page(&file, page_size)?);
    Ok(PageReport {
        size_bytes,
        page_size_bytes: profile.page_size_bytes,
        authenticated: verifier.is_some(),
        pages_checked,
        damaged,
        wal: wal.map(|wal| wal.report),
        path,
    })
}

/// Counts the pages that were not written under the key.
fn pages_that_do_not_fit(damaged: &[DamagedPages]) -> u64 {
    let runs = damaged.iter().filter(|run| run.fault != PageFault::Salt);
    runs.map(DamagedPages::count).sum()
}

/// One pass over the whole pages of a file.
struct Scan<'a> {
    path: &'a Path,
    verifier: &'a PageVerifier,
    page_size: u64,
    page_count: u32,
    next_chunk: AtomicU64,
    pages_done: AtomicU64,
    stopped: AtomicBool,
    progress: &'a (dyn Fn(u64, u64) -> ControlFlow<()> + Sync),
}

impl Scan<'_> {
    /// Runs on this thread and as many more as were asked for and can be had.
    fn run(&self, threads: Option<NonZeroUsize>) -> Result<Vec<DamagedPages>, CipherError> {
        let threads = threads
            .or_else(|| thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get);
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads)
                .map_while(|_| {
                    let name = "kstdb-verify".to_owned();
                    let builder = thread::Builder::new().name(name);
                    builder
                        .spawn_scoped(scope, || on_wiped_stack(|| self.work()))
                        .ok()
                })
                .collect();
            let mut result = self.work();
            for other in others {
                let found = other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                result = result.and_then(|mut damaged| {
                    damaged.extend(found?);
                    Ok(damaged)
                });
            }
            result
        })
    }

    fn work(&self) -> Result<Vec<DamagedPages>, CipherError> {
        let result = self.check_chunks();
        if result.is_err() {
            self.stopped.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Checks chunks until there are no more. Each thread has a file handle of its own: SQLite's
    /// are for one thread at a time.
    fn check_chunks(&self) -> Result<Vec<DamagedPages>, CipherError> {
        let connection = page_io::open(self.path)?;
        let file = RawFile::of(&connection)?;
        let chunk_pages = CHUNK_BYTES / self.page_size;
        let mut buffer = vec![0; usize::try_from(CHUNK_BYTES).unwrap_or(usize::MAX)];
        let mut damaged = Vec::new();
        while !self.stopped.load(Ordering::Relaxed) {
            let first = self.next_chunk.fetch_add(1, Ordering::Relaxed) * chunk_pages;
            let count = chunk_pages.min(u64::from(self.page_count).saturating_sub(first));
            let Ok(first) = u32::try_from(first) else {
                break;
            };
            if count == 0 {
                break;
            }
            let length = usize::try_from(count * self.page_size).unwrap_or(usize::MAX);
            let chunk = &mut buffer[..length];
            // A file that has become shorter has fewer pages, which is no damage: see `look_again`.
            if !file.read_at(chunk, u64::from(first) * self.page_size)? {
                chunk.fill(0);
            }
            let checked = check_chunk(self.verifier, chunk, first, &mut damaged);
            let pages_done = self.pages_done.fetch_add(checked, Ordering::Relaxed) + checked;
            let (done, all) = (
                pages_done * self.page_size,
                u64::from(self.page_count) * self.page_size,
            );
            if (self.progress)(done, all).is_break() {
                return Err(CipherError::Cancelled);
            }
        }
        Ok(damaged)
    }
}

/// Checks the pages after the first `skipped` ones, and says how many those were.
fn check_chunk(
    verifier: &PageVerifier,
    chunk: &[u8],
    skipped: u32,
    damaged: &mut Vec<DamagedPages>,
) -> u64 {
    let mut checked = 0;
    let pages = chunk.chunks_exact(verifier.page_size_bytes());
    for (page, number) in pages.zip(skipped + 1..) {
        if is_lock_page(number, verifier.page_size_bytes() as u64) {
            continue;
        }
        checked += 1;
        if let Some(fault) = fault(verifier, page, number) {
            push(damaged, number, fault);
        }
    }
    checked
}

/// Says what is wrong with a page.
fn fault(verifier: &PageVerifier, page: &[u8], number: u32) -> Option<PageFault> {
    if verifier.page_is_authentic(page, number) {
        let salt_is_lost = number == 1 && !page.starts_with(&verifier.salt());
        salt_is_lost.then_some(PageFault::Salt)
    } else if page.iter().all(|byte| *byte == 0) {
        Some(PageFault::Zeros)
    } else {
        Some(PageFault::Hmac)
    }
}

fn is_lock_page(number: u32, page_size: u64) -> bool {
    u64::from(number) == LOCK_BYTE / page_size + 1
}

/// Reads the damaged pages once more: a checkpoint can have been in the middle of one, or have
/// made the file shorter.
fn look_again(
    file: &RawFile<'_>,
    verifier: &PageVerifier,
    runs: &[DamagedPages],
) -> Result<Vec<DamagedPages>, CipherError> {
    let mut damaged = Vec::new();
    let mut page = vec![0; verifier.page_size_bytes()];
    for run in runs {
        for number in run.first..=run.last {
            let offset = u64::from(number - 1) * page.len() as u64;
            if file.read_at(&mut page, offset)?
                && let Some(fault) = fault(verifier, &page, number)
            {
                push(&mut damaged, number, fault);
            }
        }
    }
    Ok(damaged)
}

/// The page in whose middle the file ends.
fn short_page(file: &RawFile<'_>, page_size: u64) -> Result<Option<DamagedPages>, CipherError> {
    let size_bytes = file.size_bytes()?;
    let rest = size_bytes % page_size;
    let number = u32::try_from(size_bytes / page_size + 1).unwrap_or(u32::MAX);
    Ok((rest != 0).then_some(DamagedPages {
        first: number,
        last: number,
        fault: PageFault::Short { size_bytes: rest },
    }))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretBox;

    use super::*;
    use crate::{CipherKey, PageSize, RAW_KEY_BYTES, SALT_BYTES};

    #[test]
    fn the_page_that_is_never_written_is_not_checked() {
        let raw = SecretBox::new(Box::new([7; RAW_KEY_BYTES]));
        let profile = CipherProfile::default().page_size(PageSize::Bytes65536);
        let key = DerivedKey::derive(&CipherKey::raw_key(raw), [1; SALT_BYTES], profile);
        let verifier = PageVerifier::new(&key, profile);
        let zeros = vec![0; 3 * profile.page_size_bytes];
        let mut damaged = Vec::new();
        // At 1 GiB.
        let checked = verifier.map(|verifier| check_chunk(&verifier, &zeros, 16_383, &mut damaged));
        let pages: Vec<_> = damaged.iter().map(|run| (run.first, run.last)).collect();
        assert_eq!(
            (checked, pages),
            (Some(2), vec![(16_384, 16_384), (16_386, 16_386)])
        );
    }

    #[test]
    fn the_page_that_sqlite_locks_is_known_for_each_page_size() {
        assert!(is_lock_page(262_145, 4096));
        assert!(is_lock_page(1_048_577, 1024));
        assert!(!is_lock_page(262_144, 4096));
    }
}
