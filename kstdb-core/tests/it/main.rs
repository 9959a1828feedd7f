//! The behaviour of kstdb-core, one module per behaviour.

mod begin_by_text;
mod execute_batch;
mod open_cancellation;
mod pending_migrations;
mod round_trip;
mod two_pools;
