//! `kstdb info`: the file, its settings, its tables, its migrations.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use kstdb_core::cipher::{FileReport, Sidecar, inspect};
use kstdb_core::{AssertSqlSafe, AsyncDatabase, DatabaseError, PooledConnection, Value};
use serde::Serialize;

use crate::error::CliError;
use crate::flags::{Info, Shared};
use crate::output::{Output, escape};
use crate::value::cell;
use crate::{open, schema};

/// What belongs to the database and not to the connection.
const SETTINGS: [&str; 8] = [
    "page_size",
    "page_count",
    "freelist_count",
    "encoding",
    "journal_mode",
    "auto_vacuum",
    "user_version",
    "application_id",
];

#[derive(Serialize)]
struct Report {
    file: File,
    encrypted: bool,
    cipher: Vec<String>,
    settings: BTreeMap<&'static str, Setting>,
    tables: Vec<Table>,
    migrations: Vec<Migration>,
}

#[derive(Serialize)]
struct File {
    path: PathBuf,
    size_bytes: u64,
    mode: Option<String>,
    hard_links: u64,
    sidecars: BTreeMap<&'static str, SidecarFile>,
}

#[derive(Serialize)]
struct SidecarFile {
    size_bytes: u64,
    mode: Option<String>,
}

/// SQLCipher answers some questions with text that SQLite answers with an integer.
#[derive(Serialize)]
#[serde(untagged)]
enum Setting {
    Number(i64),
    Word(String),
}

#[derive(Serialize)]
struct Table {
    name: String,
    rows: i64,
}

#[derive(Serialize)]
struct Migration {
    version: i64,
    description: String,
    installed_on: String,
}

impl Info {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        // Before the database is open: opening makes sidecars.
        let file = File::new(inspect(&self.database)?);
        let db = open::for_reading(shared, &self.database).await?;
        let report = open::closing(db, async |db| Report::of(file, db).await).await?;
        Ok(output.report(&report)?)
    }
}

impl Report {
    async fn of(file: File, db: &AsyncDatabase) -> Result<Self, CliError> {
        let mut connection = open::snapshot(db).await?;
        Ok(Self {
            file,
            encrypted: db.is_encrypted(),
            cipher: cipher(&mut connection, db.is_encrypted()).await?,
            settings: settings(&mut connection).await?,
            tables: tables(&mut connection).await?,
            migrations: migrations(&mut connection).await?,
        })
    }
}

impl File {
    fn new(report: FileReport) -> Self {
        let sidecars = [
            ("wal", report.sidecars.wal),
            ("shm", report.sidecars.shm),
            ("journal", report.sidecars.journal),
        ];
        let there = sidecars.into_iter().filter(|(_, sidecar)| sidecar.present);
        Self {
            path: report.path,
            size_bytes: report.size_bytes,
            mode: report.mode.map(octal),
            hard_links: report.hard_links,
            sidecars: there
                .map(|(name, sidecar)| (name, sidecar.into()))
                .collect(),
        }
    }
}

impl From<Sidecar> for SidecarFile {
    fn from(sidecar: Sidecar) -> Self {
        Self {
            size_bytes: sidecar.size_bytes,
            mode: sidecar.mode.map(octal),
        }
    }
}

impl From<String> for Setting {
    fn from(text: String) -> Self {
        match text.parse() {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Word(text),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => word.fmt(f),
        }
    }
}

/// Permission bits as `chmod` takes them.
pub(crate) fn octal(mode: u32) -> String {
    format!("{mode:04o}")
}

/// SQLCipher's settings, as the statements that would make them.
async fn cipher(
    connection: &mut PooledConnection,
    encrypted: bool,
) -> Result<Vec<String>, DatabaseError> {
    if !encrypted {
        return Ok(Vec::new());
    }
    let rows: Vec<(String,)> = connection.fetch_all("PRAGMA cipher_settings", ()).await?;
    Ok(rows.into_iter().map(|(setting,)| setting).collect())
}

async fn settings(
    connection: &mut PooledConnection,
) -> Result<BTreeMap<&'static str, Setting>, DatabaseError> {
    let mut settings = BTreeMap::new();
    for name in SETTINGS {
        let sql = AssertSqlSafe(format!("PRAGMA {name}"));
        let value: Value = connection.fetch_value(sql, ()).await?;
        settings.insert(name, cell(&value).into());
    }
    Ok(settings)
}

async fn tables(connection: &mut PooledConnection) -> Result<Vec<Table>, DatabaseError> {
    let mut tables = Vec::new();
    for table in schema::tables(connection).await? {
        let rows = table.count(connection).await?;
        tables.push(Table {
            name: table.name,
            rows,
        });
    }
    Ok(tables)
}

async fn migrations(connection: &mut PooledConnection) -> Result<Vec<Migration>, DatabaseError> {
    if !connection.table_exists("_sqlx_migrations").await? {
        return Ok(Vec::new());
    }
    let sql = "SELECT version, description, CAST(installed_on AS TEXT) FROM _sqlx_migrations ORDER BY version";
    let rows: Vec<(i64, String, String)> = connection.fetch_all(sql, ()).await?;
    let migration = |(version, description, installed_on)| Migration {
        version,
        description,
        installed_on,
    };
    Ok(rows.into_iter().map(migration).collect())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = escape(&self.file.path.to_string_lossy());
        section(f, &path, self.file.lines(self.encrypted))?;
        section(f, "cipher", self.cipher.iter().cloned())?;
        let setting = |(name, value): (&&str, &Setting)| format!("{name} = {value}");
        section(f, "settings", self.settings.iter().map(setting))?;
        let table = |table: &Table| format!("{}: {} row(s)", escape(&table.name), table.rows);
        section(f, "tables", self.tables.iter().map(table))?;
        let migration = |one: &Migration| {
            let description = escape(&one.description);
            format!("{} {description} ({})", one.version, one.installed_on)
        };
        section(f, "migrations", self.migrations.iter().map(migration))
    }
}

impl File {
    fn lines(&self, encrypted: bool) -> impl Iterator<Item = String> {
        let kind = if encrypted {
            "encrypted"
        } else {
            "not encrypted"
        };
        let links = match self.hard_links {
            1 => String::new(),
            names => format!(", {names} names"),
        };
        let itself = format!(
            "{kind}, {}{links}",
            size(self.size_bytes, self.mode.as_deref())
        );
        let sidecar = |(name, file): (&&str, &SidecarFile)| {
            format!("-{name}: {}", size(file.size_bytes, file.mode.as_deref()))
        };
        let sidecars: Vec<String> = self.sidecars.iter().map(sidecar).collect();
        std::iter::once(itself).chain(sidecars)
    }
}

fn size(bytes: u64, mode: Option<&str>) -> String {
    match mode {
        Some(mode) => format!("{bytes} bytes, mode {mode}"),
        None => format!("{bytes} bytes"),
    }
}

/// A heading with its lines; nothing at all without lines.
fn section(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    lines: impl Iterator<Item = String>,
) -> fmt::Result {
    let mut heading = Some(heading);
    for line in lines {
        if let Some(heading) = heading.take() {
            writeln!(f, "{heading}")?;
        }
        writeln!(f, "  {line}")?;
    }
    Ok(())
}
