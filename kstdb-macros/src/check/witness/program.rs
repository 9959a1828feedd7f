//! The program of a statement, as EXPLAIN lists it.

use rusqlite::Connection;

/// One instruction (<https://www.sqlite.org/opcode.html>).
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    pub(super) opcode: String,
    pub(super) p1: i64,
    pub(super) p2: i64,
    pub(super) p3: i64,
    pub(super) p4: String,
    pub(super) p5: i64,
}

/// The instructions of a statement, without those of its triggers.
///
/// A trigger is a program of its own, with registers and addresses of its own, that runs in the place
/// of one `Program` instruction and writes no register of the statement.
#[derive(Clone, Debug)]
pub(crate) struct Program(pub(super) Vec<Instruction>);

impl Program {
    /// Asks SQLite for the program of a statement.
    pub(crate) fn of(database: &Connection, sql: &str) -> rusqlite::Result<Self> {
        let mut statement = database.prepare(&format!("EXPLAIN {sql}"))?;
        let mut rows = statement.raw_query();
        let mut instructions = Vec::new();
        while let Some(row) = rows.next()? {
            // EXPLAIN lists the programs of triggers after the statement's; each starts at address 0.
            if usize::try_from(row.get::<_, i64>(0)?) != Ok(instructions.len()) {
                break;
            }
            instructions.push(Instruction {
                opcode: row.get(1)?,
                p1: row.get(2)?,
                p2: row.get(3)?,
                p3: row.get(4)?,
                // P4 can be a blob or text that is not UTF-8; neither matters here.
                p4: row.get(5).unwrap_or_default(),
                p5: row.get(6).unwrap_or_default(),
            });
        }
        Ok(Self(instructions))
    }

    /// Tells whether it fires triggers, or does what foreign keys ask for.
    pub(crate) fn runs_others(&self) -> bool {
        self.0.iter().any(|one| one.opcode == "Program")
    }
}
