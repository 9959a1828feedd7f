//! Temporary data is in memory: no file on disk ever holds what a statement sorts or sets aside.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

use crate::support::{Files, TestResult, child, is_child};

const NAME: &str = "temporary_files::no_statement_opens_a_file_of_its_own";
const DIRECTORY: &str = "TMPDIR";
const SENTINEL: &str = "sentinel-0451-in-the-clear";

/// Far more than any cache holds: 8 MB.
const FILL: &str = "CREATE TABLE big AS
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
    SELECT i, hex(randomblob(120)) || 'sentinel-0451-in-the-clear' AS v FROM n";

/// The files that this process has open, those that have no name any more included; without what
/// is no file and what the test program itself reads.
fn open_files(database: &Path) -> io::Result<BTreeSet<PathBuf>> {
    // The last connection that closes removes the log, and has it open for a moment longer.
    let own = ["", "-wal", "-shm", "-journal"].map(|suffix| {
        let name = format!("{}{suffix}", database.display());
        [PathBuf::from(format!("{name} (deleted)")), name.into()]
    });
    let mut open = BTreeSet::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        // One that was read a moment ago can be closed.
        if let Ok(target) = std::fs::read_link(entry?.path())
            && target.is_absolute()
            && !target.starts_with("/proc")
            && !target.starts_with("/dev")
            && !target.starts_with("/sys")
            && !own.iter().flatten().any(|name| *name == target)
            // Directories are opened to sync what was created in them.
            && !target.is_dir()
        {
            open.insert(target);
        }
    }
    Ok(open)
}

/// Runs a statement while another thread keeps an eye on the open files.
async fn watched(
    database: &Path,
    work: impl Future<Output = Result<(), DatabaseError>>,
) -> TestResult<BTreeSet<PathBuf>> {
    let done = AtomicBool::new(false);
    let before = open_files(database)?;
    let (worked, seen) = std::thread::scope(|scope| {
        let eye = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !done.load(Ordering::Acquire) {
                seen.extend(open_files(database)?);
            }
            Ok::<_, io::Error>(seen)
        });
        let worked =
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work));
        done.store(true, Ordering::Release);
        (worked, eye.join())
    });
    worked?;
    let seen = seen.map_err(|_| "the eye panicked")??;
    Ok(seen.difference(&before).cloned().collect())
}

/// SQLite as it is by itself, told to use files: that the checks see them.
fn control(directory: &Path) -> TestResult {
    let path = directory.join("control.db");
    let connection = Connection::open(&path)?;
    connection.execute_batch("PRAGMA temp_store = FILE")?;
    connection.execute_batch(FILL)?;
    let before = open_files(&path)?;
    let mut sorted = connection.prepare("SELECT v FROM big ORDER BY v")?;
    let mut rows = sorted.raw_query();
    rows.next()?;
    assert!(
        open_files(&path)?.len() > before.len(),
        "the check is blind"
    );
    drop(rows);
    drop(sorted);
    connection.execute_batch("CREATE TEMP TABLE copy AS SELECT * FROM big")?;
    assert!(
        open_files(&path)?.len() > before.len(),
        "the check is blind"
    );
    Ok(())
}

async fn use_it(db: &AsyncDatabase, path: &Path) -> TestResult {
    let nothing = BTreeSet::new();
    let run = async |sql: &'static str| db.execute(sql, ()).await.map(drop);
    // With the first write comes the lock of who writes.
    run("CREATE TABLE first (n)").await?;
    assert_eq!(watched(path, run(FILL)).await?, nothing);
    let before = open_files(path)?;

    // The files of a sort are open as long as there are rows to come.
    let mut rows = db.fetch::<(String,)>("SELECT v FROM big ORDER BY v", ());
    rows.next().await.ok_or("no row")??;
    assert_eq!(open_files(path)?, before, "while rows are sorted");
    drop(rows);
    let mut connection = db.connection().await?;
    connection
        .execute("CREATE TEMP TABLE copy AS SELECT * FROM big", ())
        .await?;
    connection
        .execute("CREATE INDEX temp.by_v ON copy (v)", ())
        .await?;
    assert_eq!(
        open_files(path)?,
        before,
        "while there is a temporary table"
    );
    // The journal of one statement within a transaction.
    connection.execute("BEGIN", ()).await?;
    connection.execute("UPDATE big SET i = i + 1", ()).await?;
    assert_eq!(open_files(path)?, before, "in a transaction");
    connection.execute("ROLLBACK", ()).await?;
    drop(connection);
    for sql in [
        "CREATE INDEX by_v ON big (v)",
        "SELECT DISTINCT substr(v, 1, 200) FROM big GROUP BY v HAVING count(*) > 1",
        "DELETE FROM big WHERE v IN (SELECT v FROM big WHERE i % 3 = 0)",
        "VACUUM",
    ] {
        assert_eq!(watched(path, run(sql)).await?, nothing, "{sql}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::disallowed_methods,
    reason = "the parent says where temporary files go"
)]
async fn no_statement_opens_a_file_of_its_own() -> TestResult {
    if !is_child(NAME) {
        let temporary = Files::new()?;
        let output = child(NAME)?.env(DIRECTORY, temporary.dir()).output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && stdout.contains("1 passed"),
            "{stdout}{stderr}"
        );
        return Ok(());
    }
    let temporary = PathBuf::from(std::env::var_os(DIRECTORY).ok_or("no directory")?);
    control(&temporary)?;
    std::fs::remove_file(temporary.join("control.db"))?;
    let files = Files::new()?;
    let with_key = files.builder();
    let bare = AsyncDatabase::builder(files.path("bare.db")).config(DbConfig::default());
    for (builder, path) in [(with_key, files.db()), (bare, files.path("bare.db"))] {
        let db = builder.connect().await?;
        use_it(&db, &path).await?;
        let encrypted = db.is_encrypted();
        // In the log as long as the database is open, in the file afterwards.
        assert_ne!(holds_sentinel(&files, &path)?, encrypted);
        db.close().await?;
        assert_ne!(holds_sentinel(&files, &path)?, encrypted);
    }
    Ok(())
}

/// Tells whether a file of this name, or of one that begins with it, has the sentinel in clear.
fn holds_sentinel(files: &Files, database: &Path) -> io::Result<bool> {
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    for entry in files.dir().read_dir()? {
        let entry = entry?;
        let bytes = match std::fs::read(entry.path()) {
            Ok(bytes) => bytes,
            // The log goes with the last connection; VACUUM costs one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut windows = bytes.windows(SENTINEL.len());
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(name.as_ref())
            && windows.any(|window| window == SENTINEL.as_bytes())
        {
            return Ok(true);
        }
    }
    Ok(false)
}
