//! Writing: one statement, or a script as one transaction.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use super::run::{KEY, Place, Ran, TestResult, json};

#[test]
fn a_statement_takes_parameters_of_every_storage_class() -> TestResult {
    let place = Place::new()?;
    place.exec("CREATE TABLE v (x)")?;
    for params in [
        &["int:5"][..],
        &["real:0.5"],
        &["text:int:5"],
        &["5"],
        &["blob:00ff"],
        &["null"],
        &["--", "-5"],
    ] {
        let exec = ["exec", "a.db", "INSERT INTO v VALUES (?)"];
        let ran = place.run_keyed(exec.into_iter().chain(params.iter().copied()))?;
        assert_eq!(ran.succeeded()?, "1 row affected\n");
    }
    assert_eq!(
        place.column("SELECT typeof(x) || ' ' || quote(x) FROM v")?,
        [
            "integer 5",
            "real 0.5",
            "text 'int:5'",
            "text '5'",
            "blob X'00FF'",
            "null NULL",
            "text '-5'"
        ]
    );
    Ok(())
}

#[test]
fn a_parameter_that_is_no_value_is_a_usage_error_and_not_repeated() -> TestResult {
    let place = Place::new()?;
    let exec = ["exec", "a.db", "SELECT ?, ?", "int:1", "int:secret"];
    let message = place.run_keyed(exec)?.failed(2)?;
    assert_eq!(message, "error: parameter 2 is not a 64-bit integer\n");
    assert!(!place.path("a.db").exists());
    Ok(())
}

#[test]
fn a_script_is_stored_whole_or_not_at_all() -> TestResult {
    let place = Place::with_database()?;
    place.write(
        "bad.sql",
        "INSERT INTO t VALUES (10, 'x'); INSERT INTO t VALUES (10, 'y');",
    )?;
    let message = place
        .run_keyed(["exec", "a.db", "--file", "bad.sql"])?
        .failed(1)?;
    assert!(
        message.contains("UNIQUE constraint failed: t.id"),
        "{message}"
    );
    assert_eq!(place.column("SELECT count(*) FROM t")?, ["2"]);

    place.write(
        "parted.sql",
        "INSERT INTO t VALUES (10, 'x'); COMMIT; SELECT nonsense;",
    )?;
    place
        .run_keyed(["exec", "a.db", "--file", "parted.sql"])?
        .failed(1)?;
    assert_eq!(place.column("SELECT count(*) FROM t")?, ["2"]);
    Ok(())
}

#[test]
fn a_script_comes_from_standard_input() -> TestResult {
    let place = Place::with_database()?;
    let mut command = place.command();
    command
        .args(KEY)
        .args(["exec", "a.db", "--file", "-", "--json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    stdin.write_all(b"DELETE FROM t; INSERT INTO t VALUES (9, 'Hedy');")?;
    drop(stdin);
    let done = json(&Ran::of(child.wait_with_output()?)?.succeeded()?)?;
    assert_eq!(
        done,
        serde_json::json!({"rows_affected": 3, "last_insert_rowid": 9})
    );
    Ok(())
}

#[test]
fn a_new_file_is_encrypted_unless_plaintext_is_asked_for() -> TestResult {
    let place = Place::new()?;
    let exec = ["exec", "a.db", "CREATE TABLE t (x)"];
    let message = place.run(exec)?.failed(3)?;
    assert!(message.contains("--plaintext"), "{message}");
    assert!(!place.path("a.db").exists());

    place
        .run(exec.into_iter().chain(["--plaintext"]))?
        .succeeded()?;
    assert!(fs::read(place.path("a.db"))?.starts_with(b"SQLite format 3\0"));
    place
        .run(["exec", "a.db", "INSERT INTO t VALUES (1)"])?
        .succeeded()?;

    place.run_keyed(["exec", "b.db", exec[2]])?.succeeded()?;
    assert!(!fs::read(place.path("b.db"))?.starts_with(b"SQLite"));
    place
        .run_keyed(["exec", "c.db", exec[2], "--plaintext"])?
        .failed(2)?;
    assert!(!place.path("c.db").exists());
    Ok(())
}

#[test]
fn a_key_for_a_plaintext_file_is_an_error() -> TestResult {
    let place = Place::new()?;
    place
        .run(["exec", "a.db", "CREATE TABLE t (x)", "--plaintext"])?
        .succeeded()?;
    let message = place
        .run_keyed(["exec", "a.db", "DROP TABLE t"])?
        .failed(1)?;
    assert!(
        message.contains("the database is not encrypted"),
        "{message}"
    );
    Ok(())
}

#[test]
fn a_key_statement_is_refused() -> TestResult {
    let place = Place::with_database()?;
    for sql in [
        "PRAGMA key = 'k'",
        "PRAGMA rekey = 'k'",
        "ATTACH 'b.db' AS b KEY ''",
    ] {
        let message = place.run_keyed(["exec", "a.db", sql])?.failed(1)?;
        assert!(message.contains("is refused"), "{sql}: {message}");
    }
    Ok(())
}
