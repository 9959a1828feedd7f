//! The behaviour of kstdb-core, one module per behaviour.

mod begin_by_text;
#[cfg(feature = "sqlcipher")]
mod canary;
mod cancellation;
mod close;
#[cfg(feature = "sqlcipher")]
mod damage;
mod database;
mod defects;
mod direct_transactions;
mod execute_batch;
mod files;
mod interop;
#[cfg(feature = "sqlcipher")]
mod key_costs;
#[cfg(feature = "sqlcipher")]
mod key_matrix;
mod memory;
mod migrations;
mod open_cancellation;
mod parameters;
mod pending_migrations;
#[cfg(not(feature = "sqlcipher"))]
mod plain_sqlite;
mod pool;
#[cfg(all(feature = "cli", feature = "sqlcipher"))]
mod program;
mod public_types;
mod round_trip;
mod rows;
mod savepoints;
mod sessions;
mod statements;
mod streams;
mod support;
mod table;
mod transactions;
mod two_pools;
mod values;
mod waiting_calls;
mod wal_size;
mod writer_turn;
