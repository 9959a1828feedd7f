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
    pub(crate) mixed_rounds: u32,
    /// SOPS files that are read in a round.
    pub(crate) sops_files: u32,
    /// The size of the file whose pages are checked.
    pub(crate) verify_bytes: i64,
    pub(crate) curve_rounds: u32,
    pub(crate) curve_reads: i64,
    pub(crate) curve_writes: i64,
    pub(crate) curve_transactions: i64,
    /// Calls with many rows, of all tasks together, and how many each reads or inserts.
    pub(crate) curve_calls: i64,
    pub(crate) curve_call_rows: i64,
    pub(crate) curve_call_inserts: i64,
    pub(crate) curve_mixed: Duration,
    pub(crate) curve_rows: [u32; 3],
    /// Of those, the most that are read at once and more than once.
    pub(crate) curve_most_fetched: u32,
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
                mixed_rounds: 2,
                sops_files: 10,
                verify_bytes: 8 * 1024 * 1024,
                curve_rounds: 1,
                curve_reads: 512,
                curve_writes: 256,
                curve_transactions: 256,
                curve_calls: 256,
                curve_call_rows: 100,
                curve_call_inserts: 10,
                curve_mixed: Duration::from_millis(30),
                curve_most_fetched: 4_000,
                curve_rows: [1_000, 4_000, 16_000],
                curve_range: 400,
                curve_values: [(100, 200), (4_096, 20), (1_048_576, 2)],
            };
        }
        Self {
            name: "full",
            factor: 1.0,
            rounds: 5,
            table_rows: 100_000,
            stream_rows: 1_000_000,
            reads_alone: 5_000,
            reads_each: 1_000,
            writes_each: 200,
            transactions_each: 50,
            mixed: Duration::from_secs(10),
            mixed_rounds: 3,
            sops_files: 200,
            verify_bytes: 1024 * 1024 * 1024,
            curve_rounds: 3,
            curve_reads: 16_384,
            curve_writes: 4_096,
            curve_transactions: 1_024,
            curve_calls: 256,
            curve_call_rows: 1_000,
            curve_call_inserts: 200,
            curve_mixed: Duration::from_millis(500),
            curve_most_fetched: 1_000_000,
            curve_rows: [10_000, 1_000_000, 10_000_000],
            curve_range: 10_000,
            curve_values: [(100, 20_000), (4_096, 4_000), (1_048_576, 32)],
        }
    }
}
