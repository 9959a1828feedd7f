//! Counters of a pool.

use std::sync::atomic::{AtomicU64, Ordering};

/// A snapshot of a pool's counters, all zero before the first connection. They stay readable after
/// `close`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Connections ever opened.
    pub total_connections: u64,
    /// Connections in use now.
    pub active_connections: u64,
    /// Connections that wait to be used.
    pub idle_connections: u64,
    /// How often a connection was handed out.
    pub total_acquired: u64,
    /// How often a connection was given back, to be reused or replaced.
    pub total_released: u64,
    /// How often a caller waited for a connection or the writer turn until the acquire timeout.
    pub total_timeouts: u64,
    /// Connections that could not be opened, or were replaced because they were not clean.
    pub total_errors: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: Counter,
    pub(crate) acquired: Counter,
    pub(crate) released: Counter,
    pub(crate) timeouts: Counter,
    pub(crate) errors: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn snapshot(&self, idle: usize) -> PoolStats {
        let Self {
            connections,
            acquired,
            released,
            timeouts,
            errors,
        } = self;
        // Read in this order, a connection on its way cannot make the difference negative.
        let total_released = released.value();
        let total_acquired = acquired.value();
        PoolStats {
            total_connections: connections.value(),
            active_connections: total_acquired.saturating_sub(total_released),
            idle_connections: u64::try_from(idle).unwrap_or(u64::MAX),
            total_acquired,
            total_released,
            total_timeouts: timeouts.value(),
            total_errors: errors.value(),
        }
    }
}
