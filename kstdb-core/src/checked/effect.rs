//! What a checked statement does to the database, known while compiling.

/// Whether a statement only reads, by SQLite's own answer
/// ([`sqlite3_stmt_readonly`](https://www.sqlite.org/c3ref/stmt_readonly.html)).
///
/// A reading query never takes the writer turn, a writing one always does. SQLite is asked again
/// when the statement runs: another answer is
/// [`StatementError::OtherEffect`](crate::StatementError::OtherEffect).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changes nothing.
    Reads,
    /// It can change the database.
    Writes,
}

impl Effect {
    /// The effect of a statement that SQLite calls read-only or not.
    pub(crate) const fn of(readonly: bool) -> Self {
        if readonly { Self::Reads } else { Self::Writes }
    }
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Reads => "only reads",
            Self::Writes => "writes",
        })
    }
}
