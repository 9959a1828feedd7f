//! How long do the smallest calls take: a connection out of the pool and back, a statement, a row?
//!
//! On an encrypted file with a raw key; reads on the asking thread, as they run once they have proved
//! to be short, and in a hop to another thread.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig, Synchronous};
use tokio::runtime::Runtime;

/// The cipher profile of the file.
const PROFILE: &str = "calls, SQLCipher 4, pages of 4096 bytes, raw key";
/// What the row of the table holds.
const NAME: &str = "a name of usual length";
const TABLE: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL)";
const INSERT: &str = "INSERT INTO t (name) VALUES (?)";
const SELECT: &str = "SELECT name FROM t WHERE id = ?";

async fn open(dir: &tempfile::TempDir) -> Result<AsyncDatabase, DatabaseError> {
    let db = AsyncDatabase::builder(dir.path().join("calls.db"))
        .config(DbConfig::default())
        .passphrase(format!("x'{}'", "5b".repeat(32)))
        .synchronous(Synchronous::Normal)
        .connect()
        .await?;
    db.execute(TABLE, ()).await?;
    db.execute(INSERT, (NAME,)).await?;
    Ok(db)
}

fn calls(criterion: &mut Criterion) {
    if let Err(error) = measure(criterion) {
        panic!("the calls cannot be measured: {error:?}");
    }
}

fn measure(criterion: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let runtime = Runtime::new()?;
    let db = runtime.block_on(open(&dir))?;
    let mut group = criterion.benchmark_group(PROFILE);
    group.throughput(Throughput::Elements(1));
    let row = |name| BenchmarkId::new(name, format!("{} bytes", NAME.len()));
    group.bench_function("acquire and release", |bencher| {
        bencher.iter(|| runtime.block_on(db.connection()).map(drop));
    });
    group.bench_function(BenchmarkId::new("one statement", "8 bytes"), |bencher| {
        bencher.iter(|| runtime.block_on(db.fetch_value::<i64>("SELECT 1", ())));
    });
    group.bench_function(row("one row"), |bencher| {
        bencher.iter(|| runtime.block_on(db.fetch_value::<String>(SELECT, (black_box(1),))));
    });
    group.bench_function(row("one row in a hop"), |bencher| {
        let read = || db.read(|tx| tx.fetch_value::<String>(SELECT, (black_box(1),)));
        bencher.iter(|| runtime.block_on(read()));
    });
    group.bench_function(row("one insert"), |bencher| {
        bencher.iter(|| runtime.block_on(db.execute(INSERT, (black_box(NAME),))));
    });
    group.finish();
    runtime.block_on(db.close())?;
    Ok(())
}

criterion_group!(benches, calls);
criterion_main!(benches);
