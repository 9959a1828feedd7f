//! Pages with any content under a valid HMAC: answers or typed errors, and nothing hangs.
//!
//! Who has the key and writes such a file must not get more than wrong answers out of a program
//! that opens it.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

use kstdb_core::maintenance::{VerifyLevel, VerifyOptions};
use kstdb_core::{AssertSqlSafe, AsyncDatabase, DatabaseError, DynamicRow};

use super::pages_image::{Image, builder, runtime};
use super::scratch;

/// What no call takes.
const CALL_LIMIT: Duration = Duration::from_secs(5);

/// Tables of a hostile schema that are read.
const MOST_TABLES: usize = 12;

/// Questions and changes, each of which may be refused.
const CALLS: [&str; 16] = [
    "SELECT * FROM both ORDER BY text LIMIT 200",
    "SELECT * FROM flat WHERE name >= 'o' COLLATE NOCASE ORDER BY size LIMIT 200",
    "SELECT a, count(*), max(b) FROM keyed GROUP BY a",
    "SELECT * FROM keyed WHERE a = 'b' AND b > 0 LIMIT 200",
    "SELECT text FROM deep WHERE id IN (1, 75, 150, -1)",
    "SELECT sum(length(body)), sum(length(name)) FROM flat",
    "PRAGMA integrity_check(20)",
    "PRAGMA foreign_key_check",
    "INSERT INTO flat (name, body) VALUES ('new', zeroblob(5000))",
    "UPDATE deep SET text = text || 'x' WHERE id % 7 = 0",
    "INSERT OR REPLACE INTO keyed VALUES ('a', 2, zeroblob(6000))",
    "DELETE FROM deep WHERE id < 60",
    "UPDATE made SET a = a - 1",
    "CREATE TABLE fresh AS SELECT * FROM flat LIMIT 50",
    "CREATE INDEX deep_by_parent ON deep (parent)",
    "DROP TABLE flat",
];

/// Opens the database that the input describes, and uses it.
pub(crate) fn check(input: &[u8]) -> io::Result<()> {
    let folder = scratch::folder()?;
    let path = folder.path().join("app.db");
    fs::write(&path, Image::get().changed(input))?;
    runtime().block_on(async {
        match within("open", builder(&path).connect()).await {
            Ok(db) => used(&db).await,
            // Its first page fits the key.
            Err(error) => assert!(!error.is_wrong_key(), "{error:?}"),
        }
    });
    Ok(())
}

async fn used(db: &AsyncDatabase) {
    let names = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') LIMIT 50";
    let names = within("the schema", db.fetch_all::<(String,)>(names, ())).await;
    for (name,) in names.unwrap_or_default().into_iter().take(MOST_TABLES) {
        let name = name.replace('"', "\"\"");
        let sql = AssertSqlSafe(format!("SELECT * FROM \"{name}\" LIMIT 300"));
        let rows = db.fetch_all::<DynamicRow>(sql, ());
        answered(within("a table", rows).await.map(drop));
    }
    for sql in CALLS {
        let call = db.fetch_all::<DynamicRow>(sql, ());
        answered(within(sql, call).await.map(drop));
    }
    let everything = VerifyOptions::new().level(VerifyLevel::Everything);
    let everything = everything.threads(NonZeroUsize::MIN);
    match within("verify", db.verify_with(&everything)).await {
        Ok(report) => {
            let pages = report.pages.as_ref();
            let damaged = pages.map(|pages| pages.damaged.clone());
            assert!(
                damaged.is_some_and(|damaged| damaged.is_empty()),
                "{report:?}"
            );
        }
        Err(error) => answered(Err(error)),
    }
    assert_eq!(db.stats().active_connections, 0);
    answered(within("close", db.close()).await);
}

/// An error is of this database, and says no more of it than that.
fn answered(answer: Result<(), DatabaseError>) {
    if let Err(error) = answer {
        let other = error.is_wrong_key() || error.is_timeout() || error.is_busy();
        assert!(!other, "{error:?}");
    }
}

async fn within<T>(what: &str, call: impl Future<Output = T>) -> T {
    match tokio::time::timeout(CALL_LIMIT, call).await {
        Ok(answer) => answer,
        Err(_) => panic!("{what} takes longer than {CALL_LIMIT:?}"),
    }
}
