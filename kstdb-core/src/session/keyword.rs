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

/// Tells whether a statement is `PRAGMA optimize`, which writes statistics and is called reading by
/// SQLite.
pub(crate) fn optimizes(sql: &str) -> bool {
    let Some(rest) = after_word(sql, "PRAGMA") else {
        return false;
    };
    let name = ["main", "temp"].iter().find_map(|schema| {
        let rest = skip_comments(after_word(rest, schema)?);
        rest.strip_prefix('.')
    });
    after_word(name.unwrap_or(rest), "optimize").is_some()
}

/// What follows a word, in any case, if the text begins with it.
fn after_word<'sql>(sql: &'sql str, word: &str) -> Option<&'sql str> {
    let sql = skip_comments(sql);
    let (start, rest) = sql.split_at_checked(word.len())?;
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (ends && start.eq_ignore_ascii_case(word)).then_some(rest)
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

    #[test]
    fn optimize_is_found_in_every_spelling() {
        for sql in [
            "PRAGMA optimize",
            "pragma/* */main . OPTIMIZE(0xfffe)",
            "-- tidy\nPRAGMA optimize=1",
        ] {
            assert!(optimizes(sql), "{sql:?}");
        }
        for sql in [
            "PRAGMA optimizer",
            "SELECT optimize",
            "PRAGMA main",
            "PRAGMA",
        ] {
            assert!(!optimizes(sql), "{sql:?}");
        }
    }
}
