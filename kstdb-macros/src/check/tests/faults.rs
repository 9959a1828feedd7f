//! How faults of statements are told.

use super::columns::{SCHEMA, TestResult};
use crate::check::check;
use crate::schema::Schema;

/// The message of a fault, its place in the text and its hint.
fn fault(sql: &str) -> Result<(String, String, String), Box<dyn std::error::Error>> {
    let schema = Schema::of(SCHEMA)?;
    let fault = check(&schema, sql)
        .err()
        .ok_or_else(|| format!("accepted: {sql}"))?;
    let place = fault.at.map(|at| sql[at].to_owned()).unwrap_or_default();
    Ok((fault.message, place, fault.hint.unwrap_or_default()))
}

#[test]
fn a_fault_has_its_place_and_the_nearest_name() -> TestResult {
    for (sql, message, place, hint) in [
        (
            "SELECT naem FROM a",
            "no such column: naem",
            "naem",
            "did you mean `name`?",
        ),
        (
            "SELECT a.naem FROM a",
            "no such column: a.naem",
            "naem",
            "did you mean `name`?",
        ),
        (
            "SELECT name FROM aa",
            "no such table: aa",
            "aa",
            "did you mean `a`?",
        ),
        (
            "INSERT INTO a (nmae) VALUES (1)",
            "table a has no column named nmae",
            "nmae",
            "did you mean `name`?",
        ),
        (
            "SELECT lenght(name) FROM a",
            "no such function: lenght",
            "lenght",
            "did you mean `length`?",
        ),
        (
            "SELECT name FORM a WHERE x",
            "near \"a\": syntax error",
            "a",
            "",
        ),
        (
            "SELECT 1; SELECT 2",
            "this is more than one statement; a query is one",
            "SELECT",
            "",
        ),
        ("SELECT (1", "the statement is not complete", "", ""),
        ("", "there is no statement in this text", "", ""),
        ("-- nothing", "there is no statement in this text", "", ""),
        (
            "COMMIT",
            "a checked query cannot begin or end a transaction",
            "COMMIT",
            "use `begin`, `commit` and `rollback` of the database and its transactions",
        ),
    ] {
        let expected = (message.to_owned(), place.to_owned(), hint.to_owned());
        assert_eq!(fault(sql)?, expected, "{sql}");
    }
    Ok(())
}

#[test]
fn a_missing_table_is_marked_where_tables_are_named() -> TestResult {
    let schema = Schema::of(SCHEMA)?;
    for (sql, place) in [
        ("SELECT user FROM user", 17),
        ("SELECT user FROM a JOIN user", 24),
        ("SELECT user FROM a, user", 20),
        ("SELECT user FROM main.user", 22),
        ("UPDATE user SET user = 1", 7),
    ] {
        let fault = check(&schema, sql).err().ok_or("accepted")?;
        assert_eq!(fault.at, Some(place..place + 4), "{sql}");
    }
    Ok(())
}
