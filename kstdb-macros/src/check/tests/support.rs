//! A schema with one of everything, and the columns of a statement on it.

use crate::check::{Column, check};
use crate::schema::{Kind, Schema};

pub(super) type TestResult = Result<(), Box<dyn std::error::Error>>;

pub(super) const SCHEMA: &str = "
    CREATE TABLE a (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, n INTEGER NOT NULL, r REAL NOT NULL,
        flag BOOLEAN NOT NULL, made DATETIME NOT NULL, raw BLOB NOT NULL, any NUMERIC NOT NULL
    );
    CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER NOT NULL REFERENCES a (id), x TEXT NOT NULL);
    CREATE INDEX b_by_a ON b (a_id);
    CREATE TABLE w (k TEXT NOT NULL, v INTEGER NOT NULL, PRIMARY KEY (v, k)) WITHOUT ROWID;
    CREATE TABLE s (id INTEGER PRIMARY KEY, t TEXT NOT NULL) STRICT;
    CREATE TABLE g (id INTEGER PRIMARY KEY, n INT NOT NULL, twice INT NOT NULL AS (n + n));
    CREATE TABLE u (id INTEGER PRIMARY KEY, x NOT NULL, y);
    CREATE TABLE p (key TEXT PRIMARY KEY, v TEXT NOT NULL);
    CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, n INTEGER);
    CREATE TABLE d (id INTEGER PRIMARY KEY, on_ BOOLEAN NOT NULL DEFAULT TRUE,
        made DATETIME NOT NULL DEFAULT (datetime('now')), x TEXT, n NUMERIC);
    CREATE TABLE log (id INTEGER PRIMARY KEY, x TEXT NOT NULL);
    CREATE TRIGGER t_added AFTER INSERT ON t BEGIN
        INSERT INTO log (x) VALUES ('added'), ((SELECT count(*) FROM a)); END;
    CREATE TRIGGER t_changed BEFORE UPDATE ON t BEGIN INSERT INTO log (x) VALUES (old.id); END;
    CREATE TRIGGER t_gone AFTER DELETE ON t BEGIN
        UPDATE log SET x = (SELECT count(*) || max(n) FROM t); END;
    CREATE VIEW v AS SELECT a.id, a.name, b.x FROM a LEFT JOIN b ON b.a_id = a.id;
";

/// The columns in short: `i` integer, `r` real, `t` text, `x` blob, `b` boolean, `d` date and time,
/// `*` anything; with `?` if NULL can come.
fn columns(sql: &str) -> Result<String, Box<dyn std::error::Error>> {
    let schema = Schema::of(SCHEMA)?;
    let checked = check(&schema, sql).map_err(|fault| format!("{sql}: {fault:?}"))?;
    let one = |column: &Column| {
        let kind = match column.kind {
            Kind::Integer => "i",
            Kind::Real => "r",
            Kind::Text => "t",
            Kind::Blob => "x",
            Kind::Boolean => "b",
            Kind::DateTime => "d",
            _ => "*",
        };
        format!("{kind}{}", if column.can_be_null { "?" } else { "" })
    };
    Ok(checked
        .columns
        .iter()
        .map(one)
        .collect::<Vec<_>>()
        .join(" "))
}

pub(super) fn assert_columns(cases: &[(&str, &str)]) -> TestResult {
    let mut wrong = Vec::new();
    for (sql, expected) in cases {
        let found = columns(sql)?;
        if found != *expected {
            wrong.push(format!("{sql}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
