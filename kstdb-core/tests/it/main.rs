//! The behaviour of kstdb-core, one module per behaviour.

mod begin_by_text;
mod direct_transactions;
mod execute_batch;
mod open_cancellation;
mod pending_migrations;
#[cfg(all(feature = "cli", feature = "sqlcipher"))]
mod program;
mod round_trip;
mod two_pools;
