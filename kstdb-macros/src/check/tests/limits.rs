//! Statements on which SQLite or sqlx would fail the compiler.

use std::time::{Duration, Instant};

use super::columns::{TestResult, assert_columns};
use crate::check::check;
use crate::schema::Schema;

#[test]
fn a_column_without_a_type_is_found_under_every_name() -> TestResult {
    let schema = Schema::of(
        r#"CREATE TABLE u (x, y TEXT NOT NULL); CREATE TABLE "a""b" (x); CREATE TABLE [c d] (x);
           CREATE VIEW v AS SELECT x AS z FROM "a""b"; CREATE VIEW w AS SELECT z FROM v;
           CREATE VIRTUAL TABLE f USING fts5 (t);"#,
    )?;
    // sqlx, if it were asked, would end this process.
    for sql in [
        "SELECT x FROM 'u'",
        "SELECT x FROM \"U\"",
        r#"SELECT x FROM "a""b""#,
        "SELECT x FROM `c d`",
        "SELECT z FROM w",
        "SELECT main.'u'.x FROM main.'u'",
        "SELECT * FROM 'v'",
        "DELETE FROM 'u' RETURNING x",
        "SELECT rank, t FROM f",
        "SELECT f FROM f",
    ] {
        let columns = check(&schema, sql).map_err(|fault| format!("{sql}: {fault:?}"))?;
        assert!(columns.columns[0].can_be_null, "{sql}");
    }
    let typed = check(&schema, "SELECT y FROM u").map_err(|fault| fault.message)?;
    assert!(!typed.columns[0].can_be_null);
    Ok(())
}

#[test]
fn a_query_that_runs_for_hours_is_checked_at_once() -> TestResult {
    let schema = Schema::of("CREATE TABLE a (x INTEGER);")?;
    let start = Instant::now();
    for sql in [
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) AS m FROM c",
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c ORDER BY n",
    ] {
        check(&schema, sql).map_err(|fault| format!("{sql}: {fault:?}"))?;
    }
    assert!(start.elapsed() < Duration::from_secs(60));
    Ok(())
}

#[test]
fn a_view_of_what_is_gone_leaves_other_queries_alone() -> TestResult {
    let schema = Schema::of(
        "CREATE TABLE a (x INTEGER NOT NULL); CREATE TABLE b (y TEXT);
         CREATE VIEW v AS SELECT y FROM b; DROP TABLE b;",
    )?;
    let checked = check(&schema, "SELECT x FROM a").map_err(|fault| fault.message)?;
    assert!(!checked.columns[0].can_be_null);
    let gone = check(&schema, "SELECT y FROM v").err().ok_or("accepted")?;
    assert!(gone.message.contains("no such table: main.b"), "{gone:?}");
    Ok(())
}

#[test]
fn fractions_of_seconds_are_no_integers() -> TestResult {
    assert_columns(&[
        ("SELECT unixepoch('now')", "i?"),
        ("SELECT unixepoch('now', 'subsec')", "r?"),
        ("SELECT unixepoch('SubSecond') + 1", "r?"),
    ])
}
