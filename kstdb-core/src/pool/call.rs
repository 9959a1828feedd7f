//! One way through the code: a call finds a session, takes the writer turn if it needs it, and runs
//! in one hop on a blocking thread.

use std::time::Instant;

use sqlx::SqlStr;

use super::lease::Lease;
use crate::checked::Effect;
use crate::error::{DatabaseError, StatementError, TransactionError};
use crate::session::{Aborted, Kind, Session, kind};

type Work<T> = Box<dyn FnMut(&Session, &str) -> Result<T, StatementError> + Send>;

/// What to run.
pub(crate) struct Call<T> {
    sql: SqlStr,
    unit: Unit,
    /// What the statement does, if a macro has found out.
    effect: Option<Effect>,
    /// The work can be stopped anywhere and begun again.
    repeatable: bool,
    work: Work<T>,
}

/// What of a call is stored together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// One statement, which may only read.
    Statement,
    /// The same statement several times.
    Batch,
    /// A text of several statements.
    Script,
}

/// How a call ended on a session.
pub(crate) enum Outcome<T> {
    /// It ran, or was refused.
    Done(Result<T, DatabaseError>),
    /// It writes, and somebody else has the turn.
    NeedsTurn(Call<T>),
}

/// Whoever runs calls: the database, a connection, a transaction.
pub(crate) trait Route {
    /// Runs a call.
    fn route<T: Send + 'static>(
        self,
        call: Call<T>,
    ) -> impl Future<Output = Result<T, DatabaseError>> + Send;
}

impl<T> Call<T> {
    /// A call of one statement.
    pub(crate) fn statement(
        sql: SqlStr,
        work: impl FnMut(&Session, &str) -> Result<T, StatementError> + Send + 'static,
    ) -> Self {
        Self {
            sql,
            unit: Unit::Statement,
            effect: None,
            repeatable: false,
            work: Box::new(work),
        }
    }

    /// A call that runs a statement several times, all or nothing.
    pub(crate) fn batch(
        sql: SqlStr,
        work: impl FnMut(&Session, &str) -> Result<T, StatementError> + Send + 'static,
    ) -> Self {
        Self {
            sql,
            unit: Unit::Batch,
            effect: None,
            repeatable: false,
            work: Box::new(work),
        }
    }

    /// A call that runs a text of several statements, all or nothing.
    pub(crate) fn script(
        sql: SqlStr,
        work: impl FnMut(&Session, &str) -> Result<T, StatementError> + Send + 'static,
    ) -> Self {
        Self {
            sql,
            unit: Unit::Script,
            effect: None,
            repeatable: false,
            work: Box::new(work),
        }
    }

    pub(crate) fn sql(&self) -> &str {
        self.sql.as_str()
    }

    /// Says what the statement was found to do while compiling.
    pub(crate) fn known_to(self, effect: Option<Effect>) -> Self {
        Self { effect, ..self }
    }

    /// Says that the work has no effect of its own, so that it can be begun again.
    pub(crate) fn repeatable(self) -> Self {
        Self {
            repeatable: true,
            ..self
        }
    }

    /// Tells whether the call may be tried on the thread that asks.
    pub(super) fn may_be_brief(&self) -> bool {
        self.repeatable && self.effect != Some(Effect::Writes)
    }

    /// Tells whether the turn is needed for certain, so that the call can queue first.
    pub(crate) fn surely_needs_turn(&self) -> bool {
        self.unit != Unit::Statement || self.effect == Some(Effect::Writes)
    }

    /// Tries a call that reads, without waiting for anything. `None`: it has to be run.
    pub(super) fn run_briefly(&mut self, lease: &Lease) -> Option<T> {
        let session = lease.session();
        let _brief = session.briefly().ok()?;
        if self.needs_turn(session).ok()? {
            return None;
        }
        let found = (self.work)(session, self.sql.as_str()).ok()?;
        session.check_codec().ok()?;
        Some(found)
    }

    /// Runs the call on a blocking thread.
    pub(super) fn run(self, lease: &mut Lease) -> Outcome<T> {
        let needs_turn = match self.needs_turn(lease.session()) {
            Ok(needs_turn) => needs_turn,
            Err(error) => return Outcome::Done(Err(error.into())),
        };
        if needs_turn && !lease.has_turn() {
            match lease.pool().writer().try_turn() {
                Some(turn) => lease.give_turn(turn),
                None => return Outcome::NeedsTurn(self),
            }
        }
        let noted = self.may_be_brief() && !needs_turn;
        let noted = noted.then(|| (self.sql.clone(), Instant::now()));
        let result = self.run_with_turn(lease.session(), needs_turn);
        if let (Some((sql, start)), true) = (noted, result.is_ok()) {
            lease.pool().records().note(sql.as_str(), start.elapsed());
        }
        // The call is over: a cancellation that comes now must not stop a rollback.
        lease.session().cancellation().end_call();
        Outcome::Done(result)
    }

    /// Asks SQLite whether the turn is needed, also about a statement whose effect is known: the
    /// schema can be another one. A script has no answer before it runs.
    fn needs_turn(&self, session: &Session) -> Result<bool, StatementError> {
        if self.unit == Unit::Script {
            return Ok(true);
        }
        let found = session.effect(self.sql())?;
        match self.effect {
            Some(checked) if checked != found => {
                Err(StatementError::OtherEffect { checked, found })
            }
            // A checked query that reads takes no turn, not even in a transaction of SQL text.
            Some(checked) => Ok(checked == Effect::Writes),
            None => Ok(self.unit == Unit::Batch
                || found == Effect::Writes
                || session.may_come_to_write(self.sql())),
        }
    }

    fn run_with_turn(self, session: &Session, writes: bool) -> Result<T, DatabaseError> {
        let Self {
            sql,
            unit,
            mut work,
            ..
        } = self;
        let sql = sql.as_str();
        let alone = session.sql().is_autocommit() && kind(sql) == Kind::Ordinary;
        if unit != Unit::Statement || (writes && alone && session.is_encrypted()) {
            return session
                .atomically(|| work(session, sql))
                .map_err(|aborted| match aborted {
                    Aborted::Work(error) => error.into(),
                    Aborted::Transaction(TransactionError::Begin(error)) => error.into(),
                    // A statement alone is its own transaction, with a key as without.
                    Aborted::Transaction(TransactionError::Commit(error))
                        if unit == Unit::Statement =>
                    {
                        error.into()
                    }
                    Aborted::Transaction(error) => error.into(),
                });
        }
        let result = work(session, sql);
        // After a failed page the code that SQLite reports is misleading: this answer goes first.
        session.check_codec()?;
        Ok(result?)
    }
}

/// Refuses a statement that would end or nest a transaction behind the back of its guard.
pub(crate) fn refuse_control(sql: &str) -> Result<(), TransactionError> {
    match kind(sql) {
        Kind::TransactionControl => Err(TransactionError::ControlStatement),
        Kind::OutsideTransaction | Kind::Ordinary => Ok(()),
    }
}
