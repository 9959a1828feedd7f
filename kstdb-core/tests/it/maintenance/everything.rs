//! A database with everything that SQLite can store, and all that can be said of it.

use std::path::Path;

use kstdb_core::cipher::rusqlite::types::ValueRef;
use kstdb_core::cipher::rusqlite::{Connection, Result};

/// Each line is something that a copy could lose.
const SCHEMA: &str = "
    PRAGMA user_version = 77; PRAGMA application_id = 1263553642;
    CREATE TABLE plain (a, b TEXT);
    CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, v ANY);
    CREATE TABLE dropped (id INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE TABLE strict_one (n INT NOT NULL, r REAL, t TEXT, b BLOB, x ANY) STRICT;
    CREATE TABLE by_key (k TEXT, n INT, v, PRIMARY KEY (k DESC, n)) WITHOUT ROWID;
    CREATE TABLE computed (a INT, twice INT AS (a * 2) STORED, thrice INT AS (a * 3));
    CREATE TABLE shadowing (rowid TEXT, oid INT, v);
    CREATE TABLE hidden (rowid, _rowid_, oid);
    CREATE TABLE \"odd \"\" na,me\" (\"col \"\" umn\" INT DEFAULT 'x' CHECK (\"col \"\" umn\" > 0));
    CREATE TABLE parent (id INT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE child (p INT REFERENCES parent ON DELETE CASCADE, q TEXT COLLATE NOCASE UNIQUE);
    CREATE TABLE dates (d TEXT DEFAULT CURRENT_TIMESTAMP /* a comment */, e DEFAULT (1 + 1));
    CREATE INDEX by_b ON plain (b COLLATE NOCASE DESC, a);
    CREATE UNIQUE INDEX partial_one ON plain (a) WHERE a > 5;
    CREATE INDEX by_expression ON plain (length(b));
    CREATE VIEW both_sides AS SELECT p.a, n.v FROM plain p JOIN numbered n ON n.id = p.a;
    CREATE TRIGGER counted AFTER INSERT ON plain BEGIN
        INSERT INTO numbered (v) VALUES (new.b || ' by trigger'); END;
    CREATE TRIGGER through_view INSTEAD OF INSERT ON both_sides BEGIN SELECT 1; END;
    CREATE VIRTUAL TABLE words USING fts5(title, body, tokenize = 'porter');
    CREATE VIRTUAL TABLE old_words USING fts4(body);
    CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1);
";

const ROWS: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO plain SELECT i, 'row ' || i || ' ' || hex(zeroblob(i % 90)) FROM n;
    DELETE FROM plain WHERE a % 3 = 0;
    INSERT INTO plain (rowid, a, b) VALUES (-5, NULL, NULL), (9000000000, 0.1, 'x' || char(0) || 'y');
    INSERT INTO plain VALUES (-0.0, ''), (9e999, x''), (x'00ff', 'caf\u{e9} \u{1f511}'), (3.0, 4);
    INSERT INTO plain VALUES (1e15, zeroblob(70000)), (-9223372036854775808, CAST(x'ff80' AS TEXT));
    DELETE FROM numbered WHERE id > 300;
    INSERT INTO dropped DEFAULT VALUES; DROP TABLE dropped;
    INSERT INTO strict_one VALUES (1, 2, 'three', x'04', 5.5), (-1, NULL, NULL, NULL, 'any');
    INSERT INTO by_key VALUES ('a', 1, 'x'), ('b', 2, x'01'), ('a', 2, NULL);
    INSERT INTO computed (a) VALUES (1), (NULL), (21);
    INSERT INTO shadowing VALUES ('not a number', 7, 1); INSERT INTO shadowing VALUES (NULL, NULL, 2);
    INSERT INTO hidden VALUES (1, 2, 3), (NULL, 'b', 'c');
    PRAGMA ignore_check_constraints = ON;
    INSERT INTO \"odd \"\" na,me\" VALUES (-1), (5);
    PRAGMA ignore_check_constraints = OFF;
    INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 'A'), (99, 'orphan');
    INSERT INTO dates DEFAULT VALUES;
    INSERT INTO words VALUES ('Running', 'the quick brown foxes'), ('Second', 'lazy dogs ran');
    INSERT INTO old_words VALUES ('full text search of the fourth kind');
    INSERT INTO boxes VALUES (1, 0, 1, 0, 1), (2, 5, 6, 5, 6);
    ANALYZE;
";

/// Fills an open, empty database.
pub(super) fn fill(sql: &Connection) -> Result<()> {
    sql.execute_batch("PRAGMA foreign_keys = OFF; BEGIN")?;
    sql.execute_batch(SCHEMA)?;
    sql.execute_batch(ROWS)?;
    sql.execute_batch("COMMIT")
}

/// Makes an unencrypted database in WAL mode.
pub(super) fn plaintext(path: &Path, settings: &str) -> Result<()> {
    let sql = Connection::open(path)?;
    sql.execute_batch(settings)?;
    fill(&sql)?;
    sql.execute_batch("PRAGMA journal_mode = WAL")
}

/// All that can be asked of a database, one answer each.
pub(super) fn told(sql: &Connection) -> Result<Vec<Vec<String>>> {
    let mut questions: Vec<String> = [
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2, 3",
        "PRAGMA encoding",
        "SELECT * FROM words WHERE words MATCH 'fox'",
        "SELECT * FROM old_words WHERE old_words MATCH 'fourth'",
        "SELECT id FROM boxes WHERE x0 > 3",
        "SELECT * FROM both_sides ORDER BY 1, 2",
        "SELECT a FROM plain INDEXED BY by_b WHERE b = 'ROW 100 ' COLLATE NOCASE",
    ]
    .map(str::to_owned)
    .into();
    for pragma in ["user_version", "application_id", "auto_vacuum"] {
        questions.push(format!(
            "SELECT '{pragma}', CAST({pragma} AS INTEGER) FROM pragma_{pragma}"
        ));
    }
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY 1";
    let mut tables = sql.prepare(tables)?;
    for table in tables.query_map([], |row| row.get::<_, String>(0))? {
        let table = table?.replace('"', "\"\"");
        questions.push(format!("SELECT * FROM \"{table}\" NOT INDEXED"));
        // Not every table has one, and a name is text where there is none.
        questions.push(format!("SELECT \"_rowid_\" FROM \"{table}\" NOT INDEXED"));
    }
    let mut told = Vec::new();
    for question in questions {
        let mut statement = sql.prepare(&question)?;
        let width = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            // Text need not be UTF-8, and -0.0 is not 0.0.
            let value = |column| {
                Ok(match row.get_ref(column)? {
                    ValueRef::Real(real) => format!("real {:016x}", real.to_bits()),
                    other => format!("{other:?}"),
                })
            };
            told.push((0..width).map(value).collect::<Result<_>>()?);
        }
    }
    Ok(told)
}
