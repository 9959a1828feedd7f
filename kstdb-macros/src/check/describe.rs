//! One statement, described.

use super::fault::Fault;
use super::suggest::refusal;
use super::witness::{self, Fact, Program};
use crate::schema::{Kind, Schema};
use crate::sql;

/// A statement that SQLite accepts.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) columns: Vec<Column>,
    /// By number, from 1: the name with its sign; `None` for `?` and `?1`.
    pub(crate) parameters: Vec<Option<String>>,
    pub(crate) only_reads: bool,
}

/// A column of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// The name that SQLite gives it.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) can_be_null: bool,
}

/// Checks one statement against a schema.
///
/// # Errors
/// - a [`Fault`]: SQLite refuses the statement, it is none or more than one, it controls a
///   transaction, or a NUL character is in it.
pub(crate) fn check(schema: &Schema, sql: &str) -> Result<Checked, Fault> {
    if let Some(nul) = sql.find('\0') {
        // sqlx would ask for the rest of the text for ever.
        let message = "SQLite reads a statement up to a NUL character, and here is one";
        return Err(Fault::new(message, Some(nul..nul + 1)));
    }
    let tokens = sql::tokens(sql);
    let Some(first) = tokens.iter().find(|token| !token.is(";", sql)) else {
        return Err(Fault::new("there is no statement in this text", None));
    };
    let control = ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"];
    if control.iter().any(|word| first.is(word, sql)) {
        let message = "a checked query cannot begin or end a transaction";
        return Err(
            Fault::new(message, Some(first.range.clone())).with_hint(Some(
                "use `begin`, `commit` and `rollback` of the database and its transactions"
                    .to_owned(),
            )),
        );
    }
    let (statement, reads_untyped) = match schema.prepare(sql) {
        Ok(prepared) => prepared,
        Err(rusqlite::Error::MultipleStatement) => {
            let end = tokens.iter().position(|token| token.is(";", sql));
            let second = end.and_then(|end| tokens[end..].iter().find(|token| !token.is(";", sql)));
            let message = "this is more than one statement; a query is one";
            return Err(Fault::new(message, second.map(|token| token.range.clone())));
        }
        Err(error) => return Err(refusal(&error, sql, schema.catalog())),
    };
    let columns: Vec<(String, Option<Kind>)> = statement
        .columns()
        .iter()
        .map(|column| {
            (
                column.name().to_owned(),
                column.decl_type().map(Kind::of_declared),
            )
        })
        .collect();
    let parameters = (1..=statement.parameter_count())
        .map(|index| {
            let name = statement.parameter_name(index);
            name.filter(|name| !name.starts_with('?'))
                .map(str::to_owned)
        })
        .collect();
    let only_reads = statement.readonly();
    drop(statement);
    let (facts, described) = if columns.is_empty() {
        (None, None)
    } else {
        let program = Program::of(schema.database(), sql).ok();
        let facts = program.as_ref().and_then(|one| Facts::of(one, schema));
        // sqlx takes the programs of triggers for parts of the statement's.
        let runs_others = program.as_ref().is_some_and(Program::runs_others);
        let computes = columns.iter().any(|(_, declared)| declared.is_none());
        // Trying a PRAGMA out could change what the next statement is.
        let is_tried = only_reads && computes && !first.is("PRAGMA", sql);
        let sqlx_can_be_asked =
            !reads_untyped && !runs_others && (!is_tried || schema.gives_a_row_soon(sql));
        let described = sqlx_can_be_asked.then(|| schema.nullability(sql)).flatten();
        (facts, described)
    };
    let columns = columns
        .into_iter()
        .enumerate()
        .map(|(index, (name, declared))| {
            let described = described
                .as_ref()
                .and_then(|described| *described.get(index)?);
            let (kind, can_be_null) = facts
                .as_ref()
                .map_or((Kind::Any, true), |facts| facts.column(index, described));
            Column {
                name,
                // What RETURNING gives is what was stored: of the same type as SELECT reads it again,
                // whatever literal, DEFAULT or parameter it came from.
                kind: match declared {
                    Some(declared) if !only_reads => declared,
                    _ => kind,
                },
                can_be_null,
            }
        });
    Ok(Checked {
        columns: columns.collect(),
        parameters,
        only_reads,
    })
}

/// What the second witness says: with an eye on sqlx, and alone.
struct Facts {
    beside_sqlx: Vec<Fact>,
    alone: Vec<Fact>,
}

impl Facts {
    fn of(program: &Program, schema: &Schema) -> Option<Self> {
        Some(Self {
            beside_sqlx: witness::results(program, schema.catalog(), true)?,
            alone: witness::results(program, schema.catalog(), false)?,
        })
    }

    /// The kind of a column and whether it can be NULL, with what sqlx says of the latter.
    fn column(&self, index: usize, described: Option<bool>) -> (Kind, bool) {
        let [Some(beside_sqlx), Some(alone)] =
            [&self.beside_sqlx, &self.alone].map(|facts| facts.get(index))
        else {
            return (Kind::Any, true);
        };
        let both_say_never = described == Some(false) && !beside_sqlx.can_be_null;
        (
            beside_sqlx.kind.unwrap_or(Kind::Any),
            alone.can_be_null && !both_say_never,
        )
    }
}
