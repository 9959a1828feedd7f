//! Statements: what they report, and which are refused.

use kstdb_core::{AssertSqlSafe, DatabaseError, Executed, StatementError};

use crate::support::{Files, TestResult, chain, refusal};

fn statement_error(error: DatabaseError) -> Result<StatementError, DatabaseError> {
    match error {
        DatabaseError::Statement(error) => Ok(error),
        other => Err(other),
    }
}

fn executed(rows_affected: u64, last_insert_rowid: i64) -> (u64, i64) {
    (rows_affected, last_insert_rowid)
}

fn told(executed: Executed) -> (u64, i64) {
    (executed.rows_affected, executed.last_insert_rowid)
}

#[tokio::test]
async fn execute_tells_rows_and_rowid() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let created = db
        .execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n)", ())
        .await?;
    assert_eq!(told(created), executed(0, 0));
    let inserted = db
        .execute("INSERT INTO t (n) VALUES (1), (2), (3)", ())
        .await?;
    assert_eq!(told(inserted), executed(3, 3));
    let updated = db.execute("UPDATE t SET n = 0 WHERE n > 1", ()).await?;
    assert_eq!(updated.rows_affected, 2);
    // SQLite's own count would repeat that of the statement before.
    let read = db.execute("SELECT * FROM t", ()).await?;
    assert_eq!(read.rows_affected, 0);
    let deleted = db.execute("DELETE FROM t WHERE n = 9", ()).await?;
    assert_eq!(deleted.rows_affected, 0);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn more_than_one_statement_is_refused_and_none_of_them_runs() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE keep (n)", ()).await?;
    for sql in [
        "CREATE TABLE t (n); CREATE TABLE u (n)",
        "CREATE TABLE t (n); SELECT 1",
        "SELECT 1; DROP TABLE keep",
    ] {
        let error = statement_error(refusal(db.execute(sql, ()).await)?)?;
        assert!(matches!(error, StatementError::MultipleStatements), "{sql}");
    }
    assert!(!db.table_exists("t").await?);
    assert!(db.table_exists("keep").await?);
    // What follows is no statement.
    let one: i64 = db.fetch_value("SELECT 1; -- and no more\n ;", ()).await?;
    assert_eq!(one, 1);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_text_without_a_statement_is_refused_by_every_call() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    for sql in ["", "  ", ";", "-- nothing", "/* nothing */ ;"] {
        let errors = [
            refusal(db.execute(sql, ()).await)?,
            refusal(db.execute(sql, (1,)).await)?,
            refusal(db.execute_many(sql, [(1,)]).await)?,
            refusal(db.fetch_all::<(i64,)>(sql, ()).await)?,
            refusal(db.fetch_value::<Option<i64>>(sql, ()).await)?,
        ];
        for error in errors {
            let error = statement_error(error)?;
            assert!(matches!(error, StatementError::Empty), "{sql:?}: {error:?}");
        }
    }
    let nul = AssertSqlSafe("SELECT 1\0".to_owned());
    let error = statement_error(refusal(db.execute(nul, ()).await)?)?;
    assert!(matches!(error, StatementError::NulByte));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn an_error_says_where_and_never_quotes_the_statement() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let error = refusal(db.execute("SELECT 'canary-0451' FORM t", ()).await)?;
    let said = format!("{} {error:?}", chain(&error));
    assert!(said.contains("syntax error"), "{said}");
    assert!(!said.contains("0451"), "{said}");
    let sqlite = error.sqlite().ok_or("not from SQLite")?;
    assert_eq!(sqlite.code(), 1);
    assert!(sqlite.offset().is_some());
    db.close().await?;
    Ok(())
}

#[cfg(feature = "sqlcipher")]
#[tokio::test]
async fn what_would_change_key_or_cipher_is_refused_by_name() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    for (sql, name) in [
        ("PRAGMA key = 'x'", "PRAGMA key"),
        ("pragma ReKey = 'x'", "PRAGMA rekey"),
        ("PRAGMA cipher_page_size = 1024", "PRAGMA cipher_page_size"),
        (
            "PRAGMA cipher_plaintext_header_size = 32",
            "PRAGMA cipher_plaintext_header_size",
        ),
        ("PRAGMA cipher_use_hmac = OFF", "PRAGMA cipher_use_hmac"),
        ("PRAGMA writable_schema = ON", "PRAGMA writable_schema"),
        ("ATTACH 'plain.db' AS plain KEY ''", "ATTACH"),
        ("SELECT sqlcipher_export('main')", "sqlcipher_export"),
    ] {
        let error = statement_error(refusal(db.execute(sql, ()).await)?)?;
        let StatementError::Refused { statement, .. } = error else {
            return Err(format!("{sql}: {error:?}").into());
        };
        assert_eq!(statement, name);
    }
    let version: String = db.fetch_value("PRAGMA cipher_version", ()).await?;
    assert!(!version.is_empty());
    db.close().await?;
    Ok(())
}
