//! Pages that a transaction made and freed again: SQLite would not write them, and SQLCipher could
//! not read them then.

use std::ops::ControlFlow::Continue;

use kstdb_cipher::{PageCheck, PageFault, UnlockOptions, check_pages, unlock};

use crate::support::{TestResult, create, open, raw_key};

/// The faults of a file after a transaction that made many pages and freed most of them.
fn faults(journal_mode: &str, secure_delete: Option<&str>) -> TestResult<Vec<PageFault>> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    let key = unlock(&path, &raw_key(1), &UnlockOptions::new())?.derived;
    let sql = open(&path, &key)?;
    sql.query_row(&format!("PRAGMA journal_mode = {journal_mode}"), [], |_| {
        Ok(())
    })?;
    if let Some(value) = secure_delete {
        sql.query_row(&format!("PRAGMA secure_delete = {value}"), [], |_| Ok(()))?;
    }
    sql.execute_batch(
        "BEGIN;
         CREATE TABLE large (v); CREATE TABLE after (v);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO large SELECT randomblob(3000) FROM n;
         INSERT INTO after SELECT randomblob(3000) FROM large LIMIT 20;
         DELETE FROM large;
         COMMIT",
    )?;
    drop(sql);
    let report = check_pages(&path, &key, &PageCheck::new(), &|_, _| Continue(()))?;
    Ok(report.damaged.iter().map(|run| run.fault).collect())
}

#[test]
fn free_pages_are_written_as_all_others() -> TestResult {
    for journal_mode in ["DELETE", "TRUNCATE", "WAL", "OFF"] {
        assert_eq!(faults(journal_mode, None)?, [], "{journal_mode}");
    }
    Ok(())
}

#[test]
fn without_secure_delete_some_are_not() -> TestResult {
    for value in ["OFF", "FAST"] {
        let faults = faults("DELETE", Some(value))?;
        assert!(!faults.is_empty(), "{value}");
        assert!(faults.iter().all(|fault| *fault == PageFault::Zeros));
    }
    Ok(())
}
