//! What is wrong with a text, said without quoting it.

use crate::error::{FileProblem, Position};

/// Nesting that no settings file needs; beyond it a reader gives up rather than use the stack.
pub(super) const MAX_DEPTH: usize = 64;

/// What is wrong with a text, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) position: Option<Position>,
    pub(crate) problem: FileProblem,
}

impl Fault {
    pub(super) fn at(line: usize, column: usize, problem: FileProblem) -> Self {
        Self {
            position: Some(Position { line, column }),
            problem,
        }
    }

    pub(super) fn duplicate(line: usize, column: usize, key: &str) -> Self {
        let key = printable_key(key);
        Self::at(line, column, FileProblem::DuplicateKey { key })
    }
}

/// The key as it may stand in a message: anything but a plain name could be a misplaced secret.
pub(crate) fn printable_key(key: &str) -> String {
    const LONGEST: usize = 128;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-<\"".contains(c);
    if !key.is_empty() && key.len() <= LONGEST && key.chars().all(plain) {
        key.to_owned()
    } else {
        "(no plain name)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_printed() {
        assert_eq!(printable_key("db.pool.max_sise"), "db.pool.max_sise");
        assert_eq!(printable_key("passphrase hunter2"), "(no plain name)");
        assert_eq!(printable_key(&"a".repeat(200)), "(no plain name)");
        assert_eq!(printable_key(""), "(no plain name)");
    }
}
