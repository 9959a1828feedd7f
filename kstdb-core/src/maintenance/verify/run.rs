//! The order of a verification: pages first, then what only an open database can say.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use kstdb_cipher::{CipherError, CipherKey, PageCheck, PageReport, inspect};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::structure;
use super::{VerifyLevel, VerifyOptions, VerifyReport};
use crate::error::DatabaseError;
use crate::maintenance::MaintenanceError;
use crate::maintenance::access::Access;
use crate::maintenance::blocking::{blocking, while_open};
use crate::maintenance::failure::Failure;
use crate::maintenance::journal::is_unfinished;
use crate::maintenance::progress::{Observer, Progress, Step};
use crate::open::FileKey;
use crate::pool::PoolInner;

/// Where `cipher_integrity_check` of a SQLCipher before 4.11 goes wrong.
const CIPHER_CHECK_LIMIT_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Verifies a database file that no pool of this program needs to have open.
///
/// Unlike opening it, this works with a damaged first page, too: the pages are read from the disk
/// and held against the key, and a page that fits is the proof of the key. Nothing is changed: with
/// [`VerifyLevel::Pages`] the file is not even opened as a database, nor decrypted: what an authentic
/// first page says falsely of all pages is found on the other levels only. The file may be in use: see
/// [`AsyncDatabase::verify`](crate::AsyncDatabase::verify).
///
/// # Errors
/// - [`DatabaseError::Encryption`]: no page fits the key, or there is no such encrypted database.
/// - [`MaintenanceError::Unfinished`]: a rollback journal is beside the file, so that what is in it
///   is not what it is to be. Opened as a database, it would be rolled back.
/// - [`MaintenanceError::InUse`]: somebody has the file for himself.
/// - [`MaintenanceError::Stopped`]: the listener of the progress said so.
/// - [`DatabaseError::Maintenance`]: the file cannot be read.
///
/// # Cancel safety
/// Dropping the future stops the verification.
///
/// # Example
/// ```
/// use kstdb_core::maintenance::{VerifyLevel, VerifyOptions, verify};
/// # use kstdb_core::{AsyncDatabase, CipherKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if !kstdb_core::is_sqlcipher_available() { return Ok(()) }
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("app.db");
/// # AsyncDatabase::builder(&path).passphrase("correct horse").connect().await?.close().await?;
/// let key = CipherKey::passphrase("correct horse")?;
/// let options = VerifyOptions::new().level(VerifyLevel::Pages);
/// let report = verify(&path, Some(key.into()), &options).await?;
/// for finding in report.findings() {
///     println!("{finding}");
/// }
/// # assert!(report.is_sound());
/// # Ok(())
/// # }
/// ```
pub async fn verify(
    path: impl AsRef<Path>,
    key: Option<Arc<CipherKey>>,
    options: &VerifyOptions,
) -> Result<VerifyReport, DatabaseError> {
    let (path, settings) = (path.as_ref().to_owned(), options.clone());
    blocking(&options.observer, move |observer| {
        let options = settings;
        let (path, access) = Access::of_file(
            &path,
            key.as_deref(),
            options.profile,
            options.follow_symlinks,
        )?;
        if is_unfinished(&path) {
            return Err(MaintenanceError::Unfinished { path }.into());
        }
        run(&path, &access, &options, observer)
            .map_err(|error| Access::explain(error, &path, key.as_deref(), options.profile))
    })
    .await
}

/// Verifies the database of a pool, which goes on working.
///
/// Only a checkpoint changes the pages of the file, and every page that it writes is authentic. A
/// read transaction keeps the write-ahead log from being begun anew while it is read. So nobody has
/// to wait: a page or frame that looks damaged can only be one in the middle of being written, and
/// is looked at again later.
pub(in crate::maintenance) async fn verify_pool(
    pool: &Arc<PoolInner>,
    options: &VerifyOptions,
) -> Result<VerifyReport, DatabaseError> {
    let path = pool.file().ok_or(MaintenanceError::InMemory)?.to_owned();
    let access = Access::of(pool)?;
    let settings = options.clone();
    while_open(pool, &options.observer, move |observer| {
        run(&path, &access, &settings, observer)
    })
    .await
}

/// Verifies a file. Blocks.
fn run(
    path: &Path,
    access: &Access,
    options: &VerifyOptions,
    observer: &Observer,
) -> Result<VerifyReport, DatabaseError> {
    let failure = Failure::on(path);
    let mut report = VerifyReport {
        path: path.to_owned(),
        pages: None,
        integrity: None,
        foreign_keys: None,
        cipher: None,
    };
    if let (VerifyLevel::Pages, Access::Keyed(key)) = (options.level, access) {
        // What looks damaged in a log that is in use is looked at again until it is certain.
        report.pages = Some(check_pages(path, key, options.threads, observer)?);
        return Ok(report);
    }
    // A log that is there stays as it is, damaged or not.
    let keep_log = inspect(path)?.sidecars.wal.present;
    let sql = match (access.open(path), access) {
        // Every page can be authentic, and one of them a trap.
        (
            Err(DatabaseError::Encryption(CipherError::Damaged { damage, .. })),
            Access::Keyed(key),
        ) => {
            let pages = check_pages(path, key, options.threads, observer)?;
            report.does_not_open(pages, &damage);
            return Ok(report);
        }
        (opened, _) => opened?,
    };
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep_log)
        .and_then(|_| sql.execute_batch("PRAGMA ignore_check_constraints = OFF"))
        .map_err(failure.to("configure the connection"))?;
    if let Access::Keyed(key) = access {
        let begun = hold_log(&sql);
        let pages = check_pages(path, key, options.threads, observer)?;
        let ended = begun.and_then(|()| sql.execute_batch("COMMIT"));
        if let Err(error) = ended {
            let source = match failure.to("read the database")(error) {
                DatabaseError::Maintenance(MaintenanceError::Sqlite { source, .. }) => source,
                // Nothing is wrong with the file, and nothing is known of it.
                busy => return Err(busy),
            };
            report.does_not_open(pages, &source);
            return Ok(report);
        }
        report.pages = Some(pages);
    }
    if options.level >= VerifyLevel::Structure {
        observer.watch(&sql)?;
        if options.level >= VerifyLevel::Everything && may_ask_sqlcipher(report.pages.as_ref()) {
            report.cipher = Some(structure::cipher(&sql)?);
        }
        // A connection that has met a damaged page calls every page after it damaged.
        if report.pages.as_ref().is_none_or(PageReport::is_sound) {
            let mut faults = structure::integrity(&sql)?;
            report.foreign_keys = Some(structure::references(&sql, &mut faults)?);
            report.integrity = Some(faults);
        }
    }
    Ok(report)
}

impl VerifyReport {
    /// Takes down why the database does not open: the pages that are damaged say it, and without
    /// them this does.
    fn does_not_open(&mut self, pages: PageReport, why: &dyn Display) {
        if pages.is_sound() {
            let finding = format!("the database does not open: {why}");
            self.integrity = Some(vec![finding]);
        }
        self.pages = Some(pages);
    }
}

/// Begins to read, so that nobody begins the log anew.
fn hold_log(sql: &Connection) -> rusqlite::Result<()> {
    sql.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")
}

/// Checks every page of a file. Blocks.
pub(in crate::maintenance) fn check_pages(
    path: &Path,
    key: &FileKey,
    threads: Option<std::num::NonZeroUsize>,
    observer: &Observer,
) -> Result<PageReport, DatabaseError> {
    let mut check = PageCheck::new().profile(key.profile);
    check.threads = threads;
    let page_bytes = key.profile.page_size_bytes as u64;
    let progress = |done: u64, all: u64| {
        let progress = Progress::new(Step::Verify, done / page_bytes, all / page_bytes);
        observer.go_on(progress)
    };
    kstdb_cipher::check_pages(path, &key.derived, &check, &progress).map_err(|error| match error {
        CipherError::Cancelled => MaintenanceError::Stopped.into(),
        error => error.into(),
    })
}

/// Fails unless every page of a file fits its HMAC, if its pages have one. Blocks.
pub(in crate::maintenance) fn prove_pages(
    path: &Path,
    access: &Access,
    failure: Failure<'_>,
    observer: &Observer,
) -> Result<(), DatabaseError> {
    let Access::Keyed(key) = access else {
        return Ok(());
    };
    if !key.profile.uses_hmac() {
        return Ok(());
    }
    match check_pages(path, key, None, observer)?.damaged.first() {
        Some(damaged) => Err(failure.damaged(damaged.to_string())),
        None => Ok(()),
    }
}

/// Whether SQLCipher's own check means something here.
fn may_ask_sqlcipher(pages: Option<&PageReport>) -> bool {
    let Some(pages) = pages.filter(|pages| pages.authenticated) else {
        return false;
    };
    let version = kstdb_cipher::library().cipher_version.unwrap_or_default();
    let mut numbers = version
        .split(['.', ' '])
        .map_while(|part| part.parse().ok());
    let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (4, 11) || pages.size_bytes < CIPHER_CHECK_LIMIT_BYTES
}
