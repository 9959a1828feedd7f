//! Every public async call, alone or as part of what it is for.

use std::path::Path;

use futures_util::TryStreamExt as _;
use kstdb_core::cipher::UnlockOptions;
use kstdb_core::migrate::Migrations;
use kstdb_core::sqlx::{self, Executor as _, SqlSafeStr as _};
use kstdb_core::{AsyncDatabase, DatabaseError, connect};

use super::{checked, files};

use crate::support::{Append, Ledger, builder, raw_key};

const TEN_ROWS: &str = "INSERT INTO tens WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i FROM n";
const MANY_ROWS: &str = "WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i FROM n";
const ENDLESS_READ: &str = "WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n";
const ENDLESS_WRITE: &str = "INSERT INTO tens WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT i FROM n";

/// What an operation works on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun<'a> {
    pub(super) db: &'a AsyncDatabase,
    pub(super) path: &'a Path,
    /// Another one each time, for names.
    pub(super) number: usize,
}

/// An operation. Their places are part of seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Connect,
    ConnectPool,
    Close,
    ClosePool,
    Connection,
    Begin,
    Append(Append),
    Execute,
    ExecuteMany,
    ExecuteBatch,
    FetchOne,
    FetchOptional,
    FetchAll,
    FetchValue,
    Fetch,
    TableExists,
    Read,
    Savepoints,
    OnConnection,
    InTransaction,
    Migrate,
    PendingMigrations,
    CheckMigrations,
    SqlxExecute,
    SqlxFetchAll,
    SqlxFetchOptional,
    SqlxPrepare,
    EndlessRead,
    EndlessWrite,
    EndlessStream,
    EndlessInTransaction,
    PoolConnection,
    FromDir,
    CipherConnect,
    SqlxDescribe,
    Checked,
    Backup,
    Verify,
    Rekey,
    WholeFiles,
}

impl Operation {
    pub(super) const ALL: [Self; 42] = [
        Self::Connect,
        Self::ConnectPool,
        Self::Close,
        Self::ClosePool,
        Self::Connection,
        Self::Begin,
        Self::Append(Append::Write),
        Self::Append(Append::Guard),
        Self::Append(Append::Closure),
        Self::Execute,
        Self::ExecuteMany,
        Self::ExecuteBatch,
        Self::FetchOne,
        Self::FetchOptional,
        Self::FetchAll,
        Self::FetchValue,
        Self::Fetch,
        Self::TableExists,
        Self::Read,
        Self::Savepoints,
        Self::OnConnection,
        Self::InTransaction,
        Self::Migrate,
        Self::PendingMigrations,
        Self::CheckMigrations,
        Self::SqlxExecute,
        Self::SqlxFetchAll,
        Self::SqlxFetchOptional,
        Self::SqlxPrepare,
        Self::EndlessRead,
        Self::EndlessWrite,
        Self::EndlessStream,
        Self::EndlessInTransaction,
        Self::PoolConnection,
        Self::FromDir,
        Self::CipherConnect,
        Self::SqlxDescribe,
        Self::Checked,
        Self::Backup,
        Self::Verify,
        Self::Rekey,
        Self::WholeFiles,
    ];

    /// Tells whether only dropping it ends it.
    pub(super) const fn is_endless(self) -> bool {
        matches!(
            self,
            Self::EndlessRead
                | Self::EndlessWrite
                | Self::EndlessStream
                | Self::EndlessInTransaction
        )
    }

    pub(super) async fn run(self, begun: Begun<'_>) -> anyhow::Result<()> {
        let db = begun.db;
        match self {
            Self::Connect | Self::ConnectPool | Self::Close | Self::ClosePool => {
                self.open_and_close(begun.path).await?;
            }
            Self::Append(how) => drop(Ledger::of(db).append(how).await?),
            Self::Execute => drop(db.execute(TEN_ROWS, ()).await?),
            Self::ExecuteMany => {
                let rows = (0..10).map(|n| (n,));
                db.execute_many("INSERT INTO tens VALUES (?)", rows).await?;
            }
            Self::ExecuteBatch => {
                let five = "INSERT INTO tens VALUES (1), (2), (3), (4), (5);\
                    INSERT INTO tens VALUES (1), (2), (3), (4), (5)";
                db.execute_batch(five).await?;
            }
            Self::FetchOne => drop(db.fetch_one::<(u64,)>("SELECT n FROM slot", ()).await?),
            Self::FetchOptional => {
                db.fetch_optional::<(u64,)>("SELECT n FROM slot", ())
                    .await?;
            }
            Self::FetchAll => drop(db.fetch_all::<(u64,)>(MANY_ROWS, ()).await?),
            Self::FetchValue => drop(db.fetch_value::<u64>("SELECT n FROM slot", ()).await?),
            Self::Fetch => {
                db.fetch::<(u64,)>(MANY_ROWS, ())
                    .try_collect::<Vec<_>>()
                    .await?;
            }
            Self::TableExists => drop(db.table_exists("slot").await?),
            Self::Read => drop(Ledger::of(db).read().await?),
            Self::Begin
            | Self::Savepoints
            | Self::Connection
            | Self::OnConnection
            | Self::InTransaction => {
                self.hold(db).await?;
            }
            Self::Migrate | Self::FromDir | Self::PendingMigrations | Self::CheckMigrations => {
                self.migrate(begun).await?;
            }
            Self::SqlxExecute
            | Self::SqlxFetchAll
            | Self::SqlxFetchOptional
            | Self::SqlxDescribe
            | Self::SqlxPrepare => {
                self.sqlx(db).await?;
            }
            Self::EndlessRead => drop(db.fetch_value::<u64>(ENDLESS_READ, ()).await?),
            Self::EndlessWrite => drop(db.execute(ENDLESS_WRITE, ()).await?),
            Self::EndlessStream => {
                let rows = db.fetch::<(u64,)>(ENDLESS_READ, ());
                rows.try_collect::<Vec<_>>().await?;
            }
            Self::PoolConnection => drop(db.pool().await?.connection().await?),
            Self::CipherConnect => {
                let options = UnlockOptions::new();
                let connection = connect(begun.path, &raw_key(), &options).await?;
                sqlx::Connection::close(connection).await?;
            }
            Self::Checked => checked::every_way(db).await?,
            Self::Backup | Self::Verify | Self::Rekey | Self::WholeFiles => {
                files::run(self, begun).await?;
            }
            Self::EndlessInTransaction => {
                let mut transaction = db.begin().await?;
                transaction.execute(TEN_ROWS, ()).await?;
                transaction.execute(ENDLESS_WRITE, ()).await?;
            }
        }
        Ok(())
    }

    /// A second handle of the same file.
    async fn open_and_close(self, path: &Path) -> Result<(), DatabaseError> {
        let builder = builder(path).min_connections(2);
        if matches!(self, Self::ConnectPool | Self::ClosePool) {
            let pool = builder.connect_pool().await?;
            let connection = pool.acquire().await?;
            pool.release(connection).await;
            if self == Self::ClosePool {
                pool.close().await?;
            }
            return Ok(());
        }
        let db = builder.build();
        db.connect().await?;
        if self == Self::Close {
            db.close().await?;
            db.close().await?;
        }
        Ok(())
    }

    /// Keeps a connection for a while.
    async fn hold(self, db: &AsyncDatabase) -> Result<(), DatabaseError> {
        match self {
            Self::Begin => {
                let mut transaction = db.begin().await?;
                transaction.execute("DELETE FROM entry", ()).await?;
                transaction.rollback().await
            }
            Self::Savepoints => {
                let mut outer = db.begin().await?;
                outer.execute(TEN_ROWS, ()).await?;
                let mut inner = outer.begin().await?;
                inner.execute("DELETE FROM tens", ()).await?;
                inner.rollback().await?;
                let mut inner = outer.begin().await?;
                inner.execute(TEN_ROWS, ()).await?;
                inner.commit().await?;
                outer.commit().await
            }
            Self::OnConnection => {
                let mut connection = db.connection().await?;
                connection.execute("BEGIN", ()).await?;
                connection.execute(TEN_ROWS, ()).await?;
                connection.execute("COMMIT", ()).await?;
                db.pool().await?.release(connection).await;
                Ok(())
            }
            Self::InTransaction => {
                let mut connection = db.connection().await?;
                let mut transaction = connection.begin().await?;
                let five = "INSERT INTO tens VALUES (1), (2), (3), (4), (5)";
                transaction.execute_batch(five).await?;
                transaction.fetch_all::<(u64,)>(MANY_ROWS, ()).await?;
                transaction
                    .fetch::<(u64,)>(MANY_ROWS, ())
                    .try_collect::<Vec<_>>()
                    .await?;
                transaction
                    .execute_many("INSERT INTO tens VALUES (?)", (0..5).map(|n| (n,)))
                    .await?;
                transaction.commit().await
            }
            _ => {
                // Whatever is left: one that only waits for a connection.
                let mut connection = db.connection().await?;
                connection
                    .fetch_value::<u64>("SELECT 1", ())
                    .await
                    .map(drop)
            }
        }
    }

    async fn migrate(self, begun: Begun<'_>) -> anyhow::Result<()> {
        let folder = begun.path.with_extension("migrations");
        std::fs::create_dir_all(&folder)?;
        for version in 1..=3 {
            let sql = format!("CREATE TABLE v{version} (n); {TEN_ROWS};");
            std::fs::write(folder.join(format!("{version}_add_table.sql")), sql)?;
        }
        let migrations = Migrations::from_dir(folder).await?;
        match self {
            Self::PendingMigrations => drop(begun.db.pending_migrations(&migrations).await?),
            Self::FromDir => {}
            Self::CheckMigrations => {
                // Older before the migration, and that is an answer, too.
                drop(begun.db.check_migrations(&migrations).await);
            }
            _ => drop(begun.db.migrate(&migrations).await?),
        }
        Ok(())
    }

    async fn sqlx(self, db: &AsyncDatabase) -> sqlx::Result<()> {
        match self {
            Self::SqlxExecute => sqlx::query(TEN_ROWS).execute(db).await.map(drop),
            Self::SqlxFetchAll => sqlx::query(MANY_ROWS).fetch_all(db).await.map(drop),
            Self::SqlxDescribe => db
                .describe("SELECT n FROM slot".into_sql_str())
                .await
                .map(drop),
            Self::SqlxFetchOptional => sqlx::query(MANY_ROWS).fetch_optional(db).await.map(drop),
            _ => db
                .prepare("SELECT n FROM slot".into_sql_str())
                .await
                .map(drop),
        }
    }
}
