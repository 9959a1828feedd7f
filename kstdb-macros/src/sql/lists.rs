//! `IN (..ids)`: lists whose length is known at run time.

use std::ops::Range;

use super::tokens::{Class, Token, tokens};
use crate::check::Fault;

/// A text with lists, in the forms in which it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lists {
    /// The text for SQLite: `..ids` is the parameter `:_ids`, of the same length, so that every
    /// offset is the same.
    pub(crate) checked: String,
    /// The names of the lists, in their order, and where they stand.
    pub(crate) names: Vec<(String, Range<usize>)>,
}

/// Finds the lists of a text.
///
/// # Errors
/// - a [`Fault`]: a list stands elsewhere than alone between the parentheses of `IN`.
pub(crate) fn lists(sql: &str) -> Result<Lists, Fault> {
    let tokens = tokens(sql);
    let mut checked = sql.to_owned();
    let mut names = Vec::new();
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
        checked.replace_range(token.range.start..token.range.start + 2, ":_");
        names.push((name.to_owned(), token.range.clone()));
    }
    Ok(Lists { checked, names })
}

impl Lists {
    /// Tells whether a parameter of the checked text is a list, and which.
    pub(crate) fn of_parameter<'p>(&self, name: &'p str) -> Option<&'p str> {
        let name = name.strip_prefix(":_")?;
        self.names
            .iter()
            .any(|(list, _)| list == name)
            .then_some(name)
    }

    /// The text around the lists. The other parameters are numbered, so that those of the lists can
    /// come after them; `number` gives the number of a parameter by its name, or by its position
    /// among all parameters of the checked text.
    pub(crate) fn pieces(&self, sql: &str, number: impl Fn(&str, usize) -> usize) -> Vec<String> {
        if self.names.is_empty() {
            return vec![sql.to_owned()];
        }
        let mut pieces = vec![String::new()];
        let mut copied = 0;
        // How SQLite numbers what has no number: one more than the highest so far.
        let mut highest = 0;
        let mut seen: Vec<&str> = Vec::new();
        for token in tokens(&self.checked) {
            if token.class != Class::Parameter {
                continue;
            }
            let text = &self.checked[token.range.clone()];
            let position = match text.strip_prefix('?') {
                Some("") => highest + 1,
                Some(number) => number.parse().unwrap_or(highest + 1),
                None if seen.contains(&text) => 0,
                None => {
                    seen.push(text);
                    highest + 1
                }
            };
            highest = highest.max(position);
            let last = pieces.len() - 1;
            pieces[last].push_str(&sql[copied..token.range.start]);
            copied = token.range.end;
            if self.names.iter().any(|(_, range)| *range == token.range) {
                pieces.push(String::new());
            } else {
                let number = number(text, position);
                pieces[last].push_str(&format!("?{number}"));
            }
        }
        let last = pieces.len() - 1;
        pieces[last].push_str(&sql[copied..]);
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_becomes_a_parameter_of_the_same_length() -> Result<(), Fault> {
        let sql = "SELECT 1 WHERE a IN (..ids) AND b NOT IN ( ..ids )";
        let lists = lists(sql)?;
        assert_eq!(
            lists.checked,
            "SELECT 1 WHERE a IN (:_ids) AND b NOT IN ( :_ids )"
        );
        assert_eq!(lists.names.len(), 2);
        assert_eq!(lists.of_parameter(":_ids"), Some("ids"));
        assert_eq!(lists.of_parameter(":ids"), None);
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
            let fault = lists(sql).err();
            assert!(
                fault.is_some_and(|fault| fault.message.starts_with("`..a` is not")),
                "{sql}"
            );
        }
    }

    #[test]
    fn pieces_number_the_other_parameters() -> Result<(), Fault> {
        let sql = "a = ? AND b IN (..b) AND c = :c AND d = ?1 AND e = ? AND f = :c";
        let pieces = lists(sql)?.pieces(sql, |name, position| match name {
            ":c" => 2,
            _ => [0, 1, 0, 0, 3][position],
        });
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
