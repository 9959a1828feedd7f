//! The behaviour of kstdb-core, one module per behaviour.

mod round_trip;
mod two_pools;
