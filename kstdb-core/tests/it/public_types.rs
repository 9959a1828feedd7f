//! What every public type can do: cross threads, and be printed.

use std::fmt::Debug;

use kstdb_core::error::{ParameterError, SqliteError, SqliteErrorKind, ValueError, Waited};
use kstdb_core::maintenance::{
    self, Backup, BackupOptions, BrokenReference, MaintenanceError, MaintenanceOptions, Progress,
    RekeyOptions, Restored, Step, Unit, VerifyOptions, VerifyReport,
};
use kstdb_core::migrate::{EmbeddedMigration, Migrated, MigrationError, MigrationKind, Migrations};
use kstdb_core::{
    AsyncDatabase, CipherCompatibility, CipherKey, CipherProfile, Columns, ConfigError,
    ConnectionPool, DatabaseBuilder, DatabaseConnectionError, DatabaseError, DbConfig, DynamicRow,
    EncryptionError, Executed, KeyCache, KeyRequest, NamedParams, PageSize, ParamList,
    PoolExhaustedError, PoolLimits, PoolStats, PooledConnection, RowError, SopsSource,
    StatementError, Synchronous, Transaction, TransactionError, Value, ValueRef,
};

use crate::support::raw_key;

fn shared<T: Send + Sync + Debug>() {}
fn sent<T: Send + Debug>() {}

#[test]
fn every_public_type_crosses_threads_and_is_printed() {
    shared::<AsyncDatabase>();
    shared::<DatabaseBuilder>();
    shared::<ConnectionPool>();
    shared::<PooledConnection>();
    shared::<Transaction>();
    shared::<Transaction<&mut PooledConnection>>();
    shared::<PoolLimits>();
    shared::<PoolStats>();
    shared::<Synchronous>();
    shared::<Executed>();
    shared::<Columns>();
    shared::<DynamicRow>();
    shared::<NamedParams>();
    shared::<ParamList>();
    shared::<Value>();
    shared::<ValueRef<'_>>();
    shared::<Migrations>();
    shared::<Migrated>();
    shared::<EmbeddedMigration>();
    shared::<MigrationKind>();
    shared::<Backup>();
    shared::<BackupOptions>();
    shared::<BrokenReference>();
    shared::<MaintenanceOptions>();
    shared::<Progress>();
    shared::<RekeyOptions>();
    shared::<Restored>();
    shared::<VerifyOptions>();
    shared::<VerifyReport>();
    shared::<KeyCache>();
    shared::<CipherCompatibility>();
    shared::<CipherKey>();
    shared::<KeyRequest>();
    shared::<SopsSource>();
    shared::<DbConfig>();
    shared::<CipherProfile>();
    shared::<PageSize>();
    shared::<Step>();
    shared::<Unit>();
}

#[test]
fn every_error_crosses_threads_and_is_printed() {
    shared::<DatabaseError>();
    shared::<DatabaseConnectionError>();
    shared::<PoolExhaustedError>();
    shared::<Waited>();
    shared::<EncryptionError>();
    shared::<ConfigError>();
    shared::<StatementError>();
    shared::<ParameterError>();
    shared::<ValueError>();
    shared::<RowError>();
    shared::<TransactionError>();
    shared::<MigrationError>();
    shared::<MaintenanceError>();
    shared::<SqliteError>();
    shared::<SqliteErrorKind>();
}

#[test]
fn a_stream_moves_between_threads() {
    sent::<kstdb_core::RowStream<'_, (i64,)>>();
}

#[test]
fn the_futures_of_calls_move_between_threads() {
    fn moves<T: Send>(_: &T) {}
    let db = AsyncDatabase::builder(":memory:").build();
    moves(&db.connect());
    moves(&db.close());
    moves(&db.begin());
    moves(&db.connection());
    moves(&db.execute("SELECT 1", ()));
    moves(&db.fetch_all::<(i64,)>("SELECT 1", ()));
    moves(&db.execute_many("SELECT ?", [(1,)]));
    let (key, options) = (|| raw_key(1), MaintenanceOptions::new());
    moves(&db.rekey(key()));
    moves(&maintenance::encrypt("a.db", key(), &options));
    moves(&maintenance::decrypt("a.db", key(), &options));
    moves(&maintenance::upgrade("a.db", key(), &options));
}
