//! The read guard: what SQLCipher knows about the pages that a connection read.
//!
//! When the last overflow page of a long value fails its authentication, SQLite returns the value
//! with a zeroed tail and no error. Asking afterwards is what finds it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{SqliteError, SqliteErrorKind, StatementError};
use crate::observe;

/// How to ask, and the last answer.
#[derive(Debug)]
pub(crate) struct Codec {
    question: Question,
    healthy: AtomicBool,
}

#[derive(Clone, Copy, Debug)]
enum Question {
    /// There is no codec to ask.
    None,
    /// `PRAGMA cipher_status`, which SQLCipher 4.20 answers when the statement is prepared, so that
    /// a cached one would repeat an old answer.
    CipherStatus,
    /// On SQLCipher 4.10 every statement that fetches a page fails after a failed page. It must
    /// open a cursor: in a transaction `PRAGMA schema_version` reads the first page, which SQLite
    /// holds already, and sees nothing.
    TouchPage,
}

impl Codec {
    pub(crate) fn of(sql: &rusqlite::Connection, encrypted: bool) -> Self {
        let question = match encrypted {
            false => Question::None,
            true if cipher_status(sql).is_ok() => Question::CipherStatus,
            true => Question::TouchPage,
        };
        Self {
            question,
            healthy: AtomicBool::new(true),
        }
    }

    pub(super) fn was_healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    pub(crate) fn check(&self, sql: &rusqlite::Connection) -> Result<(), StatementError> {
        let answer = match self.question {
            Question::None => Ok(()),
            Question::CipherStatus => cipher_status(sql).and_then(|status| match status.as_str() {
                "0" => Err(StatementError::DamagedPage),
                _ => Ok(()),
            }),
            Question::TouchPage => touch_page(sql),
        };
        match &answer {
            Ok(()) => {}
            // No answer: the caller is gone. The next call asks again.
            Err(StatementError::Sqlite(error)) if error.kind() == SqliteErrorKind::Interrupted => {}
            Err(error) => {
                if matches!(error, StatementError::DamagedPage) {
                    observe::guard_hit();
                }
                self.healthy.store(false, Ordering::Release);
            }
        }
        answer
    }
}

fn cipher_status(sql: &rusqlite::Connection) -> Result<String, StatementError> {
    Ok(sql.query_row("PRAGMA cipher_status", (), |row| row.get(0))?)
}

fn touch_page(sql: &rusqlite::Connection) -> Result<(), StatementError> {
    let touched = sql
        .prepare_cached("SELECT 1 FROM main.sqlite_schema LIMIT 1")
        .and_then(|mut statement| {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        });
    touched.map_err(
        |error| match SqliteError::from_rusqlite(&error).map(|error| error.kind()) {
            // Which code a failed page leaves behind depends on what failed first.
            Some(SqliteErrorKind::Corrupt | SqliteErrorKind::Other) => StatementError::DamagedPage,
            _ => error.into(),
        },
    )
}
