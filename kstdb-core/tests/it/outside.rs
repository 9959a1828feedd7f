//! Crates outside of this workspace that use the macros, built by a real cargo.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use kstdb_core::{AsyncDatabase, DbConfig};

use crate::nested_cargo;

type TestResult = Result<(), Box<dyn Error>>;

/// A workspace of its own. It stays below the target directory, so that a second run finds its
/// dependencies built, and shares what trybuild has built.
pub(crate) struct Workspace(PathBuf);

impl Workspace {
    pub(crate) fn new(name: &str, files: &[(&str, String)]) -> std::io::Result<Self> {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        fs::create_dir_all(&root)?;
        nested_cargo::leave_debug_info_out()?;
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
        fs::copy(lock, root.join("Cargo.lock"))?;
        let workspace = Self(root);
        for (path, text) in files {
            workspace.write(path, text)?;
        }
        Ok(workspace)
    }

    fn write(&self, path: &str, text: &str) -> std::io::Result<()> {
        let path = self.0.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)
    }

    /// Runs a crate: whether it was built and ended well, and what it and cargo said.
    pub(crate) fn run(
        &self,
        package: &str,
        variables: &[(&str, &Path)],
    ) -> Result<(bool, String), Box<dyn Error>> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tests/trybuild");
        let output = Command::new(env!("CARGO"))
            .args(["run", "--offline", "--quiet", "--package", package])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", target)
            .env_remove("OUT_DIR")
            .envs(variables.iter().copied())
            .output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8(said)?))
    }
}

/// The Cargo.toml of a crate that uses kstdb-core, with the features that the tests build anyway.
pub(crate) fn manifest(name: &str, more: &str) -> String {
    let core = env!("CARGO_MANIFEST_DIR");
    let features = if cfg!(feature = "sqlcipher") {
        "['sqlcipher']"
    } else {
        "[]"
    };
    format!(
        "[package]\nname = '{name}'\nedition = '2024'\n\n[dependencies]\n\
         kstdb-core = {{ path = '{core}', default-features = false, features = {features} }}\n\
         tokio = {{ version = '1', features = ['macros', 'rt-multi-thread', 'test-util'] }}\n{more}"
    )
}

pub(crate) const WATCHED: &str = "fn main() { println!(\"cargo::rerun-if-changed=../schema\"); println!(\"cargo::rerun-if-changed=migrations\"); }";

fn program(query: &str) -> String {
    format!(
        "use kstdb_core::{{AsyncDatabase, migrate, query}};\n\
         #[tokio::main(flavor = \"current_thread\")]\n\
         async fn main() -> Result<(), Box<dyn std::error::Error>> {{\n    \
         let db = AsyncDatabase::builder(\":memory:\").config(Default::default()).connect().await?;\n    \
         db.migrate(&migrate!()).await?;\n    db.check_migrations(&migrate!()).await?;\n    \
         println!(\"{{:?}}\", query!(\"{query}\").fetch_all(&db).await?);\n    Ok(())\n}}\n"
    )
}

#[test]
fn each_crate_is_checked_against_its_own_schema() -> TestResult {
    let named = "\n[package.metadata.kstdb]\nmigrations = '../schema'\n";
    let workspace = Workspace::new(
        "outside",
        &[
            (
                "Cargo.toml",
                "[workspace]\nresolver = '3'\nmembers = ['own', 'named']\n".to_owned(),
            ),
            ("own/Cargo.toml", manifest("own", "")),
            ("own/build.rs", WATCHED.to_owned()),
            (
                "own/migrations/1_a.sql",
                "CREATE TABLE a (x INTEGER NOT NULL); INSERT INTO a VALUES (7);".to_owned(),
            ),
            ("own/src/main.rs", program("SELECT x FROM a")),
            ("named/Cargo.toml", manifest("named", named)),
            ("named/build.rs", WATCHED.to_owned()),
            (
                "schema/1_a.sql",
                "CREATE TABLE a (y TEXT); INSERT INTO a VALUES ('z');".to_owned(),
            ),
            ("named/src/main.rs", program("SELECT y FROM a")),
        ],
    )?;
    let (ran, said) = workspace.run("own", &[])?;
    assert!(ran && said.contains("[Record { x: 7 }]"), "{said}");
    let (ran, said) = workspace.run("named", &[])?;
    assert!(
        ran && said.contains("[Record { y: Some(\"z\") }]"),
        "{said}"
    );

    // A migration that is added, changed or broken is seen by the next build.
    workspace.write(
        "own/migrations/2_b.sql",
        "ALTER TABLE a RENAME COLUMN x TO w;",
    )?;
    let (ran, said) = workspace.run("own", &[])?;
    assert!(!ran && said.contains("no such column: x"), "{said}");
    workspace.write("own/migrations/2_b.sql", "ALTER TABLE a ADD COLUMN v;")?;
    let (ran, said) = workspace.run("own", &[])?;
    assert!(ran && said.contains("[Record { x: 7 }]"), "{said}");
    workspace.write(
        "own/migrations/3_c.sql",
        "CREATE TABLE b (\n    x INTEGER,\n    FOREIGN a);",
    )?;
    let (ran, said) = workspace.run("own", &[])?;
    let broken = "migration `3_c.sql` fails at line 3 (`FOREIGN a);`): near \"a\": syntax error";
    assert!(!ran && said.contains(broken), "{said}");
    Ok(())
}

/// The tables of the comparison with sqlx's own macros.
const COMPARED_SCHEMA: &str = "
    CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, t TEXT NOT NULL, maybe TEXT, r REAL NOT NULL);
    CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER NOT NULL, t TEXT NOT NULL);
    CREATE VIEW v AS SELECT a.id, b.id AS b_id, b.t FROM a LEFT JOIN b ON b.a_id = a.id;
    CREATE TABLE e (id INTEGER PRIMARY KEY, note TEXT);
    CREATE TABLE log (id INTEGER PRIMARY KEY, x TEXT NOT NULL);
    CREATE TRIGGER e_added AFTER INSERT ON e BEGIN INSERT INTO log (x) VALUES ('added'); END;
    CREATE TRIGGER e_changed AFTER UPDATE ON e BEGIN INSERT INTO log (x) SELECT count(*) FROM e; END;
    CREATE TRIGGER e_gone BEFORE DELETE ON e BEGIN INSERT INTO log (x) VALUES (old.id); END;
    INSERT INTO e VALUES (1, NULL), (2, 'two');
    INSERT INTO a VALUES (1, 0, 'one', NULL, 0.0), (2, 5, 'two', 'm', 1.5);
    INSERT INTO b VALUES (1, 1, 'x');
";

/// Statements whose one column is called `x`.
const COMPARED: &[&str] = &[
    "SELECT id AS x FROM a",
    "SELECT t AS x FROM a ORDER BY n",
    "SELECT maybe AS x FROM a",
    "SELECT b.id AS x FROM a LEFT JOIN b ON b.a_id = a.id",
    "SELECT b.t AS x FROM a LEFT JOIN b ON b.a_id = a.id ORDER BY a.t",
    "SELECT b.id AS x FROM b RIGHT JOIN a ON b.a_id = a.id",
    "SELECT b.id AS x FROM a FULL JOIN b ON b.a_id = a.id",
    "SELECT b_id AS x FROM v",
    "SELECT t AS x FROM v",
    "SELECT count(*) AS x FROM a",
    "SELECT sum(n) AS x FROM a WHERE id > 9",
    "SELECT max(t) AS x FROM a WHERE id > 9",
    "SELECT id AS x FROM a WHERE id > 9 LIMIT 0",
    "SELECT n AS x FROM a GROUP BY n",
    "SELECT n / n AS x FROM a",
    "SELECT r / n AS x FROM a",
    "SELECT n % n AS x FROM a",
    "SELECT coalesce(maybe, t) AS x FROM a",
    "SELECT t || 'y' AS x FROM a",
    "SELECT CASE WHEN n > 0 THEN t END AS x FROM a",
    "SELECT (SELECT t FROM b WHERE a_id = a.id) AS x FROM a",
    "SELECT (SELECT b.id FROM b WHERE b.id = a.id) AS x FROM a",
    "SELECT id AS x FROM a UNION ALL SELECT NULL",
    "SELECT nth_value(n, 2) OVER (ORDER BY id) AS x FROM a",
    "SELECT sum(n) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING) AS x FROM a",
    "SELECT c.t AS x FROM a LEFT JOIN (SELECT * FROM b LIMIT 1) c ON c.a_id = a.id",
    "INSERT INTO a (n, t, r) VALUES (1, 'new', 0) RETURNING id AS x",
    "INSERT INTO a (n, t, r) VALUES (1, 'new', 0) RETURNING maybe AS x",
    "UPDATE a SET maybe = NULL RETURNING maybe AS x",
    "UPDATE a SET n = n + 1 RETURNING n AS x",
    "UPDATE a SET t = 'u' RETURNING (SELECT t FROM b WHERE b.id = a.id) AS x",
    "DELETE FROM b RETURNING t AS x",
    "INSERT INTO e (id, note) VALUES (7, NULL) RETURNING note AS x",
    "INSERT INTO e (id, note) VALUES (8, 'x') RETURNING id AS x",
    "UPDATE e SET note = NULL RETURNING note AS x",
    "DELETE FROM e RETURNING note AS x",
];

/// Where sqlx's types stand beside ours: the statement, each type, and how many NULLs came.
fn comparison() -> String {
    let lines = COMPARED.iter().map(|sql| {
        format!("    line(&db, {sql:?}, ours(query!({sql:?}), |row| row.x), theirs(sqlx::query!({sql:?}), |row| row.x)).await?;\n")
    });
    let lines: String = lines.collect();
    format!(
        r#"use kstdb_core::{{AsyncDatabase, CheckedQuery, DynamicRow, Value, migrate, query}};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{{Sqlite, SqliteRow}};

fn ours<R, T>(_: CheckedQuery<R>, _: fn(R) -> T) -> &'static str {{
    std::any::type_name::<T>()
}}

fn theirs<'q, R: Unpin + Send, T, A>(
    _: sqlx::query::Map<'q, Sqlite, impl FnMut(SqliteRow) -> Result<R, sqlx::Error> + Send, A>,
    _: fn(R) -> T,
) -> &'static str
where
    A: sqlx::IntoArguments<Sqlite> + 'q + Send,
{{
    std::any::type_name::<T>()
}}

async fn line(db: &AsyncDatabase, sql: &'static str, ours: &str, theirs: &str) -> Result<(), kstdb_core::DatabaseError> {{
    let rows: Vec<DynamicRow> = db.fetch_all(AssertSqlSafe(sql), ()).await?;
    let nulls = rows.iter().filter(|row| row.values()[0] == Value::Null).count();
    let short = |name: &str| name.replace("core::option::", "").replace("alloc::string::", "");
    println!("{{sql:<88}} | {{:<15}} | {{:<15}} | {{nulls}}", short(ours), short(theirs));
    Ok(())
}}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let db = AsyncDatabase::builder(":memory:").config(Default::default()).connect().await?;
    db.migrate(&migrate!()).await?;
{lines}    Ok(())
}}
"#
    )
}

#[tokio::test]
async fn no_column_is_called_never_null_where_null_comes() -> TestResult {
    let files = [
        (
            "Cargo.toml",
            "[workspace]\nresolver = '3'\nmembers = ['beside']\n".to_owned(),
        ),
        (
            "beside/Cargo.toml",
            manifest(
                "beside",
                "sqlx = { version = '0.9', default-features = false, features = ['runtime-tokio', 'migrate', 'sqlite-bundled', 'macros'] }\n",
            ),
        ),
        ("beside/build.rs", WATCHED.to_owned()),
        ("beside/migrations/1_tables.sql", COMPARED_SCHEMA.to_owned()),
        ("beside/src/main.rs", comparison()),
    ];
    let workspace = Workspace::new("beside_sqlx", &files)?;
    // sqlx's macros need a database, and a plaintext one.
    let file = workspace.0.join("schema.db");
    let db = AsyncDatabase::builder(&file)
        .config(DbConfig::default())
        .connect()
        .await?;
    db.execute_batch(COMPARED_SCHEMA).await?;
    db.close().await?;
    let url = PathBuf::from(format!("sqlite:{}", file.display()));
    let (ran, table) = workspace.run("beside", &[("DATABASE_URL", &url)])?;
    writeln!(
        std::io::stdout(),
        "statement | kstdb | sqlx | NULLs\n{table}"
    )?;
    assert!(ran, "{table}");
    let mut sqlx_is_wrong = 0;
    let mut lines = 0;
    let is_compared = |line: &&str| COMPARED.iter().any(|sql| line.starts_with(sql));
    for line in table.lines().filter(is_compared) {
        let cells: Vec<&str> = line.rsplitn(4, '|').map(str::trim).collect();
        let [nulls, theirs, ours, sql] = cells.as_slice() else {
            return Err(format!("no line of the table: {line}").into());
        };
        let holds_null = |name: &str| name.starts_with("Option") || name.ends_with("Value");
        let nulls: usize = nulls.parse()?;
        assert!(
            nulls == 0 || holds_null(ours),
            "{sql} is {ours}, and NULL comes"
        );
        sqlx_is_wrong += usize::from(nulls > 0 && !holds_null(theirs));
        lines += 1;
    }
    assert_eq!(lines, COMPARED.len());
    // Why a second witness is asked: when sqlx alone is right, it can go.
    assert!(sqlx_is_wrong > 0);
    Ok(())
}
