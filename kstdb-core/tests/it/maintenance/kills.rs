//! `kill -9` at any moment: no row is lost, no file without a key that opens it, nothing in clear
//! is left behind, and the next opening tidies up.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kstdb_core::cipher::inspect;
use kstdb_core::maintenance::{MaintenanceOptions, RekeyOptions, decrypt, encrypt};
use kstdb_core::{
    AssertSqlSafe, AsyncDatabase, CipherProfile, DatabaseBuilder, DatabaseError, DbConfig, PageSize,
};

use super::killing::{BEGUN, DONE, Moments, Worker, contents, nothing_in_clear};
use crate::support::{Files, TestResult, child, is_child, raw_key};

const WORKER: &str = "maintenance::kills::worker";
const FILE_VARIABLE: &str = "KSTDB_CORE_TEST_FILE";
const WORK_VARIABLE: &str = "KSTDB_CORE_TEST_WORK";

/// In every row: it must not be in any file once the database is encrypted.
const SENTINEL: &str = "sentinel-in-clear";

/// More than SQLite keeps in memory: some pages are written before the transaction ends.
const ROWS: i64 = 5_000;
const OLD: u8 = 7;
const NEW: u8 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// Another key for the pages where they are.
    Rekey,
    /// Pages of another size: all goes into a new file.
    Reformat,
    Encrypt,
    Decrypt,
}

/// How a file is opened: without a key, or with this one and this format.
type Form = Option<(u8, CipherProfile)>;

/// When the worker is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    After(Duration),
    /// As soon as a file beside the database has so many bytes.
    Grown(&'static str, u64),
    /// As soon as there is no such file any more, which was there.
    Gone(&'static str),
    /// As soon as the name leads to another file.
    Replaced,
}

fn large_pages() -> CipherProfile {
    CipherProfile::default().page_size(PageSize::Bytes8192)
}

impl Work {
    const ALL: [Self; 4] = [Self::Rekey, Self::Reformat, Self::Encrypt, Self::Decrypt];

    const fn name(self) -> &'static str {
        match self {
            Self::Rekey => "rekey",
            Self::Reformat => "reformat",
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
        }
    }

    /// The database before, and after.
    fn forms(self) -> [Form; 2] {
        let usual = CipherProfile::default();
        match self {
            Self::Rekey => [Some((OLD, usual)), Some((NEW, usual))],
            Self::Reformat => [Some((OLD, usual)), Some((NEW, large_pages()))],
            Self::Encrypt => [None, Some((NEW, usual))],
            Self::Decrypt => [Some((OLD, usual)), None],
        }
    }

    /// Whether nothing may be in clear in a file, also before it is opened again.
    fn is_never_in_clear(self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match self {
            Self::Rekey | Self::Reformat => true,
            Self::Encrypt => name.starts_with(".app.db"),
            Self::Decrypt => false,
        }
    }

    async fn run(self, path: &Path) -> Result<(), DatabaseError> {
        let options = MaintenanceOptions::new();
        match self {
            Self::Rekey => {
                let db = open(path, self.forms()[0]).await?;
                db.rekey(raw_key(NEW)).await
            }
            Self::Reformat => {
                let db = open(path, self.forms()[0]).await?;
                let options = RekeyOptions::new().profile(large_pages());
                db.rekey_with(raw_key(NEW), &options).await
            }
            Self::Encrypt => encrypt(path, raw_key(NEW), &options).await,
            Self::Decrypt => decrypt(path, raw_key(OLD), &options).await,
        }
    }

    /// The steps that can be seen from outside.
    fn steps(self, size: u64) -> Vec<Moment> {
        let mut steps = vec![Moment::Gone("app.db-wal")];
        if self == Self::Rekey {
            for part in [0, 1, 2, 3, 4] {
                steps.push(Moment::Grown("app.db-journal", size * part / 4));
            }
            steps.push(Moment::Gone("app.db-journal"));
        } else {
            for part in [0, 1, 2, 3] {
                steps.push(Moment::Grown(".app.db.kstdb-new", size * part / 4));
            }
            steps.push(Moment::Grown(".app.db.kstdb-new-wal", 0));
            steps.push(Moment::Gone(".app.db.kstdb-new-wal"));
            steps.push(Moment::Replaced);
        }
        steps
    }
}

fn builder(path: &Path, form: Form) -> DatabaseBuilder {
    let builder = AsyncDatabase::builder(path).config(DbConfig::default());
    match form {
        Some((byte, profile)) => builder.key(raw_key(byte)).cipher_profile(profile),
        None => builder,
    }
}

async fn open(path: &Path, form: Form) -> Result<AsyncDatabase, DatabaseError> {
    builder(path, form).create_if_missing(false).connect().await
}

/// Makes a database as a crash of its program leaves it: half of its rows in the log.
async fn template(form: Form) -> TestResult<Files> {
    let (files, copied) = (Files::in_memory()?, Files::in_memory()?);
    let db = builder(&files.db(), form)
        .max_connections(1)
        .connect()
        .await?;
    db.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, b BLOB)",
        (),
    )
    .await?;
    let fill = format!(
        "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
         INSERT INTO t SELECT i, '{SENTINEL} ' || i, randomblob(400) FROM n"
    );
    db.execute(AssertSqlSafe(fill.clone()), (1, ROWS / 2))
        .await?;
    db.execute("CREATE INDEX by_v ON t (v)", ()).await?;
    db.fetch_optional::<(i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)", ())
        .await?;
    db.execute(AssertSqlSafe(fill), (ROWS / 2 + 1, ROWS))
        .await?;
    for name in ["app.db", "app.db-wal"] {
        fs::copy(files.path(name), copied.path(name))?;
    }
    db.close().await?;
    Ok(copied)
}

/// All that the rows say, in one number each.
const SUMMARY: &str = "SELECT count(*), sum(id), sum(length(v) + length(b)) FROM t";

/// Opens the database as the next run of its program would, and says which form it has.
async fn recover(path: &Path, forms: [Form; 2]) -> TestResult<Form> {
    for form in forms {
        let db = match open(path, form).await {
            Ok(db) => db,
            Err(DatabaseError::Encryption(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let found: (i64, i64, i64) = db.fetch_one(SUMMARY, ()).await?;
        let bytes = ROWS * 400 + (1..=ROWS).map(row_text_bytes).sum::<i64>();
        if found != (ROWS, ROWS * (ROWS + 1) / 2, bytes) {
            return Err(format!("rows are lost: {found:?}").into());
        }
        let check: String = db.fetch_value("PRAGMA integrity_check", ()).await?;
        if check != "ok" {
            return Err(format!("the database is damaged: {check}").into());
        }
        db.close().await?;
        return Ok(form);
    }
    Err("no key opens the file".into())
}

fn row_text_bytes(id: i64) -> i64 {
    i64::try_from(SENTINEL.len() + 1 + id.to_string().len()).unwrap_or_default()
}

/// Starts a worker on a database.
fn start(work: Work, path: &Path) -> TestResult<Worker> {
    let mut command = child(WORKER)?;
    command.env(FILE_VARIABLE, path);
    Worker::start(command.env(WORK_VARIABLE, work.name()))
}

/// Says whether a moment has come for a database that was this file at the beginning.
fn has_come(moment: Moment, path: &Path) -> TestResult<impl FnMut(Duration) -> bool> {
    use std::os::unix::fs::MetadataExt as _;

    let path = path.to_owned();
    let inode = fs::metadata(&path)?.ino();
    let mut was_there = false;
    Ok(move |at_work| {
        let size = |name: &str| {
            let file = fs::metadata(path.with_file_name(name));
            file.map(|file| file.len()).ok()
        };
        match moment {
            Moment::After(delay) => at_work >= delay,
            Moment::Grown(name, bytes) => size(name).is_some_and(|found| found >= bytes),
            Moment::Gone(name) => {
                let is_there = size(name).is_some();
                was_there |= is_there;
                was_there && !is_there
            }
            Moment::Replaced => fs::metadata(&path).is_ok_and(|file| file.ino() != inode),
        }
    })
}

/// A database for one worker.
fn copy(template: &Files) -> TestResult<Files> {
    let files = Files::in_memory()?;
    for name in ["app.db", "app.db-wal"] {
        fs::copy(template.path(name), files.path(name))?;
    }
    Ok(files)
}

/// Looks at what a killed worker has left, opens it, and says which form it has.
async fn look(work: Work, files: &Files, new_first: bool) -> TestResult<Form> {
    nothing_in_clear(files.dir(), SENTINEL, |path| work.is_never_in_clear(path))?;
    let mut forms = work.forms();
    if new_first {
        forms.reverse();
    }
    // A file without a key is opened without: whoever has a key knows that it is encrypted.
    let plain = inspect(&files.db())?.state.is_plaintext();
    let forms = forms.map(|form| {
        if plain {
            None
        } else {
            form.or(work.forms()[0])
        }
    });
    let form = recover(&files.db(), forms).await?;
    let found = contents(files.dir())?;
    if found.len() != 1 {
        let names: Vec<_> = found.iter().map(|(path, _)| path).collect();
        return Err(format!("left behind: {names:?}").into());
    }
    nothing_in_clear(files.dir(), SENTINEL, |_| form.is_some())?;
    Ok(form)
}

#[expect(clippy::print_stdout, reason = "the counts are the result of the test")]
async fn kills(work: Work) -> TestResult {
    let template = template(work.forms()[0]).await?;
    // One that nobody kills, to know how long it takes.
    let files = copy(&template)?;
    let mut moments = Moments::new(start(work, &files.db())?.end()?.took)?;
    let size = fs::metadata(files.db())?.len();

    let mut steps = work.steps(size).into_iter();
    let mut done = 0;
    while let Some(delay) = moments.next()? {
        let (step, new_first) = (steps.next(), moments.flip());
        let moment = step.unwrap_or(Moment::After(delay));
        let files = copy(&template)?;
        let name = || format!("{}, {moment:?}", moments.name(work.name()));
        let ended = has_come(moment, &files.db())
            .and_then(|has_come| start(work, &files.db())?.kill(has_come))
            .map_err(|error| format!("{}: {error}", name()))?;
        let form = look(work, &files, new_first)
            .await
            .map_err(|error| format!("{}: {error}", name()))?;
        done += u32::from(form == work.forms()[1]);
        moments.learn(
            if step.is_some() {
                Duration::ZERO
            } else {
                delay
            },
            &ended,
        );
    }
    println!("{work:?}: {}, {done} were done", moments.counts());
    // Some before the work is done, and some after.
    assert!(done > 0, "{work:?}: {}", moments.counts());
    Ok(())
}

#[tokio::test]
async fn a_killed_rekey_leaves_one_of_the_two_keys() -> TestResult {
    kills(Work::Rekey).await
}

#[tokio::test]
async fn a_killed_change_of_the_page_size_leaves_one_whole_file() -> TestResult {
    kills(Work::Reformat).await
}

#[tokio::test]
async fn a_killed_encryption_leaves_one_whole_file() -> TestResult {
    kills(Work::Encrypt).await
}

#[tokio::test]
async fn a_killed_decryption_leaves_one_whole_file() -> TestResult {
    kills(Work::Decrypt).await
}

/// What the tests above kill. By itself it does nothing.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "this is how the worker is told its work, and says that it begins and ends"
)]
async fn worker() -> TestResult {
    if !is_child(WORKER) {
        return Ok(());
    }
    let path = PathBuf::from(std::env::var(FILE_VARIABLE)?);
    let name = std::env::var(WORK_VARIABLE)?;
    let mut works = Work::ALL.into_iter();
    let work = works.find(|work| work.name() == name).ok_or("no work")?;
    println!("{BEGUN}");
    work.run(&path).await?;
    println!("{DONE}");
    Ok(())
}
