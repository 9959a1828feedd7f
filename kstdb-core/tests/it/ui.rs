//! Checked queries that compile and run, and those that do not compile and how it is told.

use std::fs;
use std::io;
use std::path::Path;

use crate::nested_cargo;

/// The files beside the cases: their schema, and queries in files.
const FILES: [(&str, &str); 4] = [
    (
        "migrations/1_create_users.sql",
        "CREATE TABLE users (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, score REAL NOT NULL DEFAULT 0,
            photo BLOB, active BOOLEAN NOT NULL DEFAULT TRUE
        );
        CREATE TABLE posts (
            id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id),
            title TEXT NOT NULL, type TEXT, anything NUMERIC
        );
        CREATE TABLE events (id INTEGER PRIMARY KEY, note TEXT);
        CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT NOT NULL);
        CREATE TRIGGER event_added AFTER INSERT ON events BEGIN
            INSERT INTO log (what) VALUES ((SELECT 'added ' || count(*) FROM events));
        END;
        CREATE TABLE kept (
            k TEXT NOT NULL, n INTEGER NOT NULL, twice INTEGER NOT NULL AS (n + n), any ANY
        ) STRICT;
        CREATE TABLE visits (
            id UUID NOT NULL, day DATE NOT NULL, at TIME, what JSON NOT NULL,
            made DATETIME NOT NULL DEFAULT (datetime('now'))
        );
        CREATE TABLE pairs (a TEXT, b INTEGER, PRIMARY KEY (b, a)) WITHOUT ROWID;
        CREATE VIEW authors AS
            SELECT name, title FROM users LEFT JOIN posts ON user_id = users.id;",
    ),
    (
        "queries/users.sql",
        "SELECT id, name FROM users WHERE id IN (..ids)",
    ),
    ("queries/count.sql", "SELECT count(*) FROM users"),
    (
        "queries/broken.sql",
        "SELECT id,\n       nmae\nFROM users\n",
    ),
];

#[test]
fn queries() -> io::Result<()> {
    // Where trybuild compiles the cases: the macros look for migrations there.
    let crate_of_the_cases = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("../tests/trybuild")
        .join(env!("CARGO_PKG_NAME"));
    for (path, text) in FILES {
        let path = crate_of_the_cases.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    nested_cargo::leave_debug_info_out()?;
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/query/pass/*.rs");
    if cfg!(all(feature = "chrono", feature = "json", feature = "uuid")) {
        cases.pass("tests/ui/query/types/*.rs");
    }
    cases.compile_fail("tests/ui/query/fail/*.rs");
    // The compiler lists the types that are values: more of them with these features.
    if cfg!(not(any(
        feature = "chrono",
        feature = "json",
        feature = "uuid"
    ))) {
        cases.compile_fail("tests/ui/query/fail_without_types/*.rs");
    }
    Ok(())
}
