//! `kill -9` at any moment: no row is lost, no file without a key that opens it, nothing in clear
//! is left behind, and the next opening tidies up.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant, SystemTime};

use kstdb_core::cipher::inspect;
use kstdb_core::maintenance::{MaintenanceOptions, decrypt, encrypt};
use kstdb_core::{AssertSqlSafe, AsyncDatabase, DatabaseError, DbConfig};

use crate::support::{Files, LIMIT, TestResult, child, is_child, raw_key};

const WORKER: &str = "maintenance::kills::worker";
const FILE_VARIABLE: &str = "KSTDB_CORE_TEST_FILE";
const WORK_VARIABLE: &str = "KSTDB_CORE_TEST_WORK";
pub(super) const SEED_VARIABLE: &str = "KSTDB_CORE_TEST_SEED";

/// What the worker says when it begins, on a line of its own.
const BEGUN: &str = "the work begins";

/// In every row: it must not be in any file once the database is encrypted.
const SENTINEL: &str = "sentinel-in-clear";

const KILLS: u32 = 200;
/// More than SQLite keeps in memory: some pages are written before the transaction ends.
const ROWS: i64 = 5_000;
const OLD: u8 = 7;
const NEW: u8 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Rekey,
    Encrypt,
    Decrypt,
}

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

impl Work {
    const fn name(self) -> &'static str {
        match self {
            Self::Rekey => "rekey",
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
        }
    }

    /// The key of the database before, and after.
    const fn keys(self) -> [Option<u8>; 2] {
        match self {
            Self::Rekey => [Some(OLD), Some(NEW)],
            Self::Encrypt => [None, Some(NEW)],
            Self::Decrypt => [Some(OLD), None],
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

async fn open(path: &Path, key: Option<u8>) -> Result<AsyncDatabase, DatabaseError> {
    let builder = AsyncDatabase::builder(path).config(DbConfig::default());
    let builder = match key {
        Some(byte) => builder.key(raw_key(byte)),
        None => builder,
    };
    builder.create_if_missing(false).connect().await
}

/// Makes a database as a crash of its program leaves it: half of its rows in the log.
async fn template(key: Option<u8>) -> TestResult<Files> {
    let (files, copied) = (Files::in_memory()?, Files::in_memory()?);
    let builder = AsyncDatabase::builder(files.db()).config(DbConfig::default());
    let db = match key {
        Some(byte) => builder.key(raw_key(byte)),
        None => builder,
    }
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

/// Opens the database as the next run of its program would, and says which key it has.
async fn recover(path: &Path, keys: [Option<u8>; 2]) -> TestResult<Option<u8>> {
    for key in keys {
        let db = match open(path, key).await {
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
        return Ok(key);
    }
    Err("no key opens the file".into())
}

fn row_text_bytes(id: i64) -> i64 {
    i64::try_from(SENTINEL.len() + 1 + id.to_string().len()).unwrap_or_default()
}

/// Every file of a directory with its bytes.
pub(super) fn contents(dir: &Path) -> TestResult<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        files.push((path, bytes));
    }
    Ok(files)
}

/// A generator of moments that can be had again: xorshift64.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self(seed | 1)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

/// A process at work. Without a reader of its output its last words would be an error.
struct Worker {
    process: Child,
    _output: BufReader<ChildStdout>,
}

/// Starts a worker and waits until it begins.
fn start(work: Work, path: &Path) -> TestResult<Worker> {
    let mut process = child(WORKER)?
        .env(FILE_VARIABLE, path)
        .env(WORK_VARIABLE, work.name())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut output = BufReader::new(process.stdout.take().ok_or("no output")?);
    let mut line = String::new();
    while !line.trim_end().ends_with(BEGUN) {
        line.clear();
        if output.read_line(&mut line)? == 0 {
            return Err("the worker did not begin".into());
        }
    }
    Ok(Worker {
        process,
        _output: output,
    })
}

/// Kills the worker at its moment, and says whether it was still alive.
fn kill(mut worker: Worker, path: &Path, moment: Moment) -> TestResult<bool> {
    use std::os::unix::fs::MetadataExt as _;

    let start = Instant::now();
    let inode = fs::metadata(path)?.ino();
    let size = |name: &str| {
        fs::metadata(path.with_file_name(name))
            .map(|file| file.len())
            .ok()
    };
    let mut was_there = false;
    loop {
        let now = match moment {
            Moment::After(delay) => start.elapsed() >= delay,
            Moment::Grown(name, bytes) => size(name).is_some_and(|found| found >= bytes),
            Moment::Gone(name) => {
                let is_there = size(name).is_some();
                was_there |= is_there;
                was_there && !is_there
            }
            Moment::Replaced => fs::metadata(path).is_ok_and(|file| file.ino() != inode),
        };
        if now {
            break;
        }
        if worker.process.try_wait()?.is_some() {
            return Ok(false);
        }
        if start.elapsed() > LIMIT {
            return Err("the worker does not end".into());
        }
        std::hint::spin_loop();
    }
    let alive = worker.process.try_wait()?.is_none();
    worker.process.kill()?;
    worker.process.wait()?;
    Ok(alive)
}

/// One life and death of a worker; says which key the file has, and whether it was killed.
async fn cycle(
    work: Work,
    template: &Path,
    moment: Moment,
    new_first: bool,
) -> TestResult<(Option<u8>, bool)> {
    let files = Files::in_memory()?;
    for name in ["app.db", "app.db-wal"] {
        fs::copy(template.join(name), files.path(name))?;
    }
    let killed = kill(start(work, &files.db())?, &files.db(), moment)?;
    let mut keys = work.keys();
    if new_first {
        keys.reverse();
    }
    // A file without a key is opened without: whoever has a key knows that it is encrypted.
    let plain = inspect(&files.db())?.state.is_plaintext();
    let keys = keys.map(|key| if plain { None } else { key.or(work.keys()[0]) });
    let key = recover(&files.db(), keys).await?;
    let found = contents(files.dir())?;
    if found.len() != 1 {
        let names: Vec<_> = found.iter().map(|(path, _)| path).collect();
        return Err(format!("left behind: {names:?}").into());
    }
    let in_clear = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(SENTINEL);
    if key.is_some() && found.iter().any(|(_, bytes)| in_clear(bytes)) {
        return Err("something is left in clear".into());
    }
    Ok((key, killed))
}

#[expect(clippy::print_stdout, reason = "the counts are the result of the test")]
async fn kills(work: Work) -> TestResult {
    let template = template(work.keys()[0]).await?;
    let seed = seed();
    let mut random = Random::new(seed);
    // One that nobody kills, to know how long it takes.
    let files = Files::in_memory()?;
    for name in ["app.db", "app.db-wal"] {
        fs::copy(template.path(name), files.path(name))?;
    }
    let mut worker = start(work, &files.db())?;
    let begun = Instant::now();
    assert!(worker.process.wait()?.success());
    let duration = begun.elapsed();
    let size = fs::metadata(files.db())?.len();

    let steps = work.steps(size);
    let mut span = u64::try_from(duration.as_micros())?;
    let (mut killed, mut done) = (0, 0);
    for number in 0..KILLS {
        let step = usize::try_from(number)
            .ok()
            .and_then(|number| steps.get(number));
        let delay = Duration::from_micros(random.below(span));
        let moment = step.copied().unwrap_or(Moment::After(delay));
        let new_first = random.below(2) == 0;
        let (key, was_alive) = cycle(work, template.dir(), moment, new_first)
            .await
            .map_err(|error| {
                format!("{work:?}, {SEED_VARIABLE}={seed}, kill {number} {moment:?}: {error}")
            })?;
        killed += u32::from(was_alive);
        done += u32::from(key == work.keys()[1]);
        // The machine is not always as fast: one of six shall be done before it is killed.
        span = if was_alive {
            span + span / 50
        } else {
            span - span / 10
        };
    }
    println!(
        "{work:?}: {KILLS} workers of {duration:?}, {killed} killed at work, {done} were done"
    );
    // Otherwise the moments were not where the work is.
    assert!(killed > KILLS / 3, "{killed} of {KILLS}, seed {seed}");
    assert!(done > 0 && done < KILLS, "{done} of {KILLS}, seed {seed}");
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a failure is replayed with its seed"
)]
pub(super) fn seed() -> u64 {
    let given = std::env::var(SEED_VARIABLE).ok();
    given.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.map_or(1, |now| u64::from(now.subsec_nanos()) << 20)
    })
}

#[tokio::test]
async fn a_killed_rekey_leaves_one_of_the_two_keys() -> TestResult {
    kills(Work::Rekey).await
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
    reason = "this is how the worker is told its work, and says that it begins"
)]
async fn worker() -> TestResult {
    if !is_child(WORKER) {
        return Ok(());
    }
    let path = PathBuf::from(std::env::var(FILE_VARIABLE)?);
    let options = MaintenanceOptions::new();
    let work = std::env::var(WORK_VARIABLE)?;
    println!("{BEGUN}");
    match work.as_str() {
        "rekey" => {
            let db = open(&path, Some(OLD)).await?;
            db.rekey(raw_key(NEW)).await?;
        }
        "encrypt" => encrypt(&path, raw_key(NEW), &options).await?,
        _ => decrypt(&path, raw_key(OLD), &options).await?,
    }
    Ok(())
}
