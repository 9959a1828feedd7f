//! `cargo xtask interop`: Python's kstlib reads what kstdb writes, row by row.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use xshell::{Shell, cmd};

use crate::cargo::Cargo;
use crate::flags;
use crate::sqlcipher::Provider;
use crate::workspace::{self, Workspace};

/// kstlib with the driver and the SQLCipher (4.12) that it was measured with.
const PACKAGES: [&str; 3] = [
    "kstlib==3.8.2",
    "aiosqlite==0.22.1",
    "sqlcipher3-wheels==0.5.7",
];

/// The variable that hands the passphrase to both programs.
const KEY_VARIABLE: &str = "KSTDB_INTEROP_KEY";

/// A passphrase with quotes, a blank and a letter outside ASCII.
const PASSPHRASE: &str = "it's \"100 %\" caf\u{e9}";

/// The variable with the passphrase that takes the place of the first.
const NEW_KEY_VARIABLE: &str = "KSTDB_INTEROP_NEW_KEY";
const NEW_PASSPHRASE: &str = "another one";

/// Every storage class with its extremes.
const STATEMENTS: [&str; 2] = [
    "CREATE TABLE storage_classes (id INTEGER PRIMARY KEY, value)",
    "INSERT INTO storage_classes (value) VALUES (NULL), (0), (-9223372036854775808), (9223372036854775807), \
     (0.1), (-0.0), (1e308), (9e999), (''), ('it''s caf\u{e9}'), (x''), (x'00ff')",
];

impl flags::Interop {
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        let python = self.python.map_or_else(|| python(sh), Ok)?;
        let kstdb = Cargo::linked(sh, provider)?.kstdb(sh)?;
        let temp = sh.create_temp_dir()?;
        let database = temp.path().join("interop.db");
        let _key = sh.push_env(KEY_VARIABLE, PASSPHRASE);
        let _new_key = sh.push_env(NEW_KEY_VARIABLE, NEW_PASSPHRASE);
        let read = |what: &str, key: &str| -> anyhow::Result<()> {
            let script = workspace::root().join("kstdb-core/tests/interop/read_with_kstlib.py");
            let ours = cmd!(sh, "{kstdb} --key-env {key} dump {database} --json").read()?;
            let theirs = cmd!(sh, "{python} {script} {database} --env {key}").read()?;
            let tables = compare(&ours, &theirs).with_context(|| format!("after {what}"))?;
            eprintln!("kstlib reads what kstdb {what}: {tables} tables, no difference");
            Ok(())
        };
        write(sh, &kstdb, &database)?;
        read("wrote", KEY_VARIABLE)?;
        cmd!(
            sh,
            "{kstdb} --key-env {KEY_VARIABLE} rekey {database} --new-key-env {NEW_KEY_VARIABLE}"
        )
        .run()?;
        read("rekeyed", NEW_KEY_VARIABLE)?;
        cmd!(
            sh,
            "{kstdb} --key-env {NEW_KEY_VARIABLE} decrypt {database} --yes"
        )
        .run()?;
        cmd!(sh, "{kstdb} --key-env {KEY_VARIABLE} encrypt {database}").run()?;
        read("encrypted", KEY_VARIABLE)?;
        restore(sh, &kstdb, &database)?;
        read("restored", KEY_VARIABLE)
    }
}

fn write(sh: &Shell, kstdb: &Path, database: &Path) -> anyhow::Result<()> {
    let migrations = workspace::root().join("migrations");
    cmd!(
        sh,
        "{kstdb} --key-env {KEY_VARIABLE} migrate {database} --source {migrations}"
    )
    .run()?;
    for sql in STATEMENTS {
        cmd!(sh, "{kstdb} --key-env {KEY_VARIABLE} exec {database} {sql}").run()?;
    }
    Ok(())
}

/// Backs the database up, drops a table, and restores it.
fn restore(sh: &Shell, kstdb: &Path, database: &Path) -> anyhow::Result<()> {
    let backup = database.with_file_name("backup.db");
    let key = ["--key-env", KEY_VARIABLE];
    let drop = "DROP TABLE storage_classes";
    cmd!(sh, "{kstdb} {key...} backup {database} {backup}").run()?;
    cmd!(sh, "{kstdb} {key...} exec {database} {drop}").run()?;
    cmd!(sh, "{kstdb} {key...} restore {backup} {database}").run()?;
    Ok(())
}

/// A Python with [`PACKAGES`], in a virtual environment below `<target>/interop`.
///
/// # Errors
///
/// - there is no `python3` with the modules venv and pip
/// - the packages cannot be installed: no network, or no wheel for this machine
pub(crate) fn python(sh: &Shell) -> anyhow::Result<PathBuf> {
    let home = Workspace::load(sh)?.target_dir.join("interop");
    let python = home.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let ready = home.join("ready.txt");
    let packages = PACKAGES.join(" ");
    if sh
        .read_file(&ready)
        .is_ok_and(|installed| installed == packages)
    {
        return Ok(python);
    }
    eprintln!("installing {packages}");
    let venv = cmd!(sh, "python3 -m venv --clear {home}")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run();
    venv.ok()
        .context("no python3 with venv and pip (Debian, Ubuntu: `apt install python3-venv`)")?;
    let pip = cmd!(
        sh,
        "{python} -m pip install --quiet --disable-pip-version-check {PACKAGES...}"
    );
    pip.quiet()
        .ignore_stderr()
        .run()
        .ok()
        .context("pip cannot install kstlib: no network?")?;
    sh.write_file(&ready, &packages)?;
    Ok(python)
}

/// Compares the `tables` of both dumps and says how many there are.
fn compare(ours: &str, theirs: &str) -> anyhow::Result<usize> {
    let ours = tables(ours).context("the dump of kstdb has no `tables`")?;
    let theirs = tables(theirs).context("the dump of kstlib has no `tables`")?;
    let names = |tables: &serde_json::Map<String, Value>| {
        tables.keys().cloned().collect::<Vec<_>>().join(", ")
    };
    ensure!(
        ours.keys().eq(theirs.keys()),
        "kstdb has the tables {}, kstlib {}",
        names(&ours),
        names(&theirs)
    );
    for (name, table) in &ours {
        if let Some((place, ours, theirs)) = difference(table, &theirs[name], name.clone()) {
            bail!("{place}: kstdb says {ours}, kstlib says {theirs}");
        }
    }
    Ok(ours.len())
}

fn tables(dump: &str) -> Option<serde_json::Map<String, Value>> {
    let dump: Value = serde_json::from_str(dump).ok()?;
    dump["tables"].as_object().cloned()
}

/// The first place where two values differ, with what stands there on each side.
fn difference<'a>(
    ours: &'a Value,
    theirs: &'a Value,
    place: String,
) -> Option<(String, &'a Value, &'a Value)> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .find_map(|(name, value)| difference(value, &b[name], format!("{place}.{name}"))),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(index, (a, b))| difference(a, b, format!("{place}[{index}]")))
        }
        _ => (ours != theirs).then_some((place, ours, theirs)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str =
        r#"{"tables": {"t": {"columns": ["a"], "rows": [[["integer", "1"]], [["null"]]]}}}"#;

    fn refusal(theirs: &str) -> String {
        compare(DUMP, theirs)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn equal_dumps_are_counted() -> anyhow::Result<()> {
        assert_eq!(compare(DUMP, DUMP)?, 1);
        Ok(())
    }

    #[test]
    fn difference_is_named_by_its_place() {
        let theirs = DUMP.replace(r#""1""#, r#""2""#);
        assert_eq!(
            refusal(&theirs),
            r#"t.rows[0][0][1]: kstdb says "1", kstlib says "2""#
        );
    }

    #[test]
    fn missing_row_and_missing_table_are_differences() {
        assert!(refusal(&DUMP.replace(r#", [["null"]]"#, "")).starts_with("t.rows: "));
        assert_eq!(
            refusal(r#"{"tables": {}}"#),
            "kstdb has the tables t, kstlib "
        );
    }

    #[test]
    fn dump_without_tables_is_refused() {
        assert_eq!(refusal("{}"), "the dump of kstlib has no `tables`");
        assert_eq!(refusal("Traceback"), "the dump of kstlib has no `tables`");
    }
}
