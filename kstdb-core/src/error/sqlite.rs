//! What SQLite reports: its extended code, named.

use libsqlite3_sys as ffi;

/// An error that SQLite reported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (SQLite code {code})")]
pub struct SqliteError {
    code: i32,
    message: String,
    offset: Option<usize>,
}

/// The errors of SQLite that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SqliteErrorKind {
    /// `SQLITE_BUSY`: another process holds the lock.
    Busy,
    /// `SQLITE_LOCKED`: a statement of the same connection is in the way.
    Locked,
    /// `SQLITE_INTERRUPT`: the call was cancelled.
    Interrupted,
    /// `SQLITE_FULL`: no space is left.
    Full,
    /// `SQLITE_CORRUPT` or `SQLITE_NOTADB`: the file is damaged, or cannot be read with this key.
    Corrupt,
    /// `SQLITE_READONLY`: the file or the connection allows no change.
    ReadOnly,
    /// `SQLITE_CANTOPEN`: the file cannot be opened.
    CannotOpen,
    /// `SQLITE_IOERR`: the operating system refused to read or write.
    Io,
    /// `SQLITE_AUTH`: the statement is one that kstdb refuses.
    Refused,
    /// A UNIQUE or PRIMARY KEY constraint.
    UniqueViolation,
    /// A FOREIGN KEY constraint.
    ForeignKeyViolation,
    /// A NOT NULL constraint.
    NotNullViolation,
    /// A CHECK constraint.
    CheckViolation,
    /// Any other constraint, one raised by a trigger included.
    OtherConstraint,
    /// Anything else: mostly SQL that does not parse or names what is not there.
    Other,
}

impl SqliteError {
    /// The [extended result code](https://www.sqlite.org/rescode.html).
    #[must_use]
    pub const fn code(&self) -> i32 {
        self.code
    }

    /// SQLite's own words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where in the SQL text the error is, in bytes.
    #[must_use]
    pub const fn offset(&self) -> Option<usize> {
        self.offset
    }

    /// Names the code.
    #[must_use]
    pub const fn kind(&self) -> SqliteErrorKind {
        SqliteErrorKind::of(self.code)
    }

    /// Tells whether a constraint refused the change.
    #[must_use]
    pub const fn is_constraint_violation(&self) -> bool {
        self.code & 0xff == ffi::SQLITE_CONSTRAINT
    }

    /// Tells whether the same call can succeed later: busy, cannot open, input or output.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        self.kind().is_transient()
    }

    /// Takes what SQLite reported out of a driver's error; `None` if it was not SQLite.
    pub(crate) fn from_rusqlite(error: &rusqlite::Error) -> Option<Self> {
        match error {
            rusqlite::Error::SqliteFailure(failure, message) => Some(Self {
                code: failure.extended_code,
                message: message
                    .clone()
                    .unwrap_or_else(|| ffi::code_to_str(failure.extended_code).to_owned()),
                offset: None,
            }),
            // The variant's own text quotes the whole statement, and with it its literals.
            rusqlite::Error::SqlInputError {
                error, msg, offset, ..
            } => Some(Self {
                code: error.extended_code,
                message: msg.clone(),
                offset: usize::try_from(*offset).ok(),
            }),
            _ => None,
        }
    }

    /// Takes what SQLite reported out of sqlx's error; `None` if it was not SQLite.
    pub(crate) fn from_sqlx(error: &sqlx::Error) -> Option<Self> {
        let sqlx::Error::Database(database) = error else {
            return None;
        };
        Some(Self {
            code: database.code()?.parse().ok()?,
            message: database.message().to_owned(),
            offset: None,
        })
    }

    /// Takes what SQLite reported out of a driver's error; any other becomes `SQLITE_ERROR`.
    #[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
    pub(crate) fn of(error: rusqlite::Error) -> Self {
        Self::from_rusqlite(&error).unwrap_or_else(|| Self {
            code: ffi::SQLITE_ERROR,
            message: error.to_string(),
            offset: None,
        })
    }

    #[cfg(test)]
    pub(crate) fn with_code(code: i32) -> Self {
        Self {
            code,
            message: String::new(),
            offset: None,
        }
    }
}

impl SqliteErrorKind {
    /// Names an extended code.
    pub(crate) const fn of(code: i32) -> Self {
        match code {
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID => Self::UniqueViolation,
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Self::ForeignKeyViolation,
            ffi::SQLITE_CONSTRAINT_NOTNULL => Self::NotNullViolation,
            ffi::SQLITE_CONSTRAINT_CHECK => Self::CheckViolation,
            _ => match code & 0xff {
                ffi::SQLITE_BUSY => Self::Busy,
                ffi::SQLITE_LOCKED => Self::Locked,
                ffi::SQLITE_INTERRUPT => Self::Interrupted,
                ffi::SQLITE_FULL => Self::Full,
                ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Self::Corrupt,
                ffi::SQLITE_READONLY => Self::ReadOnly,
                ffi::SQLITE_CANTOPEN => Self::CannotOpen,
                ffi::SQLITE_IOERR => Self::Io,
                ffi::SQLITE_AUTH => Self::Refused,
                ffi::SQLITE_CONSTRAINT => Self::OtherConstraint,
                _ => Self::Other,
            },
        }
    }

    /// Tells whether the same call can succeed later.
    pub(crate) const fn is_transient(self) -> bool {
        matches!(self, Self::Busy | Self::CannotOpen | Self::Io)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extended_code_is_named_by_its_primary_code() {
        assert_eq!(
            SqliteError::with_code(ffi::SQLITE_BUSY_SNAPSHOT).kind(),
            SqliteErrorKind::Busy
        );
        assert_eq!(
            SqliteError::with_code(ffi::SQLITE_IOERR_WRITE).kind(),
            SqliteErrorKind::Io
        );
        assert_eq!(
            SqliteError::with_code(ffi::SQLITE_NOTADB).kind(),
            SqliteErrorKind::Corrupt
        );
    }

    /// SQLite says these two only to whoever holds a second statement on the connection, or speaks to
    /// it past the session: no caller of this crate does.
    #[test]
    fn what_only_the_driver_meets_is_named_too() {
        for (code, kind) in [
            (ffi::SQLITE_LOCKED_VTAB, SqliteErrorKind::Locked),
            (ffi::SQLITE_AUTH, SqliteErrorKind::Refused),
        ] {
            assert_eq!(SqliteError::with_code(code).kind(), kind);
        }
    }

    #[test]
    fn constraints_are_told_apart() {
        let unique = SqliteError::with_code(ffi::SQLITE_CONSTRAINT_UNIQUE);
        assert_eq!(unique.kind(), SqliteErrorKind::UniqueViolation);
        assert!(unique.is_constraint_violation());
        let trigger = SqliteError::with_code(ffi::SQLITE_CONSTRAINT_TRIGGER);
        assert_eq!(trigger.kind(), SqliteErrorKind::OtherConstraint);
    }
}
