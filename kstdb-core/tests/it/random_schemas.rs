//! Random schemas, rows and statements: what a checked query decodes is what a dynamic row holds.
//!
//! Checked queries are made while compiling, so the statements become a program, which is built
//! against the schema as any crate is. A failure names the seed that makes the same program again.

use std::error::Error;
use std::fmt::Write;

use fastrand::Rng;

use crate::outside::{WATCHED, Workspace, manifest};

/// Each is a pair of tables `a` and `b` with its number, and columns `id`, `c0`, `c1` and `c2`.
const SCHEMAS: usize = 8;
const STATEMENTS_PER_SCHEMA: usize = 14;

const TYPES: [&str; 7] = [
    "INTEGER", "REAL", "TEXT", "BLOB", "BOOLEAN", "DATETIME", "NUMERIC",
];

const TRIGGERS: [&str; 5] = [
    "AFTER INSERT ON {a} BEGIN INSERT INTO log (x) VALUES ((SELECT count(*) FROM {b})); END",
    "AFTER INSERT ON {a} BEGIN INSERT INTO log (x) VALUES ('i'), (new.id); END",
    "BEFORE UPDATE ON {a} BEGIN UPDATE {b} SET c1 = c1; END",
    "AFTER UPDATE ON {a} BEGIN UPDATE log SET x = (SELECT total(id) FROM {a}); END",
    "AFTER DELETE ON {a} BEGIN INSERT INTO log (x) SELECT 'gone' || max(id) FROM {b}; END",
];

/// `{x}` and `{y}` are columns; every column of a result has a name of its own.
const STATEMENTS: [&str; 26] = [
    "SELECT * FROM {a} ORDER BY {x}, id",
    "SELECT a.{x} AS p, b.{y} AS q, b.id AS r FROM {a} a LEFT JOIN {b} b ON a.id = b.id ORDER BY a.id",
    "SELECT a.{x} AS p, b.{y} AS q FROM {a} a FULL JOIN {b} b ON a.id = b.{x} ORDER BY a.id, b.id",
    "SELECT b.{x} AS p, a.{y} AS q FROM {a} a RIGHT JOIN {b} b ON a.{y} = b.{y} ORDER BY b.id, a.id",
    "SELECT {x} AS p, count(*) AS n, sum({y}) AS s, min({y}) AS l, max(id) AS m FROM {a} GROUP BY {x} ORDER BY 1, 5",
    "SELECT count({x}) AS p, avg(id) AS q, total(id) AS r, group_concat({y}) AS s FROM {a} WHERE id > 3",
    "SELECT coalesce({x}, {y}) AS p, nullif({x}, {y}) AS q, {x} IS NULL AS r, typeof({y}) AS s FROM {a} ORDER BY id",
    "SELECT id + 1 AS p, id / 2 AS q, id % 2 AS r, -id AS s, id * 1.5 AS t FROM {a} ORDER BY id",
    "SELECT {x} || {y} AS p, length({x}) AS q, CAST({y} AS TEXT) AS r, hex({x}) AS s FROM {a} ORDER BY id",
    "SELECT CASE WHEN id > 1 THEN {x} END AS p, iif(id > 1, {x}, {y}) AS q FROM {a} ORDER BY id",
    "SELECT {x} AS p FROM {a} UNION ALL SELECT {y} FROM {b}",
    "SELECT (SELECT max({x}) FROM {b}) AS p, EXISTS (SELECT 1 FROM {b} WHERE {y} = 1) AS q FROM {a}",
    "SELECT id AS p, lag({x}) OVER (ORDER BY id) AS q, row_number() OVER (ORDER BY id) AS r FROM {a}",
    "SELECT first_value({x}) OVER (ORDER BY id) AS p, nth_value({y}, 2) OVER (ORDER BY id) AS q FROM {a}",
    "WITH w AS (SELECT {x} AS v, id AS i FROM {b} LIMIT 2) SELECT a.{y} AS p, w.v AS q FROM {a} a LEFT JOIN w ON w.i = a.id ORDER BY a.id",
    "SELECT DISTINCT {x} AS p, {y} AS q FROM {a} ORDER BY 1, 2",
    "SELECT {x} AS p FROM {a} WHERE id IN (SELECT id FROM {b}) ORDER BY {y} DESC, id LIMIT 2",
    "SELECT i AS p, v AS q FROM {v} ORDER BY i",
    "INSERT INTO {a} (id, c0, c1, c2) SELECT max(id) + 1, c0, c1, c2 FROM {a} RETURNING *",
    "INSERT INTO {a} (id, c0, c1, c2) SELECT id, c0, c1, c2 FROM {a} WHERE true ON CONFLICT (id) DO UPDATE SET {x} = excluded.{x} RETURNING id, {y} AS q",
    "INSERT OR IGNORE INTO {a} (id, {x}) VALUES (77, NULL) RETURNING *",
    "REPLACE INTO {a} (id, c0, c1, c2) SELECT id, c0, c1, NULL FROM {a} RETURNING c1, c2",
    "UPDATE {a} SET {x} = {x} WHERE id > 1 RETURNING {x} AS p, {y} || 'z' AS q, id + 1 AS r",
    "UPDATE OR IGNORE {a} SET {x} = NULL RETURNING *",
    "UPDATE {a} SET c0 = {a}.c0 FROM {b} WHERE {a}.id = {b}.id RETURNING {x} AS p, coalesce({y}, 0) AS q",
    "DELETE FROM {a} WHERE id > 3 RETURNING {x} AS p, {y} AS q",
];

fn literal(rng: &mut Rng, declared: &str) -> String {
    match declared {
        "INTEGER" => rng.i64(-1_000_000_000_000..1_000_000_000_000).to_string(),
        "REAL" => format!("{}.{}", rng.i32(-99..99), rng.u32(0..9)),
        "TEXT" => format!("'t{}'", rng.u8(0..9)),
        "BLOB" => format!("x'{:04x}'", rng.u16(..)),
        "BOOLEAN" => rng.u8(0..2).to_string(),
        "DATETIME" => format!("'2026-01-0{} 10:00:00'", rng.u8(1..9)),
        _ => ["7", "'seven'", "7.5", "x'07'"][rng.usize(0..4)].to_owned(),
    }
}

/// The SQL of one table, and that of its rows.
fn table(rng: &mut Rng, name: &str) -> (String, String) {
    let strict = rng.u8(0..4) == 0;
    let types: Vec<&str> = (0..3)
        .map(|_| TYPES[rng.usize(0..if strict { 4 } else { TYPES.len() })])
        .collect();
    let needed: Vec<bool> = (0..3).map(|_| rng.bool()).collect();
    let mut columns = String::from("id INTEGER PRIMARY KEY");
    for (index, declared) in types.iter().enumerate() {
        let needed = if needed[index] { " NOT NULL" } else { "" };
        let default = if rng.bool() {
            format!(" DEFAULT {}", literal(rng, declared))
        } else {
            String::new()
        };
        columns.push_str(&format!(", c{index} {declared}{needed}{default}"));
    }
    if rng.u8(0..4) == 0 {
        columns.push_str(", g INTEGER AS (id * 2)");
    }
    let mut options = Vec::new();
    options.extend(strict.then_some("STRICT"));
    options.extend((rng.u8(0..4) == 0).then_some("WITHOUT ROWID"));
    let index = format!("CREATE INDEX {name}_i ON {name} (c{});", rng.u8(0..3));
    let index = if rng.bool() { index } else { String::new() };
    let schema = format!(
        "CREATE TABLE {name} ({columns}) {};\n{index}\n",
        options.join(", ")
    );
    let mut rows = String::new();
    for id in 1..=rng.u8(0..6) {
        let values = types.iter().zip(&needed).map(|(declared, needed)| {
            if !needed && rng.u8(0..3) == 0 {
                "NULL".to_owned()
            } else {
                literal(rng, declared)
            }
        });
        let values = values.collect::<Vec<_>>().join(", ");
        rows.push_str(&format!(
            "INSERT INTO {name} (id, c0, c1, c2) VALUES ({id}, {values});\n"
        ));
    }
    (schema, rows)
}

/// The migration, with all rows, and the statements.
fn generate(rng: &mut Rng) -> (String, Vec<String>) {
    let mut sql = String::from("CREATE TABLE log (id INTEGER PRIMARY KEY, x TEXT NOT NULL);\n");
    let mut statements = Vec::new();
    for number in 0..SCHEMAS {
        let names = [
            ("{a}", format!("a{number}")),
            ("{b}", format!("b{number}")),
            ("{v}", format!("v{number}")),
        ];
        let named = |text: &str| {
            names.iter().fold(text.to_owned(), |text, (mark, name)| {
                text.replace(mark, name)
            })
        };
        let (a, a_rows) = table(rng, &names[0].1);
        let (b, b_rows) = table(rng, &names[1].1);
        sql.push_str(&(a + &b + &a_rows + &b_rows));
        sql.push_str(&named("CREATE VIEW {v} AS SELECT {a}.id AS i, {b}.c1 AS v FROM {a} LEFT JOIN {b} USING (id);\n"));
        for (at, trigger) in TRIGGERS.iter().enumerate() {
            if rng.u8(0..3) == 0 {
                sql.push_str(&named(&format!(
                    "CREATE TRIGGER t{number}_{at} {trigger};\n"
                )));
            }
        }
        for _ in 0..STATEMENTS_PER_SCHEMA {
            let column = |rng: &mut Rng| ["id", "c0", "c1", "c2"][rng.usize(0..4)];
            let statement = named(STATEMENTS[rng.usize(0..STATEMENTS.len())]);
            statements.push(
                statement
                    .replace("{x}", column(rng))
                    .replace("{y}", column(rng)),
            );
        }
    }
    (sql, statements)
}

/// A program that runs each statement checked and unchecked, on two databases alike.
fn program(statements: &[(String, Vec<String>)]) -> Result<String, std::fmt::Error> {
    let mut program = String::from(PROGRAM);
    for (number, (sql, columns)) in statements.iter().enumerate() {
        let values = columns
            .iter()
            .map(|column| format!("row.r#{column}.into_value()?"));
        let values = values.collect::<Vec<_>>().join(", ");
        writeln!(
            program,
            "async fn q{number}(one: &AsyncDatabase, other: &AsyncDatabase) -> Outcome {{\n    \
             let sql = {sql:?};\n    let found = query!({sql:?}).fetch_all(one).await;\n    \
             let rows = match expected(sql, found)? {{\n        Err(refused) => Err(refused),\n        \
             Ok(found) => {{\n            let mut rows = Vec::new();\n            \
             for row in found {{\n                rows.push(vec![{values}]);\n            }}\n            Ok(rows)\n        }}\n    }};\n    \
             compare(sql, rows, other).await\n}}"
        )?;
    }
    program.push_str(
        "#[tokio::main(flavor = \"current_thread\")]\nasync fn main() -> Outcome {\n    \
         let (one, other) = (open().await?, open().await?);\n",
    );
    for number in 0..statements.len() {
        writeln!(program, "    q{number}(&one, &other).await?;")?;
    }
    program.push_str("    println!(\"all are equal\");\n    Ok(())\n}\n");
    Ok(program)
}

const PROGRAM: &str = r#"use kstdb_core::error::{RowError, StatementError, ValueError};
use kstdb_core::{AsyncDatabase, DatabaseError, DynamicRow, IntoValue, Value, migrate, query};

type Outcome = Result<(), Box<dyn std::error::Error>>;

async fn open() -> Result<AsyncDatabase, DatabaseError> {
    let db = AsyncDatabase::builder(":memory:").config(Default::default()).connect().await?;
    db.migrate(&migrate!()).await?;
    Ok(db)
}

/// What both refuse alike, and nothing else may be refused: an integer that overflows, for one, and
/// a BLOB that became text, as in `blob || 'z'`.
#[derive(Debug, PartialEq)]
enum Refused {
    BySqlite,
    NotUtf8,
}

fn expected<T>(sql: &str, found: Result<T, DatabaseError>) -> Result<Result<T, Refused>, String> {
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(error) if error.sqlite().is_some() => Ok(Err(Refused::BySqlite)),
        Err(DatabaseError::Statement(StatementError::Row(RowError::Value { source: ValueError::NotUtf8, .. }))) => Ok(Err(Refused::NotUtf8)),
        Err(error) => Err(format!("{sql}: {error:?}")),
    }
}

/// An `f64` is read from an integer that it holds exactly.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Real(real), Value::Integer(integer)) => *real == *integer as f64,
        (one, other) => one == other,
    }
}

async fn compare(sql: &'static str, checked: Result<Vec<Vec<Value>>, Refused>, db: &AsyncDatabase) -> Outcome {
    let rows: Result<Vec<DynamicRow>, Refused> = expected(sql, db.fetch_all(sql, ()).await)?;
    let rows = rows.map(|rows| rows.iter().map(|row| row.values().to_vec()).collect::<Vec<_>>());
    let equal = match (&checked, &rows) {
        (Ok(checked), Ok(rows)) => rows.len() == checked.len()
            && checked.iter().zip(rows).all(|(one, other)| one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))),
        (checked, rows) => checked.as_ref().err() == rows.as_ref().err(),
    };
    if equal { Ok(()) } else { Err(format!("{sql}\n  checked {checked:?}\n  dynamic {rows:?}").into()) }
}

"#;

/// The statements that SQLite takes, with their columns.
fn accepted(
    migration: &str,
    statements: Vec<String>,
) -> rusqlite::Result<Vec<(String, Vec<String>)>> {
    let database = rusqlite::Connection::open_in_memory()?;
    database.execute_batch(migration)?;
    let with_columns = |sql: String| {
        let statement = database.prepare(&sql).ok()?;
        let columns = statement.column_names().into_iter().map(str::to_owned);
        let columns = columns.collect();
        drop(statement);
        Some((sql, columns))
    };
    Ok(statements.into_iter().filter_map(with_columns).collect())
}

#[test]
fn a_checked_row_of_a_random_schema_equals_the_dynamic_one() -> Result<(), Box<dyn Error>> {
    let seed = fastrand::u64(..);
    let (migration, statements) = generate(&mut Rng::with_seed(seed));
    let accepted =
        accepted(&migration, statements).map_err(|error| format!("seed {seed}: {error}"))?;
    let files = [
        (
            "Cargo.toml",
            "[workspace]\nresolver = '3'\nmembers = ['random']\n".to_owned(),
        ),
        ("random/Cargo.toml", manifest("random", "")),
        ("random/build.rs", WATCHED.to_owned()),
        ("random/migrations/1_random.sql", migration),
        ("random/src/main.rs", program(&accepted)?),
    ];
    let workspace = Workspace::new("random_schemas", &files)?;
    let (ran, said) = workspace.run("random", &[])?;
    assert!(ran && said.contains("all are equal"), "seed {seed}: {said}");
    // Most templates are statements on most schemas.
    assert!(
        accepted.len() > SCHEMAS * STATEMENTS_PER_SCHEMA / 2,
        "seed {seed}"
    );
    Ok(())
}
