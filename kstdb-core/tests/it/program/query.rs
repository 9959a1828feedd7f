//! Reading: rows as text and as JSON, and never a change.

use super::run::{Place, TestResult, json};

#[test]
fn rows_are_lines_of_cells_separated_by_tabs() -> TestResult {
    let place = Place::with_database()?;
    let sql =
        "SELECT id, name, NULL AS n, x'00ff' AS b, 1e16 AS r, 'a' || char(9) || 'b\\' AS t FROM t";
    assert_eq!(
        place.run_keyed(["query", "a.db", sql])?.succeeded()?,
        "id\tname\tn\tb\tr\tt\n\
         1\tAda\tNULL\tx'00ff'\t1e+16\ta\\tb\\\\\n\
         2\tGrace\tNULL\tx'00ff'\t1e+16\ta\\tb\\\\\n"
    );
    Ok(())
}

#[test]
fn json_rows_carry_their_storage_classes() -> TestResult {
    let place = Place::with_database()?;
    let sql = "SELECT id, name, 0.5 AS half FROM t WHERE id = ?";
    let query = ["query", "a.db", sql, "int:2", "--json"];
    assert_eq!(
        json(&place.run_keyed(query)?.succeeded()?)?,
        serde_json::json!({
            "columns": ["id", "name", "half"],
            "rows": [[["integer", "2"], ["text", "Grace"], ["real", "3fe0000000000000", "0.5"]]],
        })
    );
    Ok(())
}

#[test]
fn an_answer_without_rows_still_names_its_columns() -> TestResult {
    let place = Place::with_database()?;
    let query = [
        "query",
        "a.db",
        "SELECT id, name FROM t WHERE id > ?",
        "int:9",
    ];
    assert_eq!(place.run_keyed(query)?.succeeded()?, "id\tname\n");
    let ran = place.run_keyed(query.into_iter().chain(["--json"]))?;
    assert_eq!(
        json(&ran.succeeded()?)?,
        serde_json::json!({"columns": ["id", "name"], "rows": []})
    );
    Ok(())
}

#[test]
fn a_writing_statement_is_refused_and_points_to_exec() -> TestResult {
    let place = Place::with_database()?;
    for sql in [
        "DELETE FROM t",
        "INSERT INTO t VALUES (9, 'x') RETURNING id",
        "DROP TABLE t",
        "CREATE TABLE u (x)",
        "PRAGMA user_version = 5",
    ] {
        let message = place.run_keyed(["query", "a.db", sql])?.failed(1)?;
        assert!(message.contains("kstdb exec"), "{sql}: {message}");
    }
    for sql in [
        "VACUUM",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA wal_checkpoint",
        "COMMIT",
    ] {
        let before = std::fs::read(place.path("a.db"))?;
        place.run_keyed(["query", "a.db", sql])?;
        assert!(std::fs::read(place.path("a.db"))? == before, "{sql}");
    }
    let error = place.run_keyed(["query", "a.db", "DELETE FROM t", "--json"])?;
    assert_eq!(json(&error.failed(1)?)?["error"], "read_only");
    assert_eq!(place.column("SELECT count(*) FROM t")?, ["2"]);
    Ok(())
}

#[test]
fn a_missing_file_is_not_created() -> TestResult {
    let place = Place::new()?;
    for args in [
        &["query", "a.db", "SELECT 1"][..],
        &["dump", "a.db"],
        &["info", "a.db"],
    ] {
        let message = place.run_keyed(args.iter().copied())?.failed(1)?;
        assert!(message.contains("there is no database at"), "{message}");
        place.run(args.iter().copied())?.failed(1)?;
    }
    assert!(place.files()?.is_empty());
    Ok(())
}

#[test]
fn an_empty_file_stays_empty() -> TestResult {
    let place = Place::new()?;
    place.write("a.db", "")?;
    let query = ["query", "a.db", "SELECT 1"];
    for ran in [place.run(query)?, place.run_keyed(query)?] {
        let message = ran.failed(1)?;
        assert!(message.contains("the file is empty"), "{message}");
    }
    assert!(std::fs::read(place.path("a.db"))?.is_empty());
    Ok(())
}

#[test]
fn wrong_sql_is_an_error_in_one_line() -> TestResult {
    let place = Place::with_database()?;
    for (sql, expected) in [
        ("SELECT nonsense", "no such column: nonsense"),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT ?", "1 parameter(s), 0 given"),
        ("SELECT\n\"a\nb\" FROM", "incomplete input"),
        ("", "no statement"),
    ] {
        let message = place.run_keyed(["query", "a.db", sql])?.failed(1)?;
        assert!(message.contains(expected), "{sql}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    Ok(())
}
