//! From the columns of a result back to everything that can be in them.

use std::collections::{HashMap, HashSet};

use super::convert::{affinity, converted, halts_on_null};
use super::fact::Fact;
use super::flow::Flow;
use super::opcode::{Write, function_kind, writes};
use super::program::{Instruction, Program};
use crate::schema::{Catalog, Kind};

/// What each column of the result can hold; `None` if an instruction is not known, or there is no
/// result. `leave_paths_to_sqlx`: what only a walk along the paths can tell is left to sqlx.
pub(crate) fn results(
    program: &Program,
    catalog: &Catalog,
    leave_paths_to_sqlx: bool,
) -> Option<Vec<Fact>> {
    let mut trace = Trace::new(&program.0, catalog, leave_paths_to_sqlx)?;
    let rows = program.0.iter().enumerate();
    let rows = rows.filter(|(_, one)| one.opcode == "ResultRow");
    let rows: Vec<Vec<Fact>> = rows
        .map(|(at, row)| {
            let registers = row.p1..row.p1 + row.p2;
            registers.map(|register| trace.read(register, at)).collect()
        })
        .collect();
    rows.into_iter()
        .reduce(|one, other| one.into_iter().zip(other).map(|(a, b)| a.or(b)).collect())
}

/// A value that is being traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Register(i64),
    Written { register: i64, at: usize },
    Field { cursor: i64, index: i64 },
    Record { register: i64, index: i64 },
}

struct Trace<'p> {
    program: &'p [Instruction],
    catalog: &'p Catalog,
    flow: Flow,
    /// By register: the instructions that write it, and what.
    written: HashMap<i64, Vec<(usize, Write<'p>)>>,
    /// Places above the one that is being traced. One that comes round again adds nothing: what it
    /// holds comes from elsewhere.
    above: HashSet<Place>,
    leave_paths_to_sqlx: bool,
}

impl<'p> Trace<'p> {
    fn new(
        program: &'p [Instruction],
        catalog: &'p Catalog,
        leave_paths_to_sqlx: bool,
    ) -> Option<Self> {
        let mut written: HashMap<_, Vec<_>> = HashMap::new();
        let mut writers = HashSet::new();
        for (at, instruction) in program.iter().enumerate() {
            for (register, write) in writes(instruction)? {
                written.entry(register).or_default().push((at, write));
                writers.insert(at);
            }
        }
        Some(Self {
            program,
            catalog,
            flow: Flow::of(program, |at| writers.contains(&at)),
            written,
            above: HashSet::new(),
            leave_paths_to_sqlx,
        })
    }

    /// Traces a place, unless it is being traced.
    fn once(&mut self, place: Place, trace: impl FnOnce(&mut Self) -> Fact) -> Fact {
        if !self.above.insert(place) {
            return Fact::NOTHING;
        }
        let fact = trace(self);
        self.above.remove(&place);
        fact
    }

    /// What a register can hold where instruction `at` reads it.
    fn read(&mut self, register: i64, at: usize) -> Fact {
        let writes = self.written.get(&register).map_or(&[][..], Vec::as_slice);
        // IfNullRow writes only if it jumps.
        let written_at = |before: usize| {
            let write = writes.iter().find(|(writer, _)| *writer == before);
            write
                .filter(|_| self.program[before].opcode != "IfNullRow")
                .copied()
        };
        let mut is_known_not_null = false;
        let write = self.flow.before(self.program, at).find_map(|before| {
            let one = &self.program[before];
            is_known_not_null |= one.opcode == "IsNull" && one.p1 == register;
            written_at(before)
        });
        let Some((writer, write)) = write else {
            let mut fact = self.anywhere(register);
            fact.can_be_null &= !is_known_not_null;
            return fact;
        };
        let mut fact = self.once(
            Place::Written {
                register,
                at: writer,
            },
            |trace| trace.write(writer, write),
        );
        for between in &self.program[writer + 1..at] {
            fact = converted(fact, between, register);
            fact.can_be_null &= !halts_on_null(between, register);
        }
        fact.can_be_null &= !is_known_not_null;
        fact
    }

    /// What a register can hold at any time.
    fn anywhere(&mut self, register: i64) -> Fact {
        self.once(Place::Register(register), |trace| {
            let writes = trace.written.get(&register).cloned().unwrap_or_default();
            if writes.is_empty() {
                return Fact::UNKNOWN;
            }
            let is_final = |write: &Write<'_>| matches!(write, Write::Aggregate { accumulator, .. } if *accumulator == register);
            let is_accumulator = writes.iter().any(|(_, write)| is_final(write));
            let mut fact = Fact::NOTHING;
            for (at, write) in writes {
                // What is in an accumulator before its function has the last word is not read.
                let is_read = is_final(&write) || !is_accumulator;
                if !is_read || (trace.leave_paths_to_sqlx && trace.is_reset_of_a_group(at)) {
                    continue;
                }
                let mut value = trace.write(at, write);
                if trace.is_replaced_if_null(at, register) {
                    value.can_be_null = false;
                }
                match trace.program.get(at + 1) {
                    // A cast right behind it is part of it.
                    Some(next) if next.opcode == "Cast" => value = converted(value, next, register),
                    _ => value = trace.converted_anywhere(value, register),
                }
                fact = fact.or(value);
            }
            if trace.program.iter().any(|one| halts_on_null(one, register)) {
                fact.can_be_null = false;
            }
            fact
        })
    }

    fn converted_anywhere(&self, fact: Fact, register: i64) -> Fact {
        self.program.iter().fold(fact, |fact, one| {
            let converted = converted(fact, one, register);
            Fact {
                kind: fact
                    .kind
                    .zip(converted.kind)
                    .map(|(one, other)| one.or(other)),
                ..fact
            }
        })
    }

    fn write(&mut self, at: usize, write: Write<'_>) -> Fact {
        match write {
            Write::Value(fact) => fact,
            Write::Copy(register) => self.read(register, at),
            Write::Field { cursor, index } => self.field(cursor, index),
            Write::Rowid { cursor } => Fact {
                can_be_null: self.can_stand_on_no_row(cursor),
                kind: Some(Kind::Integer),
            },
            Write::Arithmetic(one, other) => {
                let kinds = [self.read(one, at).kind, self.read(other, at).kind];
                let all =
                    |allowed: &[Kind]| kinds.iter().flatten().all(|kind| allowed.contains(kind));
                Fact::nullable(if all(&[Kind::Integer, Kind::Boolean]) {
                    Kind::Integer
                } else if all(&[Kind::Integer, Kind::Boolean, Kind::Real]) {
                    Kind::Real
                } else {
                    Kind::Any
                })
            }
            Write::Concat(one, other) => {
                let (one, other) = (self.read(one, at), self.read(other, at));
                let may_be_blob = |fact: Fact| matches!(fact.kind, Some(Kind::Blob | Kind::Any));
                Fact {
                    can_be_null: one.can_be_null || other.can_be_null,
                    kind: Some(match may_be_blob(one) && may_be_blob(other) {
                        true => Kind::Any,
                        false => Kind::Text,
                    }),
                }
            }
            Write::Function { name, arguments } => Fact::nullable(match name {
                "abs" | "nullif" => match self.read(arguments, at).kind {
                    Some(kind) if name == "nullif" => kind,
                    Some(kind @ (Kind::Integer | Kind::Real)) => kind,
                    _ => Kind::Any,
                },
                "unixepoch" if self.says_subsec() => Kind::Real,
                name => function_kind(name).unwrap_or(Kind::Any),
            }),
            Write::Aggregate { name, accumulator } => self.aggregate(name, accumulator),
        }
    }

    /// With this modifier `unixepoch` returns a fraction.
    fn says_subsec(&self) -> bool {
        let names = ["subsec", "subsecond"];
        self.program.iter().any(|one| {
            one.opcode.starts_with("String")
                && names.iter().any(|name| one.p4.eq_ignore_ascii_case(name))
        })
    }

    fn aggregate(&mut self, name: &str, accumulator: i64) -> Fact {
        match name {
            "count" | "row_number" | "rank" | "dense_rank" | "ntile" => {
                Fact::never_null(Kind::Integer)
            }
            "total" | "percent_rank" | "cume_dist" => Fact::never_null(Kind::Real),
            "avg" => Fact::nullable(Kind::Real),
            "group_concat" | "string_agg" | "json_group_array" | "json_group_object" => {
                Fact::nullable(Kind::Text)
            }
            "sum" | "min" | "max" => {
                let kind = self.argument_of(accumulator);
                match kind {
                    Some(kind) if name != "sum" => Fact::nullable(kind),
                    Some(kind @ (Kind::Integer | Kind::Real)) => Fact::nullable(kind),
                    Some(Kind::Boolean) => Fact::nullable(Kind::Integer),
                    _ => Fact::UNKNOWN,
                }
            }
            _ => Fact::UNKNOWN,
        }
    }

    /// The kind of what an aggregate is given.
    fn argument_of(&mut self, accumulator: i64) -> Option<Kind> {
        let is_step =
            |one: &Instruction| one.opcode.starts_with("AggStep") && one.p3 == accumulator;
        let steps = self
            .program
            .iter()
            .enumerate()
            .filter(|(_, one)| is_step(one));
        let arguments: Vec<(usize, i64)> = steps.map(|(at, step)| (at, step.p2)).collect();
        let kinds = arguments
            .into_iter()
            .map(|(at, register)| self.read(register, at).kind);
        // NULL alone has no kind.
        kinds.flatten().reduce(Kind::or)
    }

    fn field(&mut self, cursor: i64, index: i64) -> Fact {
        self.once(Place::Field { cursor, index }, |trace| {
            let program = trace.program;
            let opens = program.iter().filter(|one| one.p1 == cursor);
            let facts = opens.filter_map(|open| match open.opcode.as_str() {
                "OpenRead" | "OpenWrite" | "ReopenIdx" => Some(trace.stored(open, index)),
                "OpenPseudo" => Some(trace.record(open.p2, index)),
                "OpenDup" => Some(trace.field(open.p2, index)),
                "OpenEphemeral" | "OpenAutoindex" | "SorterOpen" => {
                    Some(trace.inserted(cursor, index))
                }
                "VOpen" => Some(Fact::UNKNOWN),
                _ => None,
            });
            let mut fact = facts.reduce(Fact::or).unwrap_or(Fact::UNKNOWN);
            fact.can_be_null |= trace.can_stand_on_no_row(cursor);
            fact
        })
    }

    /// The column of a table or index of the schema.
    fn stored(&self, open: &Instruction, index: i64) -> Fact {
        /// The root page is in a register.
        const P2_IS_REGISTER: i64 = 0x10;
        let is_main = open.p3 == 0 && open.p5 & P2_IS_REGISTER == 0;
        let fields = is_main.then(|| self.catalog.trees.get(&open.p2)).flatten();
        let field = fields.and_then(|fields| fields.get(usize::try_from(index).ok()?));
        field.map_or(Fact::UNKNOWN, |field| Fact {
            can_be_null: !field.never_null,
            kind: Some(field.kind),
        })
    }

    /// The field of what the program puts into a table or sorter of its own. Duplicates of the
    /// cursor write to it, too.
    fn inserted(&mut self, cursor: i64, index: i64) -> Fact {
        let same: HashSet<i64> =
            std::iter::once(cursor)
                .chain(self.program.iter().filter_map(|one| {
                    (one.opcode == "OpenDup" && one.p2 == cursor).then_some(one.p1)
                }))
                .collect();
        let inserts = self.program.iter().filter(|one| {
            matches!(one.opcode.as_str(), "Insert" | "IdxInsert" | "SorterInsert")
                && same.contains(&one.p1)
        });
        let records: HashSet<i64> = inserts.map(|insert| insert.p2).collect();
        if records.is_empty() {
            return Fact::UNKNOWN;
        }
        records.into_iter().fold(Fact::NOTHING, |fact, record| {
            fact.or(self.record(record, index))
        })
    }

    /// The field of a record that is in a register.
    fn record(&mut self, register: i64, index: i64) -> Fact {
        self.once(Place::Record { register, index }, |trace| {
            let program = trace.program;
            let mut writes = trace.written.get(&register).cloned().unwrap_or_default();
            // Registers are used again: what is surely no record is not read as one.
            writes.retain(|(_, write)| !is_no_record(*write));
            let facts = writes.into_iter().map(|(at, write)| {
                let one = &program[at];
                match (one.opcode.as_str(), write) {
                    ("MakeRecord", _) if index < one.p2 => {
                        let fact = trace.read(one.p1 + index, at);
                        fact.with_affinity(affinity(&one.p4, index))
                    }
                    ("RowData" | "SorterData", _) => trace.field(one.p1, index),
                    (_, Write::Copy(other)) => trace.record(other, index),
                    _ => Fact::UNKNOWN,
                }
            });
            facts.reduce(Fact::or).unwrap_or(Fact::UNKNOWN)
        })
    }

    /// Whether the cursor is ever moved to a row of NULLs, as outer joins do.
    fn can_stand_on_no_row(&self, cursor: i64) -> bool {
        self.program
            .iter()
            .any(|one| one.opcode == "NullRow" && one.p1 == cursor)
    }

    /// `Null`, `Integer`, `Return`: the subroutine that empties the accumulators of GROUP BY. A
    /// group has at least one row, which fills them before they are read; sqlx, which follows paths,
    /// sees where that is not so.
    fn is_reset_of_a_group(&self, at: usize) -> bool {
        let opcodes = self.program.get(at..at + 3).unwrap_or_default();
        let opcodes: Vec<&str> = opcodes.iter().map(|one| one.opcode.as_str()).collect();
        opcodes == ["Null", "Integer", "Return"]
    }

    /// The next instruction keeps the value only if it is not NULL, else another one follows:
    /// `coalesce` and `ifnull`.
    fn is_replaced_if_null(&self, at: usize, register: i64) -> bool {
        let Some(next) = self.program.get(at + 1) else {
            return false;
        };
        let Ok(end) = usize::try_from(next.p2) else {
            return false;
        };
        next.opcode == "NotNull"
            && next.p1 == register
            && self.written[&register]
                .iter()
                .any(|(other, _)| at + 1 < *other && *other < end)
    }
}

fn is_no_record(write: Write<'_>) -> bool {
    match write {
        Write::Field { .. } | Write::Rowid { .. } => true,
        Write::Value(fact) => !fact.can_be_null && fact.kind != Some(Kind::Blob),
        _ => false,
    }
}
