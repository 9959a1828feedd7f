//! What the database is doing when an operation fails.

use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use kstdb_core::{AsyncDatabase, DatabaseError};

use crate::support::{
    Append, Contents, Ledger, Template, builder, migrations, next_raw_key, within,
};
use crate::vfs::Volume;

/// A few calls, from opening on. Their places are part of seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Workload {
    /// Recovers a WAL and writes, long values included.
    Write,
    /// Recovers a WAL and reads in every way.
    Read,
    /// Creates a database and migrates it.
    Create,
    /// Checkpoints, vacuums, analyses.
    Maintain,
    /// Recovers a WAL, writes, and makes a backup.
    BackUp,
    /// Changes the key.
    Rekey,
}

/// What came of the calls.
#[derive(Debug)]
pub(super) struct Done<'a> {
    volume: &'a Volume,
    /// The last transaction of the ledger that was acknowledged.
    pub(super) acked: u64,
    /// The last one of them when a backup was made, if one was.
    pub(super) in_backup: Option<u64>,
    pub(super) errors: Vec<(&'static str, DatabaseError)>,
    /// How many of them are of calls that began when the fault had struck already.
    pub(super) late: usize,
    pub(super) wrong: Option<anyhow::Error>,
}

impl Workload {
    pub(super) const ALL: [Self; 6] = [
        Self::Write,
        Self::Read,
        Self::Create,
        Self::Maintain,
        Self::BackUp,
        Self::Rekey,
    ];

    /// What the database is before the workload; `None` if there is none.
    pub(super) fn template(self) -> anyhow::Result<Option<&'static Template>> {
        Ok(match self {
            Self::Write | Self::Read | Self::BackUp => Some(Template::hot()?),
            Self::Create => None,
            Self::Maintain | Self::Rekey => Some(Template::cold()?),
        })
    }

    /// Runs it; what fails is noted, and the next call is made. Returns the database if it opened.
    pub(super) async fn run(
        self,
        path: &Path,
        done: &mut Done<'_>,
    ) -> anyhow::Result<Option<AsyncDatabase>> {
        let Some(db) = done.call("open", builder(path).connect()).await? else {
            return Ok(None);
        };
        let ledger = Ledger::of(&db);
        match self {
            Self::Write => write(&ledger, done).await?,
            Self::Read => read(&ledger, done).await?,
            Self::Create => create(&ledger, path, done).await?,
            Self::Maintain => maintain(&ledger, done).await?,
            Self::BackUp => back_up(&ledger, path, done).await?,
            Self::Rekey => rekey(&ledger, done).await?,
        }
        Ok(Some(db))
    }
}

impl<'a> Done<'a> {
    pub(super) fn on(volume: &'a Volume) -> Self {
        Self {
            volume,
            acked: 0,
            in_backup: None,
            errors: Vec::new(),
            late: 0,
            wrong: None,
        }
    }

    pub(super) async fn call<T>(
        &mut self,
        what: &'static str,
        call: impl Future<Output = Result<T, DatabaseError>>,
    ) -> anyhow::Result<Option<T>> {
        let had_struck = self.volume.strikes() > 0;
        match within(what, call).await? {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                self.late += usize::from(had_struck);
                self.errors.push((what, error));
                Ok(None)
            }
        }
    }

    async fn append(&mut self, ledger: &Ledger, how: Append) -> anyhow::Result<()> {
        if let Some(n) = self.call("append", ledger.append(how)).await? {
            self.acked = self.acked.max(n);
        }
        Ok(())
    }

    /// Reads the ledger, which must be right if it can be read.
    async fn check(&mut self, ledger: &Ledger) -> anyhow::Result<()> {
        if let Some(contents) = self.call("read", ledger.read()).await? {
            self.judge(&contents);
        }
        Ok(())
    }

    fn judge(&mut self, contents: &Contents) {
        if let Err(error) = contents.prefix() {
            self.wrong.get_or_insert(error);
        }
    }
}

async fn write(ledger: &Ledger, done: &mut Done<'_>) -> anyhow::Result<()> {
    for how in [Append::Write, Append::Guard, Append::Closure, Append::Write] {
        done.append(ledger, how).await?;
    }
    extra(&ledger.db, done).await?;
    done.check(ledger).await?;
    Ok(())
}

/// A table that comes and goes; what needs it is not tried without it.
async fn extra(db: &AsyncDatabase, done: &mut Done<'_>) -> anyhow::Result<()> {
    let create = db.execute("CREATE TABLE extra (n INTEGER)", ());
    if done.call("execute", create).await?.is_none() {
        return Ok(());
    }
    let rows = (0..20).map(|n| (n,));
    let insert = db.execute_many("INSERT INTO extra VALUES (?)", rows);
    done.call("execute_many", insert).await?;
    let drop = db.execute_batch("DELETE FROM extra; DROP TABLE extra");
    done.call("execute_batch", drop).await?;
    Ok(())
}

async fn read(ledger: &Ledger, done: &mut Done<'_>) -> anyhow::Result<()> {
    done.check(ledger).await?;
    let db = &ledger.db;
    let mut contents = Contents::default();
    let all = db.fetch_all("SELECT n, body FROM entry ORDER BY n", ());
    if let Some(entries) = done.call("fetch_all", all).await? {
        contents.entries = entries;
        let last = u64::try_from(contents.entries.len())?;
        if contents.entries != Contents::after(last).entries {
            done.wrong = Some(anyhow::anyhow!("wrong rows from fetch_all"));
        }
    }
    let stream = db.fetch::<(u64, Vec<u8>)>("SELECT n, body FROM entry ORDER BY n", ());
    let expected = Contents::after(ledger_end()).entries;
    let streamed = stream.try_fold(0, |at: usize, row| {
        let right = expected.get(at).is_none_or(|expected| *expected == row);
        std::future::ready(Ok(if right { at + 1 } else { usize::MAX / 2 }))
    });
    if done
        .call("fetch", streamed)
        .await?
        .is_some_and(|count| count > expected.len())
    {
        done.wrong = Some(anyhow::anyhow!("wrong rows from fetch"));
    }
    let value = db.fetch_value::<u64>("SELECT sum(bytes) FROM twin", ());
    done.call("fetch_value", value).await?;
    done.call("table_exists", db.table_exists("entry")).await?;
    if let Some(mut connection) = done.call("connection", db.connection()).await? {
        let one = connection.fetch_one::<(u64,)>("SELECT n FROM slot WHERE id = 1", ());
        done.call("fetch_one", one).await?;
    }
    Ok(())
}

/// More than a ledger of these workloads ever has.
const fn ledger_end() -> u64 {
    40
}

async fn create(ledger: &Ledger, path: &Path, done: &mut Done<'_>) -> anyhow::Result<()> {
    let migrations = migrations(path).await?;
    done.call("migrate", ledger.db.migrate(&migrations)).await?;
    if done.call("create", ledger.create()).await?.is_some() {
        for n in 0..2 {
            done.append(ledger, Append::nth(n)).await?;
        }
        done.check(ledger).await?;
    }
    Ok(())
}

async fn maintain(ledger: &Ledger, done: &mut Done<'_>) -> anyhow::Result<()> {
    let db = &ledger.db;
    done.append(ledger, Append::Write).await?;
    let checkpoint = db.fetch_one::<(i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)", ());
    done.call("checkpoint", checkpoint).await?;
    done.append(ledger, Append::Guard).await?;
    done.call("vacuum", db.execute("VACUUM", ())).await?;
    done.call("analyze", db.execute("ANALYZE", ())).await?;
    done.check(ledger).await?;
    Ok(())
}

/// Where the backup of a database is made.
pub(super) fn backup_of(path: &Path) -> PathBuf {
    path.with_file_name("backup.db")
}

async fn back_up(ledger: &Ledger, path: &Path, done: &mut Done<'_>) -> anyhow::Result<()> {
    done.append(ledger, Append::Write).await?;
    let acked = done.acked;
    let backup = ledger.db.backup(backup_of(path));
    if done.call("backup", backup).await?.is_some() {
        done.in_backup = Some(acked);
    }
    done.check(ledger).await?;
    Ok(())
}

async fn rekey(ledger: &Ledger, done: &mut Done<'_>) -> anyhow::Result<()> {
    done.append(ledger, Append::Write).await?;
    done.call("rekey", ledger.db.rekey(next_raw_key())).await?;
    done.append(ledger, Append::Guard).await?;
    done.check(ledger).await?;
    Ok(())
}
