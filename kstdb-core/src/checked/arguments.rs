//! The arguments of a checked query, and the SQL text with its lists written out.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::list::List;
use crate::error::ParameterError;
use crate::session::{IntoValue, ParamList, Value};

/// The most parameters that a statement can have: SQLite's `SQLITE_MAX_VARIABLE_NUMBER`.
const MAX_PARAMETERS: usize = 32_766;

/// The arguments of a checked query, in the order of its parameters, then those of its lists.
///
/// What the macros write; an application has no use for it.
#[derive(Debug)]
#[must_use = "arguments do nothing until a query takes them"]
pub struct Arguments(Result<Given, ParameterError>);

#[derive(Default)]
struct Given {
    values: Vec<Value>,
    lists: Vec<Vec<Value>>,
    /// By place of a list in the SQL: which list stands there.
    places: Vec<usize>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lists: Vec<usize> = self.lists.iter().map(Vec::len).collect();
        f.debug_struct("Given")
            .field("values", &self.values.len())
            .field("lists", &lists)
            .finish_non_exhaustive()
    }
}

impl Default for Arguments {
    fn default() -> Self {
        Self::new()
    }
}

impl Arguments {
    /// Starts with none.
    pub fn new() -> Self {
        Self(Ok(Given::default()))
    }

    /// Adds the value of a parameter.
    pub fn value<T: IntoValue + Clone>(self, parameter: &'static str, value: &T) -> Self {
        Self(self.0.and_then(|mut given| {
            given.values.push(to_value(parameter, value)?);
            Ok(given)
        }))
    }

    /// Adds the value with that number, from 0, once more: for `:name` beside `$name`.
    pub fn value_again(mut self, number: usize) -> Self {
        if let Ok(given) = &mut self.0 {
            let value = given.values.get(number).cloned();
            given.values.extend(value);
        }
        self
    }

    /// Adds a list, at the next place of a list in the SQL.
    ///
    /// The list is filled up to the next power of two with its last value, which changes neither
    /// `IN` nor `NOT IN`: lists of many lengths then share few prepared statements.
    pub fn list<L: List + ?Sized>(self, parameter: &'static str, list: &L) -> Self {
        Self(self.0.and_then(|mut given| {
            let list = list.items();
            let limit = MAX_PARAMETERS.saturating_sub(given.count());
            if list.len() > limit {
                return Err(ParameterError::ListTooLong {
                    parameter: parameter.to_owned(),
                    given: list.len(),
                    limit,
                });
            }
            let list = list.iter().map(|value| to_value(parameter, value));
            given.lists.push(list.collect::<Result<_, _>>()?);
            given.places.push(given.lists.len() - 1);
            Ok(given)
        }))
    }

    /// Has the list of that number, from 0, stand at the next place of a list, too.
    pub fn list_again(mut self, number: usize) -> Self {
        if let Ok(given) = &mut self.0 {
            given.places.push(number);
        }
        self
    }

    /// Takes the parameters, and writes the SQL: `pieces` is the text around the lists, whose other
    /// parameters are numbered.
    pub(super) fn finish(
        self,
        pieces: &'static [&'static str],
    ) -> (SqlStr, Result<ParamList, ParameterError>) {
        let Some((first, rest)) = pieces.split_first() else {
            return ("".into_sql_str(), self.0.map(|given| given.into_params()));
        };
        match self.0 {
            Ok(given) if rest.is_empty() => ((*first).into_sql_str(), Ok(given.into_params())),
            Ok(mut given) => {
                given.fill();
                let sql = given.write(first, rest);
                // Nothing but literals of the program and numbers.
                let sql = AssertSqlSafe(sql).into_sql_str();
                (sql, Ok(given.into_params()))
            }
            Err(error) => ((*first).into_sql_str(), Err(error)),
        }
    }
}

impl Given {
    /// How many parameters there are.
    fn count(&self) -> usize {
        self.values.len() + self.lists.iter().map(Vec::len).sum::<usize>()
    }

    /// Fills each list, as far as there is room when all lists have theirs.
    fn fill(&mut self) {
        let mut room = MAX_PARAMETERS.saturating_sub(self.count());
        for list in &mut self.lists {
            let Some(last) = list.last().cloned() else {
                continue;
            };
            let missing = (list.len().next_power_of_two() - list.len()).min(room);
            list.resize(list.len() + missing, last);
            room -= missing;
        }
    }

    fn write(&self, first: &str, rest: &[&str]) -> String {
        let mut end = self.values.len();
        let numbers: Vec<_> = self
            .lists
            .iter()
            .map(|list| {
                let start = end + 1;
                end += list.len();
                start..=end
            })
            .collect();
        let mut sql = first.to_owned();
        for (list, piece) in self.places.iter().zip(rest) {
            let numbers = numbers.get(*list).into_iter().flat_map(Clone::clone);
            for (place, number) in numbers.enumerate() {
                sql.push_str(if place > 0 { ",?" } else { "?" });
                sql.push_str(&number.to_string());
            }
            sql.push_str(piece);
        }
        sql
    }

    fn into_params(self) -> ParamList {
        let lists = self.lists.into_iter().flatten();
        ParamList::positional(self.values.into_iter().chain(lists).collect::<Vec<_>>())
    }
}

fn to_value<T: IntoValue + Clone>(
    parameter: &'static str,
    value: &T,
) -> Result<Value, ParameterError> {
    value
        .clone()
        .into_value()
        .map_err(|source| ParameterError::Value {
            parameter: parameter.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(arguments: Arguments, pieces: &'static [&'static str]) -> String {
        arguments.finish(pieces).0.as_str().to_owned()
    }

    #[test]
    fn a_list_is_filled_to_a_power_of_two_after_the_other_parameters() {
        let pieces = &["a = ?1 AND b IN (", ") AND c IN (", ")"];
        let arguments = Arguments::new()
            .value("?1", &1)
            .list("..b", &[1_i64, 2, 3])
            .list("..c", &["x"]);
        assert_eq!(
            written(arguments, pieces),
            "a = ?1 AND b IN (?2,?3,?4,?5) AND c IN (?6)"
        );
    }

    #[test]
    fn an_empty_list_leaves_the_parentheses_empty() {
        let none: [i64; 0] = [];
        let arguments = Arguments::new().list("..b", &none);
        assert_eq!(written(arguments, &["b IN (", ")"]), "b IN ()");
    }

    #[test]
    fn a_list_that_sqlite_cannot_take_is_refused() {
        let list = vec![1_i64; MAX_PARAMETERS];
        assert!(Arguments::new().list("..b", &list).0.is_ok());
        let error = Arguments::new().value("?1", &1).list("..b", &list).0.err();
        let expected = ParameterError::ListTooLong {
            parameter: "..b".to_owned(),
            given: MAX_PARAMETERS,
            limit: MAX_PARAMETERS - 1,
        };
        assert_eq!(error, Some(expected));
    }

    #[test]
    fn a_long_list_leaves_room_for_the_others() -> Result<(), ParameterError> {
        let long = vec![1_i64; 16_385];
        let arguments = Arguments::new().list("..x", &long).list("..y", &[2_i64]);
        let (sql, params) = arguments.finish(&["a IN (", ") OR b IN (", ")"]);
        params?;
        assert!(sql.as_str().ends_with(",?32765) OR b IN (?32766)"));
        Ok(())
    }

    #[test]
    fn a_list_stands_in_several_places() {
        let arguments = Arguments::new()
            .value("?1", &1)
            .list("..b", &[1_i64, 2])
            .list("..c", &[3_i64])
            .list_again(0);
        assert_eq!(
            written(arguments, &["b IN (", ") OR c IN (", ") OR d IN (", ")"]),
            "b IN (?2,?3) OR c IN (?4) OR d IN (?2,?3)"
        );
    }

    #[test]
    fn debug_shows_no_value() {
        let arguments = Arguments::new().value("?1", &"canary");
        assert!(!format!("{arguments:?}").contains("canary"));
    }
}
