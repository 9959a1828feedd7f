//! Single connections of sqlx.

use kstdb_cipher::{CipherError, UnlockOptions, connect, rusqlite};
use sqlx::{Connection as _, Row};

use crate::support::{TestResult, block_on, create, raw_key, rows};

#[test]
fn a_connection_reads_and_writes() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let key = raw_key(1);
    block_on(async {
        let options = UnlockOptions::new().create_if_missing(true);
        let mut connection = connect(&path, &key, &options).await?;
        sqlx::query("CREATE TABLE t (a TEXT)")
            .execute(&mut connection)
            .await?;
        sqlx::query("INSERT INTO t VALUES (?)")
            .bind("x")
            .execute(&mut connection)
            .await?;
        connection.close().await?;

        let mut connection = connect(&path, &key, &UnlockOptions::new()).await?;
        let row = sqlx::query("SELECT a FROM t")
            .fetch_one(&mut connection)
            .await?;
        assert_eq!(row.get::<String, _>(0), "x");
        connection.close().await?;
        Ok(())
    })?
}

#[test]
fn many_connections_in_a_row_never_hang() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    block_on(async {
        for _ in 0..50 {
            let mut connection = connect(&path, &raw_key(1), &UnlockOptions::new()).await?;
            sqlx::query("SELECT count(*) FROM t")
                .execute(&mut connection)
                .await?;
            connection.close().await?;
        }
        Ok(())
    })?
}

#[test]
fn a_database_in_memory_takes_a_key_for_what_is_attached() -> TestResult {
    let dir = tempfile::tempdir()?;
    let attached = dir.path().join("attached.db");
    let name = attached.to_str().ok_or("the path is not Unicode")?;
    let options = UnlockOptions::new().create_if_missing(true);
    block_on(async {
        let mut connection = connect(":memory:", &raw_key(1), &options).await?;
        sqlx::query("ATTACH ? AS other")
            .bind(name)
            .execute(&mut connection)
            .await?;
        sqlx::query("CREATE TABLE other.t (a)")
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok::<_, Box<dyn std::error::Error>>(())
    })??;
    assert!(!std::path::Path::new(":memory:").exists());
    let other = rusqlite::Connection::open(&attached)?;
    kstdb_cipher::apply_cipher_key(&other, &raw_key(1))?;
    assert_eq!(rows(&other)?, 0);
    Ok(())
}

#[test]
fn errors_come_at_the_call() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let missing = block_on(connect(&path, &raw_key(1), &UnlockOptions::new()))?;
    assert!(matches!(missing, Err(CipherError::NotFound { .. })));
    create(&path, &raw_key(1))?;
    let wrong = block_on(connect(&path, &raw_key(2), &UnlockOptions::new()))?;
    assert!(wrong.is_err_and(|error| error.is_wrong_key()));
    let empty = block_on(connect("", &raw_key(2), &UnlockOptions::new()))?;
    assert!(matches!(empty, Err(CipherError::InvalidPath { .. })));
    Ok(())
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let key = raw_key(1);
    let options = UnlockOptions::new();
    let mut future = std::pin::pin!(connect(":memory:", &key, &options));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let answer = future.as_mut().poll(&mut context);
    assert!(matches!(
        answer,
        std::task::Poll::Ready(Err(CipherError::NoRuntime))
    ));
}
