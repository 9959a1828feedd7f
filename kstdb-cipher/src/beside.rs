//! What lies beside a database file and takes the place of its first page: a write-ahead log, in
//! which SQLite reads it, and a rollback journal, out of which SQLite puts it back.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::apply::{read_schema, speaks_of_the_key};
use crate::first_page;
use crate::inspect::sidecar_path;
use crate::wal_format::{FRAME_HEADER_BYTES, HEADER_BYTES, LogHeader, fill, log_path, word};
use crate::{CipherError, CipherProfile, Damage, DerivedKey, no_follow, page_io};

/// How long a lock is waited for, as on every connection of rusqlite that says nothing else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Refuses the write-ahead log of a database if it says of its pages what is not so: that they have
/// another size, or, in an authentic copy of the first page, what
/// [`apply_derived_key`](crate::apply_derived_key) refuses in the file itself.
///
/// [`unlock()`](crate::unlock()) and [`opens()`](crate::opens) ask this themselves. For a file that
/// a program opens in another way it comes before the first read, in which SQLite takes the log's
/// copy of a page for the page.
///
/// Nothing is locked or changed. Of each frame the header is read (24 bytes), and the page if it is
/// the first one; a log that is not there is no error.
///
/// # Errors
///
/// - [`CipherError::Damaged`]: [`Damage::FalseLog`] or [`Damage::FalseHeader`]
/// - [`CipherError::WrongKey`]: log and file have pages of another size, or of another key
/// - [`CipherError::Io`], [`CipherError::Sqlite`]: the log or the file cannot be read
pub fn check_log(
    database: &Path,
    key: &DerivedKey,
    profile: impl Into<CipherProfile>,
) -> Result<(), CipherError> {
    let profile = profile.into();
    let log = log_path(database);
    let damage = match open(&log) {
        Ok(Some(log)) => look(log, key, profile),
        Ok(None) => return Ok(()),
        Err(error) => Err(error),
    };
    let path = || database.to_path_buf();
    match damage.map_err(CipherError::io("read the write-ahead log", &log))? {
        // Which of the two is right, the file says.
        Some(Damage::FalseLog { .. }) if !first_page_fits(database, key, profile)? => {
            Err(CipherError::WrongKey { path: path() })
        }
        Some(damage) => Err(CipherError::Damaged {
            path: path(),
            damage,
        }),
        None => Ok(()),
    }
}

fn first_page_fits(
    database: &Path,
    key: &DerivedKey,
    profile: CipherProfile,
) -> Result<bool, CipherError> {
    let page = first_page::read(&page_io::open(database)?, profile)?;
    Ok(first_page::fits(&page, key, profile))
}

/// Opens a log; `None` if there is no such file.
fn open(path: &Path) -> io::Result<Option<File>> {
    let opened = path.metadata().and_then(|found| {
        let is_file = found.is_file();
        is_file.then(|| File::open(path)).transpose()
    });
    match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        opened => opened,
    }
}

/// Looks at each copy of the first page, committed or not, up to the first frame that SQLite would
/// not read.
fn look(mut log: File, key: &DerivedKey, profile: CipherProfile) -> io::Result<Option<Damage>> {
    let page_bytes = profile.page_size_bytes as u64;
    let size_bytes = log.metadata()?.len();
    let mut header = [0; HEADER_BYTES];
    if !fill(&mut log, &mut header)? {
        return Ok(None);
    }
    let Some(header) = LogHeader::read(&header) else {
        return Ok(None);
    };
    if u64::from(header.page_size_bytes) != page_bytes {
        return Ok(Some(Damage::FalseLog {
            page_size_bytes: header.page_size_bytes,
        }));
    }
    let mut page = vec![0; profile.page_size_bytes];
    let mut frame = [0; FRAME_HEADER_BYTES];
    let frame_bytes = FRAME_HEADER_BYTES as u64 + page_bytes;
    // As many as there are now: who goes on writing must not keep the look from ending.
    for number in 0..size_bytes / frame_bytes {
        log.seek(SeekFrom::Start(HEADER_BYTES as u64 + number * frame_bytes))?;
        if !fill(&mut log, &mut frame)? || frame[8..16] != header.salt {
            break;
        }
        if word(&frame, 0) == 1
            && fill(&mut log, &mut page)?
            && let Some(damage) = first_page::damage(&page, key, profile)
        {
            return Ok(Some(damage));
        }
    }
    Ok(None)
}

/// Has SQLite roll back the transaction that a crash left half done, on a connection without a key,
/// which takes no page for what it says.
///
/// The first connection with a key would do the same, and then read what has come back at once.
pub(crate) fn roll_back(database: &Path, patience: Duration) -> Result<(), CipherError> {
    if !has_journal(database) {
        return Ok(());
    }
    let connection = open_to_look(database, patience)?;
    match read_schema(&connection) {
        // That it has no key.
        Err(error) if speaks_of_the_key(&error) => Ok(()),
        answer => answer.map_err(CipherError::sqlite("read the schema")),
    }
}

/// Opens a database for a look: closing leaves a write-ahead log alone, as it must with a wrong key.
pub(crate) fn open_to_look(database: &Path, patience: Duration) -> Result<Connection, CipherError> {
    let connection = no_follow::open(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(CipherError::sqlite("open the database"))?;
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .and_then(|_| connection.busy_timeout(patience))
        .map_err(CipherError::sqlite("configure the connection"))?;
    Ok(connection)
}

/// Says whether there is a journal that can count: its header is zeroed or cut off when the
/// transaction ends. SQLite locks no journal, so that it may be read here.
fn has_journal(database: &Path) -> bool {
    let mut first = [0];
    let journal = open(&sidecar_path(database, "-journal"));
    let read =
        journal.is_ok_and(|file| file.is_some_and(|mut file| file.read_exact(&mut first).is_ok()));
    read && first != [0]
}
