//! The first word of a statement, where SQLite itself does not say what kind it is.

/// Kinds of statements that cannot be part of a unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `BEGIN`, `COMMIT`, `END`, `ROLLBACK`, `SAVEPOINT`, `RELEASE`.
    TransactionControl,
    /// `VACUUM`, `PRAGMA`, `ATTACH`, `DETACH`: refused or without effect in a transaction.
    OutsideTransaction,
    /// Anything else.
    Ordinary,
}

/// Tells the kind of a statement by its first word.
pub(crate) fn kind(sql: &str) -> Kind {
    let start = skip_comments(sql);
    let word_end = start
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(start.len());
    let word = &start[..word_end];
    let is_any = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    if is_any(&["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]) {
        Kind::TransactionControl
    } else if is_any(&["VACUUM", "PRAGMA", "ATTACH", "DETACH"]) {
        Kind::OutsideTransaction
    } else {
        Kind::Ordinary
    }
}

/// Tells whether a text holds no statement, only white space and comments.
pub(crate) fn is_empty(sql: &str) -> bool {
    skip_comments(sql).is_empty()
}

/// Skips white space, comments and empty statements at the start.
fn skip_comments(mut sql: &str) -> &str {
    loop {
        sql = sql
            .trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';' || c == '\u{feff}');
        let rest = if let Some(comment) = sql.strip_prefix("--") {
            comment.split_once('\n').map(|(_, rest)| rest)
        } else if let Some(comment) = sql.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, rest)| rest)
        } else {
            return sql;
        };
        sql = rest.unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells_the_kind() {
        for (sql, expected) in [
            ("COMMIT", Kind::TransactionControl),
            (
                "  -- why\n/* and how */ begin immediate",
                Kind::TransactionControl,
            ),
            (";;RELEASE x", Kind::TransactionControl),
            ("vacuum INTO 'x'", Kind::OutsideTransaction),
            ("PRAGMA user_version = 1", Kind::OutsideTransaction),
            ("INSERT INTO t VALUES ('COMMIT')", Kind::Ordinary),
            ("BEGINNING", Kind::Ordinary),
            ("-- only a comment", Kind::Ordinary),
            ("/* open", Kind::Ordinary),
            ("", Kind::Ordinary),
        ] {
            assert_eq!(kind(sql), expected, "{sql:?}");
        }
    }
}
