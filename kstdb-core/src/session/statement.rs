//! One statement on a session: prepare from the cache, bind, step, read.

use fallible_iterator::FallibleIterator;
use rusqlite::CachedStatement;

use super::connect::Session;
use super::keyword::{Kind, is_empty, kind, optimizes};
use super::params::{Bindings, Bound, ParamList};
use super::read::Rows;
use super::row::{Columns, FromRow};
use super::value::Value;
use crate::checked::Effect;
use crate::error::{ParameterError, SqliteErrorKind, StatementError};

/// What a statement that returns no rows did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Executed {
    /// How many rows it inserted, updated or deleted, those of triggers not counted.
    pub rows_affected: u64,
    /// The rowid of the row inserted last on this connection.
    pub last_insert_rowid: i64,
}

/// What a text of several statements does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextEffect {
    /// It only reads.
    Reads,
    /// It writes, and can be part of a transaction.
    Writes,
    /// It may write, and may begin or end transactions itself.
    Unknown,
}

/// How many rows a call reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    First,
    All,
}

impl Session {
    /// Prepares one statement, from the cache if it was there before.
    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, StatementError> {
        if sql.as_bytes().contains(&0) {
            return Err(StatementError::NulByte);
        }
        if is_empty(sql) {
            return Err(StatementError::Empty);
        }
        self.sql()
            .prepare_cached(sql)
            .map_err(|error| self.refusal(error))
    }

    /// Why a statement could not be prepared or run: the session's own refusal goes before SQLite's
    /// words. A statement that prepares others, such as `VACUUM INTO`, is refused while it runs.
    pub(super) fn refusal(&self, error: rusqlite::Error) -> StatementError {
        match (self.watch().take_refused(), error.into()) {
            (Some((statement, instead)), StatementError::Sqlite(error))
                // For a function SQLite has no code of its own.
                if error.kind() == SqliteErrorKind::Refused
                    || error.message().starts_with("not authorized") =>
            {
                StatementError::Refused { statement, instead }
            }
            (_, error) => error,
        }
    }

    /// Asks SQLite what a statement does.
    pub(crate) fn effect(&self, sql: &str) -> Result<Effect, StatementError> {
        Ok(Effect::of(self.prepare(sql)?.readonly()))
    }

    /// Tells whether a statement that reads can be followed by one that writes in the same
    /// transaction of SQL text: it begins one, or runs in one.
    pub(crate) fn may_come_to_write(&self, sql: &str) -> bool {
        kind(sql) == Kind::TransactionControl || !self.sql().is_autocommit()
    }

    /// Asks SQLite what a text of several statements does.
    pub(crate) fn text_effect(&self, text: &str) -> TextEffect {
        let mut statements = rusqlite::Batch::new(self.sql(), text);
        let mut effect = TextEffect::Reads;
        loop {
            match statements.next() {
                Ok(Some(statement)) => {
                    // Nothing is bound: it is the statement's own text.
                    let sql = statement.expanded_sql().unwrap_or_default();
                    match kind(&sql) {
                        Kind::TransactionControl => return TextEffect::Unknown,
                        Kind::OutsideTransaction if !statement.readonly() || optimizes(&sql) => {
                            return TextEffect::Unknown;
                        }
                        Kind::Ordinary if !statement.readonly() => effect = TextEffect::Writes,
                        Kind::OutsideTransaction | Kind::Ordinary => {}
                    }
                }
                Ok(None) => return effect,
                // It can need what an earlier one creates.
                Err(_) => return TextEffect::Unknown,
            }
        }
    }

    /// Runs a statement for its effect; rows that it returns are stepped over.
    pub(crate) fn execute(
        &self,
        sql: &str,
        params: &ParamList,
    ) -> Result<Executed, StatementError> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, &params.0)?;
        self.step_through(&mut statement)
    }

    /// Runs a statement once for each item, without preparing it again.
    pub(crate) fn execute_each(
        &self,
        sql: &str,
        params: impl Iterator<Item = Result<ParamList, ParameterError>>,
    ) -> Result<Executed, StatementError> {
        let mut statement = self.prepare(sql)?;
        let mut total = Executed::default();
        for params in params {
            bind(
                &mut statement,
                &params.map_err(StatementError::Parameter)?.0,
            )?;
            let one = self.step_through(&mut statement)?;
            total.rows_affected += one.rows_affected;
            total.last_insert_rowid = one.last_insert_rowid;
        }
        Ok(total)
    }

    pub(super) fn step_through(
        &self,
        statement: &mut rusqlite::Statement<'_>,
    ) -> Result<Executed, StatementError> {
        let changes_before = self.sql().total_changes();
        let mut rows = statement.raw_query();
        while rows.next().map_err(|error| self.refusal(error))?.is_some() {}
        drop(rows);
        // `changes` keeps the count of an earlier statement when this one changes nothing.
        let changed = self.sql().total_changes() != changes_before;
        Ok(Executed {
            rows_affected: if changed { self.sql().changes() } else { 0 },
            last_insert_rowid: self.sql().last_insert_rowid(),
        })
    }

    /// Prepares a statement and binds its parameters: its rows are there to be read.
    pub(crate) fn rows(&self, sql: &str, params: &ParamList) -> Result<Rows<'_>, StatementError> {
        let mut statement = self.prepare(sql)?;
        let columns = Columns::of(&statement).map_err(StatementError::Row)?;
        bind(&mut statement, &params.0)?;
        Ok(Rows {
            session: self,
            statement,
            columns,
        })
    }

    /// Runs a statement and reads its rows.
    pub(crate) fn fetch<T: FromRow>(
        &self,
        sql: &str,
        params: &ParamList,
        limit: Limit,
    ) -> Result<Vec<T>, StatementError> {
        let rows = self.rows(sql, params)?;
        let plan = T::plan(rows.columns()).map_err(StatementError::Row)?;
        let mut found = Vec::new();
        rows.for_each(&mut |row| {
            found.push(T::from_row(row, &plan).map_err(StatementError::Row)?);
            Ok(limit == Limit::All)
        })?;
        Ok(found)
    }
}

fn bind(statement: &mut CachedStatement<'_>, bindings: &Bindings) -> Result<(), StatementError> {
    match bindings {
        Bindings::Positional(values) => bind_positional(statement, values),
        Bindings::Named(named) => bind_named(statement, named),
    }
}

fn bind_positional(
    statement: &mut CachedStatement<'_>,
    values: &[Value],
) -> Result<(), StatementError> {
    let expected = statement.parameter_count();
    if values.len() != expected {
        let count = ParameterError::Count {
            given: values.len(),
            expected,
        };
        return Err(StatementError::Parameter(count));
    }
    for (index, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(value))?;
    }
    Ok(())
}

fn bind_named(
    statement: &mut CachedStatement<'_>,
    named: &[(String, Value)],
) -> Result<(), StatementError> {
    let wrong = |error| Err(StatementError::Parameter(error));
    for index in 1..=statement.parameter_count() {
        let Some(name) = statement.parameter_name(index) else {
            return wrong(ParameterError::Mixed);
        };
        let Some((_, value)) = named.iter().find(|(given, _)| given == name) else {
            return wrong(ParameterError::Missing {
                name: name.to_owned(),
            });
        };
        statement.raw_bind_parameter(index, Bound(value))?;
    }
    for (name, _) in named {
        if statement.parameter_index(name)?.is_none() {
            return wrong(ParameterError::Unknown { name: name.clone() });
        }
    }
    Ok(())
}
