//! A ledger of numbered transactions. What it holds after so many of them follows from the number
//! alone, so that a lost, doubled, mixed or changed one shows.

use anyhow::{Context as _, ensure};
use kstdb_core::{AsyncDatabase, DatabaseError, Value};

use super::canary;

/// Every transaction changes one of so many rows.
const SLOTS: u64 = 8;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS entry (n INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS twin (n INTEGER NOT NULL, bytes INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS twin_by_size ON twin (bytes, n);
    CREATE TABLE IF NOT EXISTS slot (id INTEGER PRIMARY KEY, n INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS junk (n INTEGER PRIMARY KEY, body BLOB NOT NULL);
    INSERT OR IGNORE INTO slot VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0);";

const NEXT: &str = "SELECT coalesce(max(n), 0) + 1 FROM entry";

/// Which calls a transaction is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Append {
    /// One function on a blocking thread.
    Write,
    /// A guard, statement by statement.
    Guard,
    /// An async closure.
    Closure,
}

impl Append {
    /// One after another.
    pub(crate) fn nth(n: u64) -> Self {
        match n % 3 {
            0 => Self::Write,
            1 => Self::Guard,
            _ => Self::Closure,
        }
    }
}

/// A database with the tables of a ledger.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    pub(crate) db: AsyncDatabase,
}

/// What a ledger holds, from one snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) entries: Vec<(u64, Vec<u8>)>,
    pub(crate) twins: Vec<(u64, u64)>,
    pub(crate) slots: Vec<(u64, u64)>,
    pub(crate) junk: Vec<(u64, Vec<u8>)>,
}

impl Ledger {
    pub(crate) fn of(db: &AsyncDatabase) -> Self {
        Self { db: db.clone() }
    }

    /// Creates the tables that are not there yet.
    pub(crate) async fn create(&self) -> Result<(), DatabaseError> {
        self.db.execute_batch(SCHEMA).await.map(drop)
    }

    /// Stores the next transaction and says which one it is.
    pub(crate) async fn append(&self, how: Append) -> Result<u64, DatabaseError> {
        match how {
            Append::Write => {
                let work = |tx: &mut kstdb_core::WriteTransaction<'_>| {
                    let n: u64 = tx.fetch_value(NEXT, ())?;
                    for (sql, values) in steps(n) {
                        tx.execute(sql, values)?;
                    }
                    Ok(n)
                };
                self.db.write(work).await
            }
            Append::Guard => {
                let mut tx = self.db.begin().await?;
                let n: u64 = tx.fetch_value(NEXT, ()).await?;
                for (sql, values) in steps(n) {
                    tx.execute(sql, values).await?;
                }
                tx.commit().await?;
                Ok(n)
            }
            Append::Closure => {
                let work = async |tx: &mut kstdb_core::Transaction| {
                    let n: u64 = tx.fetch_value(NEXT, ()).await?;
                    for (sql, values) in steps(n) {
                        tx.execute(sql, values).await?;
                    }
                    Ok(n)
                };
                self.db.transaction(work).await
            }
        }
    }

    /// Reads everything, from one snapshot.
    pub(crate) async fn read(&self) -> Result<Contents, DatabaseError> {
        let work = |tx: &mut kstdb_core::ReadTransaction<'_>| {
            Ok(Contents {
                entries: tx.fetch_all("SELECT n, body FROM entry ORDER BY n", ())?,
                twins: tx.fetch_all("SELECT n, bytes FROM twin ORDER BY n", ())?,
                slots: tx.fetch_all("SELECT id, n FROM slot ORDER BY id", ())?,
                junk: tx.fetch_all("SELECT n, body FROM junk ORDER BY n", ())?,
            })
        };
        self.db.read(work).await
    }

    /// Reads everything, and says up to which transaction it goes.
    ///
    /// # Errors
    /// It cannot be read, or it is not what any number of transactions leaves.
    pub(crate) async fn prefix(&self) -> anyhow::Result<u64> {
        self.read()
            .await
            .context("the ledger cannot be read")?
            .prefix()
    }
}

impl Contents {
    /// What is there after `last` transactions.
    pub(crate) fn after(last: u64) -> Self {
        let mut contents = Self {
            slots: (0..SLOTS).map(|id| (id, 0)).collect(),
            ..Self::default()
        };
        for n in 1..=last {
            contents.entries.push((n, body(n)));
            contents.twins.push((n, body_bytes(n)));
            if let Some(slot) = contents.slots.iter_mut().find(|(id, _)| *id == n % SLOTS) {
                slot.1 = n;
            }
            if n.is_multiple_of(5) {
                contents.junk.clear();
            } else if n.is_multiple_of(3) {
                contents.junk.push((n, junk(n)));
            }
        }
        contents
    }

    /// Up to which transaction this goes.
    ///
    /// # Errors
    /// It is not what any number of transactions leaves.
    pub(crate) fn prefix(&self) -> anyhow::Result<u64> {
        let last = self.entries.len().try_into()?;
        let expected = Self::after(last);
        compare("entry", &self.entries, &expected.entries)?;
        compare("twin", &self.twins, &expected.twins)?;
        compare("slot", &self.slots, &expected.slots)?;
        compare("junk", &self.junk, &expected.junk)?;
        Ok(last)
    }
}

fn compare<T: PartialEq>(
    table: &str,
    found: &[(u64, T)],
    expected: &[(u64, T)],
) -> anyhow::Result<()> {
    let wrong = found
        .iter()
        .zip(expected)
        .find(|(found, expected)| found != expected);
    if let Some((found, expected)) = wrong {
        anyhow::bail!(
            "wrong rows: {table} has row {} where {} belongs",
            found.0,
            expected.0
        );
    }
    let (found, expected) = (found.len(), expected.len());
    ensure!(
        found == expected,
        "a mixture: {table} has {found} rows, not {expected}"
    );
    Ok(())
}

/// The statements of a transaction.
fn steps(n: u64) -> Vec<(&'static str, Vec<Value>)> {
    let number = || Value::Integer(n.cast_signed());
    let mut steps = vec![
        (
            "INSERT INTO entry (n, body) VALUES (?, ?)",
            vec![number(), Value::Blob(body(n))],
        ),
        (
            "INSERT INTO twin (n, bytes) VALUES (?, ?)",
            vec![number(), Value::Integer(body_bytes(n).cast_signed())],
        ),
        (
            "UPDATE slot SET n = ? WHERE id = ?",
            vec![number(), Value::Integer((n % SLOTS).cast_signed())],
        ),
    ];
    if n.is_multiple_of(5) {
        steps.push(("DELETE FROM junk", Vec::new()));
    } else if n.is_multiple_of(3) {
        steps.push((
            "INSERT INTO junk (n, body) VALUES (?, ?)",
            vec![number(), Value::Blob(junk(n))],
        ));
    }
    steps
}

/// Short ones, some of several overflow pages.
const fn body_bytes(n: u64) -> u64 {
    match n % 7 {
        0 => 9_000,
        3 => 5_000,
        _ => 40 + n * 37 % 900,
    }
}

fn body(n: u64) -> Vec<u8> {
    noise(n, body_bytes(n))
}

fn junk(n: u64) -> Vec<u8> {
    noise(!n, 6_000)
}

/// Bytes that follow from a number. They begin with what must never be told.
fn noise(seed: u64, bytes: u64) -> Vec<u8> {
    let mut noise = vec![0; usize::try_from(bytes).unwrap_or(0)];
    fastrand::Rng::with_seed(seed).fill(&mut noise);
    for (place, byte) in noise.iter_mut().zip(canary::BOUND.bytes()) {
        *place = byte;
    }
    noise
}
