//! The dump: what kstlib wrote is read bit by bit, and a script makes an equal database.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use super::run::{KEY, Place, Ran, TestResult, fixture, json};

#[test]
fn a_database_of_kstlib_is_dumped_as_kstlib_reads_it() -> TestResult {
    let expected = fs::read_to_string(fixture("tests/fixtures/kstlib/kstlib_pass.json"))?;
    let expected = json(&expected)?;
    let place = Place::new()?;
    let passphrase = expected["passphrase"].as_str().ok_or("no passphrase")?;
    place.write("key", format!("{passphrase}\n"))?;
    // A copy: whoever opens a database can write to it.
    let database = fs::read(fixture("../kstdb-cipher/tests/fixtures/kstlib_pass.db"))?;
    place.write("kstlib.db", database)?;

    let stdout = place
        .run(["dump", "kstlib.db", "--json", "--key-file", "key"])?
        .succeeded()?;
    let Value::Object(dump) = json(&stdout)? else {
        return Err("no object".into());
    };
    assert_eq!(dump.keys().collect::<Vec<_>>(), ["tables"]);
    let tables = expected["tables"].as_object().ok_or("no tables")?;
    assert_eq!(tables.len(), 6);
    for (name, table) in tables {
        assert_eq!(&dump["tables"][name], table, "{name}");
    }
    assert_eq!(dump["tables"], expected["tables"]);

    let script = place.run(["dump", "kstlib.db", "--key-file", "key"])?;
    place.write("script.sql", script.succeeded()?)?;
    place
        .run_keyed(["exec", "a.db", "--file", "script.sql"])?
        .succeeded()?;
    let again = place.run_keyed(["dump", "a.db", "--json"])?.succeeded()?;
    assert_eq!(json(&again)?["tables"], expected["tables"]);
    Ok(())
}

/// Everything that needs care in a script.
const SCHEMA: &str = "
    CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT REFERENCES parent (code));
    CREATE TABLE parent (code TEXT NOT NULL, copy TEXT AS (code || '!'), kept TEXT AS ('k') STORED);
    CREATE UNIQUE INDEX by_code ON parent (code);
    CREATE TABLE pair (b, a, PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE TABLE \"odd \"\"name\" (\"select\" REAL);
    CREATE VIEW names AS SELECT code FROM parent;
    INSERT INTO parent (code) VALUES ('x'), ('it''s; --' || char(10) || char(0) || 'end');
    INSERT INTO child (id, code) VALUES (7, 'x');
    INSERT INTO child (id) VALUES (900);
    DELETE FROM child WHERE id = 900;
    INSERT INTO pair VALUES (1, 2), (2, 1);
    INSERT INTO \"odd \"\"name\" VALUES (-0.0), (0.1), (1e300), (5e-324), (0.30000000000000004), (9e999);
    CREATE TRIGGER grow AFTER INSERT ON parent BEGIN INSERT INTO pair VALUES (random(), 1); END;
    PRAGMA user_version = 42;
    PRAGMA application_id = -5;
";

#[test]
fn a_script_makes_an_equal_database() -> TestResult {
    let place = Place::new()?;
    place.write("schema.sql", SCHEMA)?;
    place
        .run_keyed(["exec", "a.db", "--file", "schema.sql"])?
        .succeeded()?;
    let dump = |database, json: &'static [&'static str]| {
        let args = ["dump", database].into_iter().chain(json.iter().copied());
        place.run_keyed(args)?.succeeded()
    };
    let script = dump("a.db", &[])?;
    place.write("script.sql", &script)?;
    place
        .run_keyed(["exec", "b.db", "--file", "script.sql"])?
        .succeeded()?;
    assert_eq!(dump("b.db", &[])?, script);
    assert_eq!(dump("b.db", &["--json"])?, dump("a.db", &["--json"])?);
    place.write("a.db", fs::read(place.path("b.db"))?)?;
    assert_eq!(place.column("SELECT seq FROM sqlite_sequence")?, ["900"]);
    assert_eq!(place.column("PRAGMA user_version")?, ["42"]);
    assert_eq!(place.column("PRAGMA application_id")?, ["-5"]);
    Ok(())
}

#[test]
fn a_dropped_counter_leaves_nothing_in_the_script() -> TestResult {
    let place = Place::new()?;
    place.exec("CREATE TABLE gone (id INTEGER PRIMARY KEY AUTOINCREMENT)")?;
    place.exec("DROP TABLE gone")?;
    let script = place.run_keyed(["dump", "a.db"])?.succeeded()?;
    assert!(!script.contains("sqlite_sequence"), "{script}");
    Ok(())
}

#[test]
fn a_virtual_table_is_refused_by_name() -> TestResult {
    let place = Place::new()?;
    place.exec("CREATE VIRTUAL TABLE search USING fts5 (text)")?;
    let message = place.run_keyed(["dump", "a.db"])?.failed(1)?;
    assert!(message.contains("virtual table \"search\""), "{message}");
    Ok(())
}

#[test]
fn rows_come_in_the_order_of_the_primary_key() -> TestResult {
    let place = Place::new()?;
    place.exec("CREATE TABLE pair (b INTEGER, a INTEGER, PRIMARY KEY (a, b))")?;
    place.exec("INSERT INTO pair VALUES (2, 2), (1, 2), (3, 1)")?;
    let dump = json(&place.run_keyed(["dump", "a.db", "--json"])?.succeeded()?)?;
    let row = |b: &str, a: &str| serde_json::json!([["integer", b], ["integer", a]]);
    assert_eq!(
        dump["tables"]["pair"]["rows"],
        serde_json::json!([row("3", "1"), row("1", "2"), row("2", "2")])
    );
    Ok(())
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() -> TestResult {
    let place = Place::new()?;
    place.exec("CREATE TABLE many (x)")?;
    place.exec(
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000)
         INSERT INTO many SELECT x FROM n",
    )?;
    let mut command = place.command();
    command.args(KEY).args(["dump", "a.db"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    drop(child.stdout.take());
    let ran = Ran::of(child.wait_with_output()?)?;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    Ok(())
}
