//! What is found out about statements.

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

#[test]
fn columns_of_tables_are_what_the_schema_says() -> TestResult {
    assert_columns(&[
        ("SELECT * FROM a", "i t t? i r b d x *"),
        ("SELECT id, name, note FROM a WHERE id = ?", "i t t?"),
        ("SELECT id, name FROM a ORDER BY name", "i t"),
        (
            "SELECT name, id FROM a ORDER BY note DESC LIMIT 3 OFFSET 1",
            "t i",
        ),
        ("SELECT DISTINCT name FROM a", "t"),
        ("SELECT DISTINCT name, n FROM a ORDER BY n", "t i"),
        ("SELECT a_id FROM b WHERE a_id > 3", "i"),
        ("SELECT rowid, id FROM b WHERE a_id = 3", "i i"),
        ("SELECT k, v FROM w", "t i"),
        ("SELECT k, v FROM w WHERE v = 1 ORDER BY k", "t i"),
        ("SELECT id, t FROM s", "i t"),
        ("SELECT key, v FROM p", "t? t"),
        ("SELECT a.name, b.x FROM a JOIN b ON b.a_id = a.id", "t t"),
        (
            "SELECT a.name, b.x FROM a, b WHERE b.a_id = a.id ORDER BY b.x",
            "t t",
        ),
        ("SELECT name FROM a WHERE id IN (SELECT a_id FROM b)", "t"),
        (
            "SELECT name FROM a WHERE EXISTS (SELECT 1 FROM b WHERE a_id = a.id)",
            "t",
        ),
        ("WITH c AS (SELECT id, name FROM a) SELECT name FROM c", "t"),
        ("SELECT name FROM (SELECT name FROM a LIMIT 3)", "t"),
        ("SELECT id FROM a UNION ALL SELECT a_id FROM b", "i"),
        ("SELECT id FROM a UNION SELECT a_id FROM b", "i"),
        (
            "SELECT id FROM a UNION ALL SELECT a_id FROM b ORDER BY 1",
            "i",
        ),
        ("SELECT id, n, twice FROM g", "i i i?"),
        ("SELECT id, x, y FROM u ORDER BY y", "i * *?"),
        ("SELECT x, count(*) FROM u GROUP BY x", "*? i"),
        ("SELECT key, value FROM json_each('[1]')", "*? *?"),
        ("SELECT name FROM pragma_table_info('a')", "*?"),
        ("SELECT name FROM sqlite_schema", "*?"),
        ("PRAGMA user_version", "i"),
    ])
}

#[test]
fn null_comes_from_joins() -> TestResult {
    assert_columns(&[
        (
            "SELECT a.id, b.id, b.x FROM a LEFT JOIN b ON b.a_id = a.id",
            "i i? t?",
        ),
        (
            "SELECT a.id, b.rowid FROM a LEFT JOIN b ON b.id = a.n",
            "i i?",
        ),
        (
            "SELECT a.id, b.id FROM a RIGHT JOIN b ON b.a_id = a.id",
            "i? i",
        ),
        (
            "SELECT a.id, b.id FROM a FULL JOIN b ON b.a_id = a.id",
            "i? i?",
        ),
        (
            "SELECT a.id, b.id FROM a LEFT JOIN b ON b.a_id = a.id ORDER BY a.name",
            "i i?",
        ),
        ("SELECT id, name, x FROM v", "i t t?"),
        (
            "SELECT a.id, c.i FROM a LEFT JOIN (SELECT id AS i FROM b LIMIT 2) c ON c.i = a.n",
            "i i?",
        ),
        ("SELECT a.id, w.k FROM a LEFT JOIN w ON w.v = a.id", "i t?"),
    ])
}

#[test]
fn null_comes_from_expressions() -> TestResult {
    assert_columns(
        &[
            ("SELECT (SELECT id FROM b WHERE b.id = 99) FROM a", "i?"),
            ("SELECT n / 0 FROM a", "i?"),
            ("SELECT n % 2, n + 1, r * 2, n + r FROM a", "i? i? r? r?"),
            ("SELECT nullif(n, 1), nullif(name, 'x') FROM a", "i? t?"),
            ("SELECT CASE WHEN n > 1 THEN name END FROM a", "t?"),
            (
                "SELECT length(name), upper(name), date(made) FROM a",
                "i? t? t?",
            ),
            ("SELECT ?", "*"),
            ("SELECT :x", "*"),
            ("SELECT NULL", "*"),
            ("SELECT id FROM a UNION ALL SELECT NULL", "i?"),
            ("SELECT id FROM a UNION ALL SELECT name FROM a", "*!"),
            ("SELECT CAST(note AS INTEGER) FROM a", "i?"),
            ("SELECT note COLLATE NOCASE FROM a", "t?"),
            ("SELECT max(n, 2) FROM a", "*"),
        ]
        .map(|(sql, found)| {
            (
                sql,
                match found {
                    "*" => "*?",
                    "*!" => "*",
                    found => found,
                },
            )
        }),
    )
}

#[test]
fn null_comes_from_aggregates_over_nothing() -> TestResult {
    assert_columns(&[
        ("SELECT count(*), count(note) FROM a", "i i"),
        (
            "SELECT sum(n), total(n), avg(n), min(n), max(name) FROM a",
            "i? r r? i? t?",
        ),
        ("SELECT id, count(*) FROM a", "i? i"),
        ("SELECT n, count(*), sum(r) FROM a GROUP BY n", "i i r?"),
        (
            "SELECT name, max(n) FILTER (WHERE n > 3) FROM a GROUP BY note",
            "t i?",
        ),
        ("SELECT group_concat(name) FROM a", "t?"),
        (
            "SELECT count(*) FROM a LEFT JOIN b ON b.a_id = a.id GROUP BY a.id",
            "i",
        ),
    ])
}

#[test]
fn a_group_keeps_the_types_of_its_columns() -> TestResult {
    assert_columns(&[
        ("SELECT x, count(*) FROM b GROUP BY x", "t i"),
        ("SELECT x, a_id FROM b GROUP BY x, a_id", "t i"),
    ])
}

#[test]
fn windows_can_look_beyond_their_rows() -> TestResult {
    assert_columns(&[
        ("SELECT id, row_number() OVER (ORDER BY n) FROM a", "i i"),
        ("SELECT nth_value(n, 2) OVER (ORDER BY id) FROM a", "i?"),
        (
            "SELECT lag(n) OVER (ORDER BY id), first_value(n) OVER (ORDER BY id) FROM a",
            "*? i?",
        ),
        (
            "SELECT sum(n) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) FROM a",
            "i?",
        ),
    ])
}

#[test]
fn some_expressions_are_never_null() -> TestResult {
    assert_columns(&[
        ("SELECT 1, 'a', 2.5, x'00'", "i t r x"),
        (
            "SELECT coalesce(note, 'none'), ifnull(note, name) FROM a",
            "t t",
        ),
        ("SELECT coalesce(sum(n), 0) FROM a", "i"),
        ("SELECT EXISTS (SELECT 1 FROM a)", "i"),
        ("SELECT note IS NULL FROM a", "i"),
        ("SELECT name || 'x' FROM a", "t"),
        ("SELECT CAST(n AS TEXT) FROM a", "t"),
    ])
}

#[test]
fn a_statement_that_reads_is_told_from_one_that_writes() -> TestResult {
    let schema = Schema::of(SCHEMA)?;
    for (sql, only_reads) in [
        ("SELECT 1", true),
        ("WITH c AS (SELECT 1) SELECT * FROM c", true),
        ("DELETE FROM a", false),
        ("INSERT INTO p VALUES (?, ?) RETURNING key", false),
        ("WITH c AS (SELECT 1) UPDATE a SET n = 1", false),
    ] {
        let checked = check(&schema, sql).map_err(|fault| format!("{fault:?}"))?;
        assert_eq!(checked.only_reads, only_reads, "{sql}");
    }
    Ok(())
}

#[test]
fn parameters_are_told_by_position_and_name() -> TestResult {
    let schema = Schema::of(SCHEMA)?;
    let checked =
        check(&schema, "SELECT ?, :a, ?3, @b, :a").map_err(|fault| format!("{fault:?}"))?;
    let names: Vec<_> = checked.parameters.iter().map(Option::as_deref).collect();
    assert_eq!(names, [None, Some(":a"), None, Some("@b")]);
    Ok(())
}

#[test]
fn a_nul_is_refused_where_it_stands() -> TestResult {
    let fault = check(&Schema::of(SCHEMA)?, "SELECT 1 \0, x FROM a").err();
    assert_eq!(fault.and_then(|fault| fault.at), Some(9..10));
    Ok(())
}
