//! The arguments of a checked query, and the SQL text with its lists written out.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

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
    /// How many parameters each list takes.
    lists: Vec<usize>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given")
            .field("values", &self.values.len())
            .field("lists", &self.lists)
            .finish()
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
        self.push(parameter, value.clone())
    }

    /// Adds the values of a list.
    ///
    /// The list is filled up to the next power of two with its last value, which changes neither
    /// `IN` nor `NOT IN`: lists of many lengths then share few prepared statements.
    pub fn list<T, L>(self, parameter: &'static str, list: &L) -> Self
    where
        T: IntoValue + Clone,
        L: AsRef<[T]> + ?Sized,
    {
        let list = list.as_ref();
        let taken = self.0.as_ref().map_or(0, |given| given.values.len());
        let limit = MAX_PARAMETERS - taken.min(MAX_PARAMETERS);
        if list.len() > limit {
            let too_long = ParameterError::ListTooLong {
                parameter: parameter.to_owned(),
                given: list.len(),
                limit,
            };
            return Self(self.0.and(Err(too_long)));
        }
        let filled = match list.len() {
            0 => 0,
            length => length.next_power_of_two().min(limit),
        };
        let fill = list.last().into_iter().cycle();
        let mut all = list
            .iter()
            .chain(fill)
            .take(filled)
            .fold(self, |all, value| all.push(parameter, value.clone()));
        if let Ok(given) = &mut all.0 {
            given.lists.push(filled);
        }
        all
    }

    fn push(self, parameter: &'static str, value: impl IntoValue) -> Self {
        Self(self.0.and_then(|mut given| match value.into_value() {
            Ok(value) => {
                given.values.push(value);
                Ok(given)
            }
            Err(source) => Err(ParameterError::Value {
                parameter: parameter.to_owned(),
                source,
            }),
        }))
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
            Ok(given) => {
                let sql = write_lists(first, rest, &given);
                // Nothing but literals of the program and numbers.
                let sql = AssertSqlSafe(sql).into_sql_str();
                (sql, Ok(given.into_params()))
            }
            Err(error) => ((*first).into_sql_str(), Err(error)),
        }
    }
}

impl Given {
    fn into_params(self) -> ParamList {
        ParamList::positional(self.values)
    }
}

fn write_lists(first: &str, rest: &[&str], given: &Given) -> String {
    let in_lists: usize = given.lists.iter().sum();
    let mut number = given.values.len() - in_lists;
    let mut sql = first.to_owned();
    for (length, piece) in given.lists.iter().zip(rest) {
        for place in 0..*length {
            number += 1;
            if place > 0 {
                sql.push(',');
            }
            sql.push('?');
            sql.push_str(&number.to_string());
        }
        sql.push_str(piece);
    }
    sql
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
    fn debug_shows_no_value() {
        let arguments = Arguments::new().value("?1", &"canary");
        assert!(!format!("{arguments:?}").contains("canary"));
    }
}
