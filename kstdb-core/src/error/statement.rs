//! Why a statement, its parameters, its rows or its transaction failed.

use super::SqliteError;
use crate::checked::Effect;

/// A statement failed, or its parameters or rows do not fit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(SqliteError),
    /// The text holds more than one statement.
    #[error("more than one statement in one call")]
    MultipleStatements,
    /// The text holds no statement.
    #[error("no statement in the text")]
    Empty,
    /// The text holds a NUL byte.
    #[error("a NUL byte in the statement")]
    NulByte,
    /// The parameters do not fit the statement.
    #[error("the parameters do not fit")]
    Parameter(#[source] ParameterError),
    /// A row does not fit the type it is read into.
    #[error("the row does not fit")]
    Row(#[source] RowError),
    /// A query that needs a row found none.
    #[error("no row")]
    RowNotFound,
    /// A page could not be authenticated while the statement ran: the rows were thrown away and
    /// the connection is replaced. See `kstdb-cipher/docs/cipher.md` on what SQLite itself reports.
    #[error("a page of the database is damaged")]
    DamagedPage,
    /// The statement would change the key, the cipher or the schema behind the pool's back.
    #[error("{statement} is refused on a pooled connection: {instead}")]
    Refused {
        /// Its first words.
        statement: String,
        /// What to use in its place.
        instead: &'static str,
    },
    /// A checked query is another statement here than where it was checked: the database does not
    /// have the schema of the migrations that the program was compiled with.
    #[error("the query was checked as one that {checked}, but here it {found}")]
    OtherEffect {
        /// What it did while compiling.
        checked: Effect,
        /// What SQLite says now.
        found: Effect,
    },
    /// The driver failed in a way that is no error of SQLite.
    #[error("the driver failed")]
    Driver(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StatementError {
    fn from(error: rusqlite::Error) -> Self {
        match SqliteError::from_rusqlite(&error) {
            // Stepping the statement that an empty text or a comment is prepared into.
            Some(sqlite) if sqlite.code() == libsqlite3_sys::SQLITE_MISUSE => return Self::Empty,
            Some(sqlite) => return Self::Sqlite(sqlite),
            None => {}
        }
        match error {
            rusqlite::Error::MultipleStatement => Self::MultipleStatements,
            rusqlite::Error::NulError(_) => Self::NulByte,
            rusqlite::Error::InvalidParameterCount(given, expected) => {
                Self::Parameter(ParameterError::Count { given, expected })
            }
            rusqlite::Error::InvalidParameterName(name) => {
                Self::Parameter(ParameterError::Unknown { name })
            }
            other => Self::Driver(other),
        }
    }
}

/// The parameters do not fit the statement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// Too few or too many.
    #[error("the statement has {expected} parameter(s), {given} given")]
    Count {
        /// How many were given.
        given: usize,
        /// How many the statement has.
        expected: usize,
    },
    /// A given name does not occur in the statement.
    #[error("the statement has no parameter {name}")]
    Unknown {
        /// The name with its prefix.
        name: String,
    },
    /// A parameter of the statement was not given.
    #[error("no value given for parameter {name}")]
    Missing {
        /// The name with its prefix.
        name: String,
    },
    /// A name was given more than once: which value is meant, nobody knows.
    #[error("parameter {name} is given more than once")]
    Repeated {
        /// The name with its prefix.
        name: String,
    },
    /// Names were given to a statement with numbered parameters.
    #[error("named values for a statement with numbered parameters")]
    Mixed,
    /// A list of a checked query has more values than SQLite takes parameters.
    #[error("the list {parameter} has {given} value(s), at most {limit} are possible here")]
    ListTooLong {
        /// `..name`.
        parameter: String,
        /// How many values it has.
        given: usize,
        /// How many parameters are left for it.
        limit: usize,
    },
    /// A value has no storage class.
    #[error("parameter {parameter} cannot be bound")]
    Value {
        /// `?1` or `:name`.
        parameter: String,
        /// What is wrong with it.
        #[source]
        source: ValueError,
    },
}

/// A row does not fit the type it is read into.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// A tuple of one length, a result of another.
    #[error("the result has {found} column(s), the type has {expected}")]
    ColumnCount {
        /// The fields of the type.
        expected: usize,
        /// The columns of the result.
        found: usize,
    },
    /// There is no column of that name.
    #[error("no column {column:?} in the result, only {available:?}")]
    NoSuchColumn {
        /// The name.
        column: String,
        /// The names that there are.
        available: Vec<String>,
    },
    /// The name of a column is not UTF-8: another program has written the schema, or it is damaged.
    #[error("the name of a column is not UTF-8")]
    NameNotUtf8,
    /// There is no column at that position.
    #[error("no column at position {index}")]
    NoSuchIndex {
        /// The position, from 0.
        index: usize,
    },
    /// A value does not fit its field.
    #[error("column {column:?} does not fit")]
    Value {
        /// The column.
        column: String,
        /// What is wrong with it.
        #[source]
        source: ValueError,
    },
    /// A conversion of the application refused the value.
    #[error("column {column:?} does not convert")]
    Convert {
        /// The column.
        column: String,
        /// What the conversion said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A value does not fit the type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// NULL for a type that is not an `Option`.
    #[error("NULL where {expected} is expected")]
    UnexpectedNull {
        /// The storage class that is expected.
        expected: &'static str,
    },
    /// Another storage class.
    #[error("{found} where {expected} is expected")]
    Mismatch {
        /// The storage class that is expected.
        expected: &'static str,
        /// The storage class that is there.
        found: &'static str,
    },
    /// A number that the type cannot hold exactly.
    #[error("a number out of range for {expected}")]
    OutOfRange {
        /// The type.
        expected: &'static str,
    },
    /// NaN, which SQLite would store as NULL.
    #[error("NaN cannot be stored")]
    NotANumber,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// Text that is not what the type is written as.
    #[error("text that is no {expected}")]
    Malformed {
        /// What it should be.
        expected: &'static str,
    },
    /// A blob of another length.
    #[error("a blob of {found} byte(s) where {expected} are expected")]
    BlobLength {
        /// The length of the type.
        expected: usize,
        /// The length of the value.
        found: usize,
    },
}

/// A transaction could not begin, commit or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// `BEGIN IMMEDIATE` or `SAVEPOINT` failed.
    #[error("cannot begin")]
    Begin(#[source] SqliteError),
    /// `COMMIT` or `RELEASE` failed; the transaction was rolled back.
    #[error("cannot commit, rolled back")]
    Commit(#[source] SqliteError),
    /// The transaction is over: SQLite rolled it back after an earlier error, or a statement was
    /// interrupted. Nothing of it is stored.
    #[error("the transaction is over: it was rolled back")]
    RolledBack,
    /// A damaged page was read in the transaction; it was rolled back.
    #[error("a page read in the transaction is damaged, rolled back")]
    DamagedPage,
    /// `BEGIN`, `COMMIT`, `ROLLBACK` or `SAVEPOINT` as SQL text inside a transaction.
    #[error("use commit, rollback and savepoint in place of SQL text")]
    ControlStatement,
    /// A statement that writes, in a transaction that only reads.
    #[error("a statement that writes in a transaction that reads")]
    ReadOnly,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_says_by_itself_is_an_error_of_the_driver() {
        let error = StatementError::from(rusqlite::Error::InvalidQuery);
        assert!(matches!(error, StatementError::Driver(_)));
    }
}
