//! `kstdb exec`: one statement, or a script as one transaction.

use std::fmt;
use std::io::Read as _;
use std::path::Path;

use kstdb_core::AssertSqlSafe;
use serde::Serialize;

use crate::error::CliError;
use crate::flags::{Exec, Shared};
use crate::output::Output;
use crate::{open, param};

/// What the statements did.
#[derive(Serialize)]
struct Report {
    rows_affected: u64,
    last_insert_rowid: i64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rows_affected {
            1 => writeln!(f, "1 row affected"),
            rows => writeln!(f, "{rows} rows affected"),
        }
    }
}

impl Exec {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let params = param::parse_all(&self.params)?;
        let script = self.file.as_deref().map(read).transpose()?;
        let db = open::for_writing(shared, &self.database, &self.creation).await?;
        let done = open::closing(db, async |db| {
            Ok(match script {
                Some(script) => db.execute_batch(AssertSqlSafe(script)).await?,
                None => {
                    let sql = self.sql.unwrap_or_default();
                    db.execute(AssertSqlSafe(sql), params).await?
                }
            })
        })
        .await?;
        output.report(&Report {
            rows_affected: done.rows_affected,
            last_insert_rowid: done.last_insert_rowid,
        })?;
        Ok(())
    }
}

/// Reads a script whole: it is stored whole or not at all.
fn read(path: &Path) -> Result<String, CliError> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|source| CliError::Read {
        path: path.to_owned(),
        source,
    })
}
