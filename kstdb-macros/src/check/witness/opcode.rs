//! What each instruction writes.

use super::fact::Fact;
use super::program::Instruction;
use crate::schema::Kind;

/// What an instruction writes into a register.
#[derive(Clone, Copy, Debug)]
pub(super) enum Write<'p> {
    /// A value of which this much is known.
    Value(Fact),
    /// The field of the record that a cursor stands on.
    Field { cursor: i64, index: i64 },
    /// The rowid that a cursor stands on.
    Rowid { cursor: i64 },
    /// The value of another register.
    Copy(i64),
    /// A computation on two registers.
    Arithmetic(i64, i64),
    /// Two registers, one after the other.
    Concat(i64, i64),
    /// A function of the registers that start there.
    Function { name: &'p str, arguments: i64 },
    /// The result of an aggregate whose accumulator is that register.
    Aggregate { name: &'p str, accumulator: i64 },
}

/// What an instruction writes, and where; `None` for an instruction that is not known.
pub(super) fn writes(instruction: &Instruction) -> Option<Vec<(i64, Write<'_>)>> {
    let Instruction {
        opcode,
        p1,
        p2,
        p3,
        p4,
        ..
    } = instruction;
    let (p1, p2, p3) = (*p1, *p2, *p3);
    let never_null = |kind| Write::Value(Fact::never_null(kind));
    let null = Write::Value(Fact::NULL);
    let unknown = Write::Value(Fact::UNKNOWN);
    let function_name = || p4.split('(').next().unwrap_or_default();
    Some(match opcode.as_str() {
        "Integer" | "Int64" | "Count" | "Sequence" | "NewRowid" | "ReadCookie" | "Pagecount"
        | "MaxPgcnt" | "OffsetLimit" | "IsTrue" => vec![(p2, never_null(Kind::Integer))],
        "Real" => vec![(p2, never_null(Kind::Real))],
        "String" | "String8" => vec![(p2, never_null(Kind::Text))],
        "Blob" => vec![(p2, never_null(Kind::Blob))],
        "Null" => (p2..=p3.max(p2)).map(|register| (register, null)).collect(),
        "BeginSubrtn" => vec![(p2, null)],
        "SoftNull" => vec![(p1, null)],
        "IfNullRow" if p3 > 0 => vec![(p3, null)],
        "IfNullRow" => vec![],
        "Column" => vec![(
            p3,
            Write::Field {
                cursor: p1,
                index: p2,
            },
        )],
        "Rowid" | "IdxRowid" => vec![(p2, Write::Rowid { cursor: p1 })],
        "SCopy" | "IntCopy" => vec![(p2, Write::Copy(p1))],
        "Copy" => (0..=p3).map(|i| (p2 + i, Write::Copy(p1 + i))).collect(),
        "Move" => (0..p3)
            .flat_map(|i| [(p2 + i, Write::Copy(p1 + i)), (p1 + i, null)])
            .collect(),
        "Add" | "Subtract" | "Multiply" | "Divide" | "Remainder" => {
            vec![(p3, Write::Arithmetic(p1, p2))]
        }
        "Concat" => vec![(p3, Write::Concat(p2, p1))],
        "BitAnd" | "BitOr" | "ShiftLeft" | "ShiftRight" | "And" | "Or" => {
            vec![(p3, Write::Value(Fact::nullable(Kind::Integer)))]
        }
        "BitNot" | "Not" | "ZeroOrNull" => {
            vec![(p2, Write::Value(Fact::nullable(Kind::Integer)))]
        }
        "Function" | "PureFunc" => vec![(
            p3,
            Write::Function {
                name: function_name(),
                arguments: p2,
            },
        )],
        "AggFinal" => vec![(
            p1,
            Write::Aggregate {
                name: function_name(),
                accumulator: p1,
            },
        )],
        "AggValue" => vec![(
            p3,
            Write::Aggregate {
                name: function_name(),
                accumulator: p1,
            },
        )],
        // An accumulator is no value before AggFinal or AggValue.
        "AggStep" | "AggStep1" | "AggInverse" => vec![],
        "RowSetRead" => vec![(p3, never_null(Kind::Integer))],
        // Records and the like are no results; `trace` reads them where a field of one is asked for.
        "MakeRecord" | "VColumn" | "Offset" => vec![(p3, unknown)],
        "Variable" | "Param" | "RowData" | "SorterData" | "GetSubtype" | "VCheck" | "VInitIn"
        | "Destroy" | "CreateBtree" | "JournalMode" => vec![(p2, unknown)],
        "Checkpoint" => (p3..p3 + 3).map(|register| (register, unknown)).collect(),
        "IntegrityCk" => vec![(p1, unknown), (p1 + 1, unknown)],
        opcode if WRITES_NO_RESULT.contains(&opcode) => vec![],
        _ => return None,
    })
}

/// Instructions that jump, move cursors, change the database, or write registers that only control
/// the program: counters, return addresses, filters.
const WRITES_NO_RESULT: &[&str] = &[
    "Abortable",
    "AddImm",
    "Affinity",
    "AutoCommit",
    "Cast",
    "Clear",
    "Close",
    "ClrSubtype",
    "CollSeq",
    "ColumnsUsed",
    "Compare",
    "CursorHint",
    "CursorLock",
    "CursorUnlock",
    "DecrJumpZero",
    "DeferredSeek",
    "Delete",
    "DropIndex",
    "DropTable",
    "DropTrigger",
    "ElseEq",
    "EndCoroutine",
    "Eq",
    "Expire",
    "Explain",
    "Filter",
    "FilterAdd",
    "FinishSeek",
    "FkCheck",
    "FkCounter",
    "FkIfZero",
    "Found",
    "Ge",
    "Gosub",
    "Goto",
    "Gt",
    "Halt",
    "HaltIfNull",
    "IdxDelete",
    "IdxGE",
    "IdxGT",
    "IdxInsert",
    "IdxLE",
    "IdxLT",
    "If",
    "IfEmpty",
    "IfNoHope",
    "IfNot",
    "IfNotOpen",
    "IfNotZero",
    "IfPos",
    "IfSizeBetween",
    "IfSmaller",
    "IncrVacuum",
    "Init",
    "InitCoroutine",
    "Insert",
    "IsNull",
    "IsType",
    "Jump",
    "Last",
    "Le",
    "LoadAnalysis",
    "Lt",
    "MemMax",
    "MustBeInt",
    "Ne",
    "Next",
    "NoConflict",
    "Noop",
    "NotExists",
    "NotFound",
    "NotNull",
    "NullRow",
    "Once",
    "OpenAutoindex",
    "OpenDup",
    "OpenEphemeral",
    "OpenPseudo",
    "OpenRead",
    "OpenWrite",
    "ParseSchema",
    "Permutation",
    "Prev",
    "Program",
    "RealAffinity",
    "ReleaseReg",
    "ReopenIdx",
    "ResetCount",
    "ResetSorter",
    "ResultRow",
    "Return",
    "Rewind",
    "RowCell",
    "RowSetAdd",
    "RowSetTest",
    "Savepoint",
    "SeekEnd",
    "SeekGE",
    "SeekGT",
    "SeekHit",
    "SeekLE",
    "SeekLT",
    "SeekRowid",
    "SeekScan",
    "SequenceTest",
    "SetCookie",
    "SetSubtype",
    "Sort",
    "SorterCompare",
    "SorterInsert",
    "SorterNext",
    "SorterOpen",
    "SorterSort",
    "SqlExec",
    "TableLock",
    "Trace",
    "Transaction",
    "TypeCheck",
    "VBegin",
    "VCreate",
    "VDestroy",
    "VFilter",
    "VNext",
    "VOpen",
    "VRename",
    "VUpdate",
    "Vacuum",
    "Yield",
];

/// What a scalar function returns; any can return NULL.
pub(super) fn function_kind(name: &str) -> Option<Kind> {
    const TEXT: &[&str] = &[
        "char",
        "concat",
        "concat_ws",
        "date",
        "datetime",
        "format",
        "hex",
        "json",
        "json_array",
        "json_insert",
        "json_object",
        "json_patch",
        "json_quote",
        "json_remove",
        "json_replace",
        "json_set",
        "json_type",
        "lower",
        "ltrim",
        "printf",
        "quote",
        "replace",
        "rtrim",
        "soundex",
        "sqlite_version",
        "strftime",
        "time",
        "timediff",
        "trim",
        "typeof",
        "upper",
    ];
    const INTEGER: &[&str] = &[
        "changes",
        "glob",
        "instr",
        "json_array_length",
        "json_valid",
        "last_insert_rowid",
        "length",
        "like",
        "octet_length",
        "random",
        "total_changes",
        "unicode",
        "unixepoch",
    ];
    const REAL: &[&str] = &[
        "acos",
        "asin",
        "atan",
        "atan2",
        "cos",
        "cosh",
        "degrees",
        "exp",
        "julianday",
        "ln",
        "log",
        "log10",
        "log2",
        "pi",
        "pow",
        "power",
        "radians",
        "round",
        "sin",
        "sinh",
        "sqrt",
        "tan",
        "tanh",
    ];
    const BLOB: &[&str] = &["randomblob", "unhex", "zeroblob"];
    [
        (TEXT, Kind::Text),
        (INTEGER, Kind::Integer),
        (REAL, Kind::Real),
        (BLOB, Kind::Blob),
    ]
    .into_iter()
    .find_map(|(names, kind)| names.contains(&name).then_some(kind))
}
