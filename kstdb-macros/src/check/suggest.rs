//! "did you mean": the nearest name that is there.

use rusqlite::ffi;

use super::fault::Fault;
use crate::schema::Catalog;
use crate::sql::{self, Token};

/// How alike two names must be to be taken for each other: 1.0 is the same.
const ALIKE: f64 = 0.6;

/// Finds the name that is most like `wanted`, in whatever case.
pub(crate) fn nearest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// Turns SQLite's refusal of a statement into a fault.
pub(super) fn refusal(error: &rusqlite::Error, sql: &str, catalog: &Catalog) -> Fault {
    let (message, offset) = match error {
        rusqlite::Error::SqlInputError { msg, offset, .. } => {
            (msg.clone(), usize::try_from(*offset).ok())
        }
        rusqlite::Error::SqliteFailure(failure, message) => {
            let code = ffi::code_to_str(failure.extended_code);
            (message.clone().unwrap_or_else(|| code.to_owned()), None)
        }
        other => (other.to_string(), None),
    };
    if message == "incomplete input" {
        let end = sql.trim_end().len();
        return Fault::new("the statement is not complete", Some(end..end));
    }
    let tokens = sql::tokens(sql);
    let missing = Missing::of(&message);
    let token = offset.and_then(|offset| tokens.iter().find(|token| token.range.contains(&offset)));
    let token = match &missing {
        // The offset of `table.column` is that of the table; of a table there is none.
        Some(missing) => missing.token(&tokens, sql, offset).or(token),
        None => token,
    };
    let at = token
        .map(|token| token.range.clone())
        .or(offset.map(|offset| offset..offset));
    let hint = missing.and_then(|missing| missing.hint(catalog, &tokens, sql));
    Fault::new(message, at).with_hint(hint)
}

/// A name that SQLite did not find.
struct Missing<'m> {
    class: Class,
    /// As SQLite writes it: `column`, `table.column`.
    name: &'m str,
    /// The table that lacks it, if SQLite says so.
    table: Option<&'m str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Column,
    Table,
    Function,
}

impl<'m> Missing<'m> {
    fn of(message: &'m str) -> Option<Self> {
        let simple = [
            ("no such column: ", Class::Column),
            ("no such table: ", Class::Table),
            ("no such function: ", Class::Function),
        ];
        for (start, class) in simple {
            if let Some(name) = message.strip_prefix(start) {
                // SQLite goes on about double quotes after the name.
                let name = name.split(" - ").next().unwrap_or(name);
                let name = name.trim_matches('"');
                return Some(Self {
                    class,
                    name,
                    table: None,
                });
            }
        }
        let (table, name) = message
            .strip_prefix("table ")?
            .split_once(" has no column named ")?;
        Some(Self {
            class: Class::Column,
            name,
            table: Some(table),
        })
    }

    fn last_part(&self) -> &'m str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    /// The first token of that name, from `offset` on; for a table, which has no offset, the first
    /// where a table is named.
    fn token<'t>(
        &self,
        tokens: &'t [Token],
        sql: &str,
        offset: Option<usize>,
    ) -> Option<&'t Token> {
        let start = offset.unwrap_or(0);
        let is_it = |token: &Token| {
            let name = token.name(sql);
            token.range.end > start
                && name.is_some_and(|name| name.eq_ignore_ascii_case(self.last_part()))
        };
        let behind = |signs: &[&str]| {
            let pairs = tokens.windows(2).filter(|pair| is_it(&pair[1]));
            let mut pairs = pairs.filter(|pair| signs.iter().any(|sign| pair[0].is(sign, sql)));
            pairs.next().map(|pair| &pair[1])
        };
        let of_table = match self.class {
            Class::Table => {
                behind(&["FROM", "JOIN", "INTO", "UPDATE"]).or_else(|| behind(&[".", ","]))
            }
            Class::Column | Class::Function => None,
        };
        of_table.or_else(|| tokens.iter().find(|token| is_it(token)))
    }

    fn hint(&self, catalog: &Catalog, tokens: &[Token], sql: &str) -> Option<String> {
        let tables = || catalog.tables.iter().map(|table| table.name.as_str());
        let near = match self.class {
            Class::Table => nearest(self.last_part(), tables()),
            Class::Function => nearest(self.last_part(), FUNCTIONS.iter().copied()),
            Class::Column => {
                // A table that the statement names is more likely than any other.
                let is_named = |table: &str| {
                    tokens.iter().any(|token| {
                        token
                            .name(sql)
                            .is_some_and(|name| name.eq_ignore_ascii_case(table))
                    })
                };
                let (named, others): (Vec<_>, Vec<_>) =
                    catalog.tables.iter().partition(|table| match self.table {
                        Some(own) => table.name.eq_ignore_ascii_case(own),
                        None => is_named(&table.name),
                    });
                let in_tables = |tables: &[&'_ crate::schema::Named]| {
                    let columns = tables.iter().flat_map(|table| &table.columns);
                    nearest(self.last_part(), columns.map(String::as_str)).map(str::to_owned)
                };
                return in_tables(&named)
                    .or_else(|| named.is_empty().then(|| in_tables(&others)).flatten())
                    .map(|name| format!("did you mean `{name}`?"));
            }
        };
        near.map(|name| format!("did you mean `{name}`?"))
    }
}

/// SQLite's functions that queries use most.
const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "changes",
    "coalesce",
    "concat",
    "count",
    "date",
    "datetime",
    "format",
    "glob",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_each",
    "json_extract",
    "json_object",
    "julianday",
    "last_insert_rowid",
    "length",
    "like",
    "lower",
    "ltrim",
    "max",
    "min",
    "nullif",
    "printf",
    "quote",
    "random",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "strftime",
    "substr",
    "sum",
    "time",
    "total",
    "trim",
    "typeof",
    "unixepoch",
    "upper",
];
