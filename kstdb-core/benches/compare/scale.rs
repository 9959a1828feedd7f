//! How much work each row is.

use std::time::Duration;

use crate::flags::Flags;

/// The sizes of one run.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    pub(crate) name: &'static str,
    /// Of the whole, for kstlib's own benchmark.
    pub(crate) factor: f64,
    pub(crate) rounds: u32,
    pub(crate) table_rows: i64,
    pub(crate) stream_rows: i64,
    /// Calls of one task.
    pub(crate) reads_alone: i64,
    /// Calls of each of sixteen tasks.
    pub(crate) reads_each: i64,
    pub(crate) writes_each: i64,
    pub(crate) transactions_each: i64,
    pub(crate) mixed: Duration,
    /// The size of the file whose pages are checked.
    pub(crate) verify_bytes: i64,
    pub(crate) curve_rounds: u32,
    pub(crate) curve_reads: i64,
    pub(crate) curve_writes: i64,
    pub(crate) curve_transactions: i64,
    pub(crate) curve_rows: [u32; 3],
    /// Rows that are read or added at once.
    pub(crate) curve_range: i64,
    /// Bytes of a value, and how many values.
    pub(crate) curve_values: [(u32, u32); 3],
}

impl Scale {
    pub(crate) fn new(flags: &Flags) -> Self {
        if flags.quick {
            return Self {
                name: "quick",
                factor: 0.02,
                rounds: 2,
                table_rows: 2_000,
                stream_rows: 20_000,
                reads_alone: 200,
                reads_each: 50,
                writes_each: 10,
                transactions_each: 3,
                mixed: Duration::from_millis(200),
                verify_bytes: 8 * 1024 * 1024,
                curve_rounds: 1,
                curve_reads: 512,
                curve_writes: 256,
                curve_transactions: 256,
                curve_rows: [1_000, 4_000, 16_000],
                curve_range: 400,
                curve_values: [(100, 200), (4_096, 20), (1_048_576, 2)],
            };
        }
        Self {
            name: if flags.long { "long" } else { "normal" },
            factor: 1.0,
            rounds: 5,
            table_rows: 100_000,
            stream_rows: 1_000_000,
            reads_alone: 5_000,
            reads_each: 1_000,
            writes_each: 200,
            transactions_each: 50,
            mixed: Duration::from_secs(if flags.long { 10 } else { 2 }),
            verify_bytes: 1024 * 1024 * 1024,
            curve_rounds: 3,
            curve_reads: 16_384,
            curve_writes: 4_096,
            curve_transactions: 1_024,
            curve_rows: [10_000, 1_000_000, 10_000_000],
            curve_range: 10_000,
            curve_values: [(100, 20_000), (4_096, 4_000), (1_048_576, 32)],
        }
    }
}
