//! What a key costs. The counter belongs to the process: each count runs in a child of its own.

use std::time::{Duration, Instant};

use kstdb_core::cipher::key_derivations;
use kstdb_core::{AsyncDatabase, DatabaseBuilder, DbConfig, KeyCache};

use crate::support::{Files, TestResult, in_a_child, is_child, refusal};

fn with_passphrase(files: &Files, passphrase: &str) -> DatabaseBuilder {
    AsyncDatabase::builder(files.db())
        .config(DbConfig::default())
        .passphrase(passphrase)
}

async fn create(files: &Files) -> TestResult {
    let db = with_passphrase(files, "sesame").connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_pool_of_ten_on_an_existing_file_costs_one_derivation() -> TestResult {
    let name = "key_costs::a_pool_of_ten_on_an_existing_file_costs_one_derivation";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    create(&files).await?;
    let before = key_derivations();
    let db = with_passphrase(&files, "sesame")
        .min_connections(10)
        .connect()
        .await?;
    let mut connections = Vec::new();
    for _ in 0..10 {
        let mut connection = db.connection().await?;
        assert!(connection.table_exists("t").await?);
        connections.push(connection);
    }
    assert_eq!(db.pool_size(), 10);
    assert_eq!(key_derivations() - before, 1);
    drop(connections);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_answers_within_one_derivation() -> TestResult {
    let name = "key_costs::a_wrong_key_answers_within_one_derivation";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    create(&files).await?;
    let before = key_derivations();
    let start = Instant::now();
    let timeout = Duration::from_secs(300);
    let wrong = with_passphrase(&files, "open says me").acquire_timeout(timeout);
    assert!(refusal(wrong.connect().await)?.is_wrong_key());
    assert_eq!(key_derivations() - before, 1);
    assert!(start.elapsed() < timeout / 10);
    Ok(())
}

#[tokio::test]
async fn a_raw_key_costs_no_derivation() -> TestResult {
    let name = "key_costs::a_raw_key_costs_no_derivation";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    for _ in 0..2 {
        files.open().await?.close().await?;
    }
    assert_eq!(key_derivations(), 0);
    Ok(())
}

#[tokio::test]
async fn opening_again_with_a_cache_costs_no_derivation() -> TestResult {
    let name = "key_costs::opening_again_with_a_cache_costs_no_derivation";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    create(&files).await?;
    let before = key_derivations();
    let cache = KeyCache::new()?;
    let open = |passphrase| {
        let builder = with_passphrase(&files, passphrase);
        builder.key_cache(cache.clone()).connect()
    };
    for _ in 0..3 {
        open("sesame").await?.close().await?;
    }
    assert_eq!(key_derivations() - before, 1);
    assert!(refusal(open("open says me").await)?.is_wrong_key());
    assert_eq!((key_derivations() - before, cache.len()), (2, 1));

    // Another file under the same name: its salt is another.
    std::fs::remove_file(files.db())?;
    create(&files).await?;
    open("sesame").await?.close().await?;
    assert_eq!((key_derivations() - before, cache.len()), (4, 2));
    Ok(())
}
