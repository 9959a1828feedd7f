//! A text of several statements on a session, run one after another.

use fallible_iterator::FallibleIterator;

use super::connect::Session;
use super::keyword::{Kind, kind};
use super::statement::Executed;
use crate::error::StatementError;

impl Session {
    /// Runs every statement of a text; rows that they return are stepped over. The caller makes it
    /// one unit, which a statement that begins or ends a transaction would part.
    pub(crate) fn execute_batch(&self, text: &str) -> Result<Executed, StatementError> {
        if text.as_bytes().contains(&0) {
            return Err(StatementError::NulByte);
        }
        let mut total = Executed {
            rows_affected: 0,
            last_insert_rowid: self.sql().last_insert_rowid(),
        };
        let mut statements = rusqlite::Batch::new(self.sql(), text);
        while let Some(mut statement) = statements.next().map_err(|error| self.refusal(error))? {
            refuse_control(&statement)?;
            let one = self.step_through(&mut statement)?;
            total.rows_affected += one.rows_affected;
            total.last_insert_rowid = one.last_insert_rowid;
        }
        Ok(total)
    }
}

/// Refuses what would end the unit that the text is.
fn refuse_control(statement: &rusqlite::Statement<'_>) -> Result<(), StatementError> {
    // Nothing is bound: it is the statement's own text.
    let text = statement.expanded_sql().unwrap_or_default();
    match kind(&text) {
        Kind::TransactionControl => Err(StatementError::Refused {
            statement: "a transaction statement".to_owned(),
            instead: "the text is one transaction already",
        }),
        Kind::OutsideTransaction | Kind::Ordinary => Ok(()),
    }
}
