//! Counters, gauges and histograms through the `metrics` facade; nothing without the feature.
//!
//! They have no labels: paths and SQL have no place in a metrics system.

use std::time::Duration;

/// A caller has a connection, after so long.
pub(crate) fn acquired(waited: Duration) {
    seconds(names::ACQUIRE_WAIT, waited);
}

/// A caller has the writer turn, after so long.
pub(crate) fn writer_turn_taken(waited: Duration) {
    seconds(names::WRITER_WAIT, waited);
}

/// A caller has waited in vain.
pub(crate) fn timed_out() {
    count(names::TIMEOUTS);
}

/// A statement has run for so long.
pub(crate) fn statement_ran(elapsed: Duration, slow: bool) {
    seconds(names::STATEMENT, elapsed);
    if slow {
        count(names::SLOW_STATEMENTS);
    }
}

/// The write-ahead log has this size after a write.
pub(crate) fn wal_size(bytes: u64) {
    gauge(names::WAL_SIZE, bytes);
}

/// A connection was opened.
pub(crate) fn connection_opened() {
    count(names::CONNECTIONS_OPENED);
}

/// A connection was not clean and is replaced.
pub(crate) fn connection_replaced() {
    count(names::CONNECTIONS_REPLACED);
}

/// The read guard has found a damaged page.
pub(crate) fn guard_hit() {
    count(names::GUARD_HITS);
}

/// The names, which are part of the public interface: the crate's documentation lists them.
mod names {
    pub(super) const ACQUIRE_WAIT: &str = "kstdb_acquire_wait_seconds";
    pub(super) const WRITER_WAIT: &str = "kstdb_writer_wait_seconds";
    pub(super) const TIMEOUTS: &str = "kstdb_timeouts_total";
    pub(super) const STATEMENT: &str = "kstdb_statement_seconds";
    pub(super) const SLOW_STATEMENTS: &str = "kstdb_slow_statements_total";
    pub(super) const WAL_SIZE: &str = "kstdb_wal_size_bytes";
    pub(super) const CONNECTIONS_OPENED: &str = "kstdb_connections_opened_total";
    pub(super) const CONNECTIONS_REPLACED: &str = "kstdb_connections_replaced_total";
    pub(super) const GUARD_HITS: &str = "kstdb_guard_hits_total";
}

#[cfg(feature = "metrics")]
fn count(name: &'static str) {
    metrics::counter!(name).increment(1);
}

#[cfg(feature = "metrics")]
fn seconds(name: &'static str, duration: Duration) {
    metrics::histogram!(name).record(duration.as_secs_f64());
}

#[cfg(feature = "metrics")]
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 8 PiB, and the facade knows no integers"
)]
fn gauge(name: &'static str, value: u64) {
    metrics::gauge!(name).set(value as f64);
}

#[cfg(not(feature = "metrics"))]
fn count(_: &'static str) {}

#[cfg(not(feature = "metrics"))]
fn seconds(_: &'static str, _: Duration) {}

#[cfg(not(feature = "metrics"))]
fn gauge(_: &'static str, _: u64) {}
