//! `IN (..ids)`: lists whose length is known at run time.

use std::ops::Range;

use super::parameters::Parameters;
use super::tokens::{Class, Token};
use crate::check::Fault;

/// The lists of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lists {
    /// The text for SQLite: `..ids` is the parameter `:_ids`, of the same length, so that every
    /// offset is the same. It can be one that the text has as well, which does not matter there.
    pub(crate) checked: String,
    /// Each name once, in the order in which they come first.
    pub(crate) names: Vec<String>,
    /// Where lists stand, and which.
    pub(crate) places: Vec<(Range<usize>, usize)>,
}

/// Finds the lists among the tokens of a text.
///
/// # Errors
/// - a [`Fault`]: a list stands elsewhere than alone between the parentheses of `IN`.
pub(crate) fn lists(tokens: &[Token], sql: &str) -> Result<Lists, Fault> {
    let mut lists = Lists {
        checked: sql.to_owned(),
        ..Lists::default()
    };
    for (at, token) in tokens.iter().enumerate() {
        if token.class != Class::List {
            continue;
        }
        let is =
            |token: Option<&Token>, text| token.is_some_and(|token: &Token| token.is(text, sql));
        let before = |steps| at.checked_sub(steps).and_then(|at| tokens.get(at));
        if !(is(before(2), "IN") && is(before(1), "(") && is(tokens.get(at + 1), ")")) {
            let name = &sql[token.range.clone()];
            let message = format!(
                "`{name}` is not a list of `IN`: it stands alone in its parentheses, `IN ({name})`"
            );
            return Err(Fault::new(message, Some(token.range.clone())));
        }
        let name = &sql[token.range.start + 2..token.range.end];
        let sign = token.range.start..token.range.start + 2;
        lists.checked.replace_range(sign, ":_");
        let known = lists.names.iter().position(|other| other == name);
        let number = known.unwrap_or_else(|| {
            lists.names.push(name.to_owned());
            lists.names.len() - 1
        });
        lists.places.push((token.range.clone(), number));
    }
    Ok(lists)
}

impl Lists {
    /// The text around the lists. The parameters are numbered, so that those of the lists can come
    /// after them. A text without lists stays as it is.
    pub(crate) fn pieces(&self, sql: &str, parameters: &Parameters) -> Vec<String> {
        if self.places.is_empty() {
            return vec![sql.to_owned()];
        }
        let numbered = parameters.places.iter();
        let numbered = numbered.map(|(range, number)| (range, Some(number)));
        let mut cuts: Vec<_> = numbered
            .chain(self.places.iter().map(|(range, _)| (range, None)))
            .collect();
        cuts.sort_by_key(|(range, _)| range.start);
        let mut pieces = Vec::new();
        let mut piece = String::new();
        let mut copied = 0;
        for (range, number) in cuts {
            piece.push_str(&sql[copied..range.start]);
            copied = range.end;
            match number {
                Some(number) => piece.push_str(&format!("?{number}")),
                None => pieces.push(std::mem::take(&mut piece)),
            }
        }
        piece.push_str(&sql[copied..]);
        pieces.push(piece);
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{parameters, tokens};

    fn lists_of(sql: &str) -> Result<Lists, Fault> {
        lists(&tokens(sql), sql)
    }

    #[test]
    fn a_list_becomes_a_parameter_of_the_same_length() -> Result<(), Fault> {
        let sql = "SELECT 1 WHERE a IN (..ids) AND b NOT IN ( ..ids )";
        let lists = lists_of(sql)?;
        assert_eq!(
            lists.checked,
            "SELECT 1 WHERE a IN (:_ids) AND b NOT IN ( :_ids )"
        );
        assert_eq!(lists.names, ["ids"]);
        let numbers: Vec<usize> = lists.places.iter().map(|(_, number)| *number).collect();
        assert_eq!(numbers, [0, 0]);
        Ok(())
    }

    #[test]
    fn a_list_that_is_not_alone_is_refused() {
        for sql in [
            "VALUES (..a)",
            "x IN (1, ..a)",
            "x IN (..a, 1)",
            "..a",
            "x = ..a",
            "IN (..a",
        ] {
            let fault = lists_of(sql).err();
            assert!(
                fault.is_some_and(|fault| fault.message.starts_with("`..a` is not")),
                "{sql}"
            );
        }
    }

    #[test]
    fn pieces_number_the_other_parameters() -> Result<(), Fault> {
        let sql = "a = ? AND b IN (..b) AND c = :c AND d = ?1 AND e = ? AND f = :c";
        let pieces = lists_of(sql)?.pieces(sql, &parameters(&tokens(sql), sql));
        assert_eq!(
            pieces,
            [
                "a = ?1 AND b IN (",
                ") AND c = ?2 AND d = ?1 AND e = ?3 AND f = ?2"
            ]
        );
        Ok(())
    }
}
