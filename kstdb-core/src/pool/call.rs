//! One way through the code: a call finds a session, takes the writer turn if it needs it, and runs
//! in one hop on a blocking thread.

use sqlx::SqlStr;

use super::lease::Lease;
use super::records::Records;
use crate::checked::Effect;
use crate::error::{DatabaseError, StatementError, TransactionError};
use crate::observe::{Pace, observed};
use crate::session::{Aborted, Kind, Session, kind, optimizes};

type Work<T> = Box<dyn FnMut(&Session, &str) -> Result<T, StatementError> + Send>;

/// What to run.
pub(crate) struct Call<T> {
    sql: SqlStr,
    unit: Unit,
    /// What the statement does, if a macro has found out.
    effect: Option<Effect>,
    /// The work can be stopped anywhere and begun again.
    repeatable: bool,
    /// The work waits for its caller in the middle.
    attended: bool,
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

/// What a call needs before it runs, and what it is.
#[derive(Clone, Copy, Debug)]
struct Needs {
    /// The writer turn.
    turn: bool,
    /// The statement can write, by SQLite's own word or because that cannot be known yet.
    writes: bool,
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
            attended: false,
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
            attended: false,
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
            attended: false,
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

    /// Says that the work waits for its caller, who may take his time.
    pub(crate) fn attended(self) -> Self {
        Self {
            attended: true,
            ..self
        }
    }

    /// Tells whether another caller's thread may take the call along. One who does not look after
    /// his stream would keep what he stands in line for, or the other's connection.
    pub(super) fn may_be_taken_along(&self) -> bool {
        !self.attended
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
        if self.needs(session).ok()?.turn {
            return None;
        }
        let (found, _) = observed(self.sql.as_str(), Pace::Own(None), || {
            (self.work)(session, self.sql.as_str())
        });
        let found = found.ok()?;
        session.check_codec().ok()?;
        Some(found)
    }

    /// Tells whether the call may run in one transaction with others.
    pub(super) fn may_share(&self, records: &Records) -> bool {
        self.repeatable
            && kind(self.sql()) == Kind::Ordinary
            && records.expect_short(self.sql(), true)
    }

    /// Runs the call in a transaction with others. `None`: it has to be run alone.
    pub(super) fn run_shared(&mut self, session: &Session, records: &Records) -> Option<T> {
        let writes = self.needs(session).ok()?.writes;
        let done = self.run_noted(session, records, writes).ok()?;
        // Alone it would be refused, even if the next one in the group mends it.
        (!session.has_deferred_violations()).then_some(done)
    }

    /// Runs the call on a blocking thread.
    pub(super) fn run(self, lease: &mut Lease) -> Outcome<T> {
        let needs = match self.needs(lease.session()) {
            Ok(needs) => needs,
            Err(error) => return Outcome::Done(Err(error.into())),
        };
        if needs.turn && !lease.has_turn() {
            // From now on it waits with the writers from the start.
            lease.pool().writer().remember_write(self.sql());
            match lease.pool().try_turn() {
                Some(turn) => lease.give_turn(turn),
                None => return Outcome::NeedsTurn(self),
            }
        }
        let result = self.run_with_turn(lease, needs.writes);
        // The call is over: a cancellation that comes now must not stop a rollback.
        lease.session().cancellation().end_call();
        Outcome::Done(result)
    }

    /// Asks SQLite what the call does, also about a statement whose effect is known: the schema can
    /// be another one. A script has no answer before it runs.
    fn needs(&self, session: &Session) -> Result<Needs, StatementError> {
        if self.unit == Unit::Script {
            return Ok(Needs {
                turn: true,
                writes: true,
            });
        }
        let found = session.or_damage(session.effect(self.sql()))?;
        let writes = found == Effect::Writes;
        let turn = match self.effect {
            Some(checked) if checked != found => {
                return Err(StatementError::OtherEffect { checked, found });
            }
            // A checked query that reads takes no turn, not even in a transaction of SQL text.
            Some(_) => writes,
            None => {
                writes
                    || self.unit == Unit::Batch
                    || session.may_come_to_write(self.sql())
                    || optimizes(self.sql())
            }
        };
        Ok(Needs { turn, writes })
    }

    fn run_with_turn(mut self, lease: &Lease, writes: bool) -> Result<T, DatabaseError> {
        let (session, unit) = (lease.session(), self.unit);
        let alone = session.sql().is_autocommit() && kind(self.sql()) == Kind::Ordinary;
        // A statement that SQLite commits by itself commits when it is reset, where nobody hears of
        // a failure; and the read guard has to come before the commit.
        let as_unit = unit != Unit::Statement || (writes && alone);
        let mut run = || self.run_noted(session, lease.pool().records(), writes);
        if !as_unit {
            let result = run();
            // After a failed page the code that SQLite reports is misleading: this answer goes
            // first.
            session.check_codec()?;
            return Ok(result?);
        }
        session.atomically(run).map_err(|aborted| match aborted {
            Aborted::Work(error) => error.into(),
            Aborted::Transaction(TransactionError::Begin(error)) => error.into(),
            // A statement alone is its own transaction, with a key as without.
            Aborted::Transaction(TransactionError::Commit(error)) if unit == Unit::Statement => {
                error.into()
            }
            Aborted::Transaction(error) => error.into(),
        })
    }

    /// Runs the work, without what makes it a unit, and notes how long it took.
    fn run_noted(
        &mut self,
        session: &Session,
        records: &Records,
        writes: bool,
    ) -> Result<T, StatementError> {
        let pace = if self.unit == Unit::Statement && !self.attended {
            Pace::Own(session.slow_statement())
        } else {
            Pace::Unmeasured
        };
        let (done, elapsed) = observed(self.sql.as_str(), pace, || {
            (self.work)(session, self.sql.as_str())
        });
        let done = done?;
        if self.repeatable {
            records.note(self.sql(), writes, elapsed);
        }
        Ok(done)
    }
}

/// Refuses a statement that would end or nest a transaction behind the back of its guard.
pub(crate) fn refuse_control(sql: &str) -> Result<(), TransactionError> {
    match kind(sql) {
        Kind::TransactionControl => Err(TransactionError::ControlStatement),
        Kind::OutsideTransaction | Kind::Ordinary => Ok(()),
    }
}
