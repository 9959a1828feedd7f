//! The parameters of a text and their numbers, as SQLite gives them.

use std::ops::Range;

use super::tokens::{Class, Token};

/// The most that SQLite takes for `N` in `?N`: its `SQLITE_MAX_VARIABLE_NUMBER`.
const MAX_NUMBER: usize = 32_766;

/// The parameters of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// By number, from 1: the name with its sign; `None` for `?` and `?1`.
    pub(crate) names: Vec<Option<String>>,
    /// Where each stands, and its number.
    pub(super) places: Vec<(Range<usize>, usize)>,
}

impl Parameters {
    /// Those of a text that stays as it is.
    pub(crate) fn without_places(names: Vec<Option<String>>) -> Self {
        let places = Vec::new();
        Self { names, places }
    }
}

/// Numbers the parameters among the tokens of a text (<https://www.sqlite.org/lang_expr.html#varparam>):
/// lists have no number, so that those behind them count as if there were none.
pub(crate) fn parameters(tokens: &[Token], sql: &str) -> Parameters {
    let mut all = Parameters::default();
    for token in tokens.iter().filter(|one| one.class == Class::Parameter) {
        let text = &sql[token.range.clone()];
        let next = all.names.len() + 1;
        let number = match text.strip_prefix('?') {
            // What is beyond SQLite's limit is refused by SQLite.
            Some(number) => number.parse().unwrap_or(next).clamp(1, MAX_NUMBER),
            None => {
                let same = |name: &Option<String>| name.as_deref() == Some(text);
                all.names.iter().position(same).map_or(next, |at| at + 1)
            }
        };
        if number >= next {
            all.names.resize(number, None);
            if !text.starts_with('?') {
                all.names[number - 1] = Some(text.to_owned());
            }
        }
        all.places.push((token.range.clone(), number));
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;
    use crate::sql::tokens;

    fn numbered(sql: &str) -> Parameters {
        parameters(&tokens(sql), sql)
    }

    #[test]
    fn lists_have_no_number() {
        let with = numbered("IN (..ids) AND ?1 = :_ids AND ? IN (..ids)");
        assert_eq!(with.names, [None, Some(":_ids".to_owned()), None]);
        let numbers: Vec<usize> = with.places.iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_are_those_of_sqlite(
            all in prop::collection::vec(prop::sample::select(vec!["?", "?1", "?2", "?4", "?07", ":a", "@a", "$a", ":b"]), 0..9),
        ) {
            let sql = format!("SELECT 0{}", all.iter().map(|one| format!(", {one}")).collect::<String>());
            let database = Connection::open_in_memory().map_err(|error| TestCaseError::fail(error.to_string()))?;
            let statement = database.prepare(&sql).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let named = |index| statement.parameter_name(index).filter(|name| !name.starts_with('?'));
            let expected: Vec<_> = (1..=statement.parameter_count()).map(|index| named(index).map(str::to_owned)).collect();
            prop_assert_eq!(numbered(&sql).names, expected, "{}", sql);
        }
    }
}
