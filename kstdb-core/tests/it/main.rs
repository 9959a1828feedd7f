//! The behaviour of kstdb-core, one module per behaviour.

mod support;
#[cfg(unix)]
#[path = "../vfs/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the torture programme uses the rest"
)]
mod vfs;

mod begin_by_text;
mod brief_reads;
mod cancellation;
mod checked;
mod close;
mod database;
mod direct_transactions;
mod ends_of_statements;
mod error_variants;
mod execute_batch;
mod exit;
#[cfg(unix)]
mod fault_vfs;
mod files;
#[cfg(unix)]
mod forked;
mod interop;
mod memory;
mod migrations;
mod nested_cargo;
mod observed;
mod open_cancellation;
mod outside;
mod parameters;
mod pending_migrations;
mod pool;
mod public_types;
mod random_rows;
mod random_schemas;
mod read_only;
mod rows;
mod savepoints;
mod schema_age;
mod sessions;
mod several_writers;
mod shared_commits;
mod statements;
mod streams;
mod table;
#[cfg(target_os = "linux")]
mod temporary_files;
mod transactions;
mod two_pools;
mod ui;
#[cfg(target_os = "linux")]
mod umasks;
mod values;
mod writer_turn;

mod defects;

#[cfg(all(feature = "cli", feature = "sqlcipher"))]
mod program;

#[cfg(feature = "sqlcipher")]
mod canary;
#[cfg(feature = "sqlcipher")]
mod damage;
#[cfg(feature = "sqlcipher")]
mod false_header;
#[cfg(all(feature = "sqlcipher", target_os = "linux"))]
mod file_states;
#[cfg(feature = "sqlcipher")]
mod fuzz_corpus;
#[cfg(feature = "sqlcipher")]
mod key_costs;
#[cfg(feature = "sqlcipher")]
mod key_matrix;
#[cfg(all(feature = "sqlcipher", target_os = "linux"))]
mod key_memory;
#[cfg(all(feature = "sqlcipher", unix))]
mod key_sources;
#[cfg(all(feature = "sqlcipher", unix))]
mod linked_directories;
#[cfg(feature = "sqlcipher")]
mod maintenance;
#[cfg(not(feature = "sqlcipher"))]
mod plain_sqlite;
#[cfg(feature = "sqlcipher")]
mod pragmas;
#[cfg(feature = "sqlcipher")]
mod waiting_calls;
#[cfg(feature = "sqlcipher")]
mod wal_size;
