//! The table: each case is opened and read, and the directory compared.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use kstdb_core::{DatabaseBuilder, DatabaseError};

use super::cases::{CONTENTS, Case, KEYS, NAMES, RIGHTS, locked};
use super::databases::mode;
use super::folder::{self, Folder};
use crate::support::{Files, TestResult, chain, is_child, refusal, unprivileged, until};

const NAME: &str = "file_states::table::every_state_has_its_error_and_changes_nothing";

/// Opens the database, reads all of it, and closes it.
async fn open_and_read(builder: DatabaseBuilder) -> Result<(), DatabaseError> {
    let db = builder.min_connections(0).connect().await?;
    let read = db
        .fetch_value::<i64>("SELECT sum(length(v)) FROM t", ())
        .await;
    db.close().await?;
    read.map(drop)
}

/// The variants of an error, from the outside in: `Encryption::WrongKey`.
fn variants(error: &DatabaseError) -> String {
    let debug = format!("{error:?}");
    let end = debug.find([' ', '{', '"']).unwrap_or(debug.len());
    let mut names: Vec<_> = debug[..end]
        .split(['(', ')'])
        .filter(|name| !name.is_empty())
        .collect();
    // The innermost name is that of a struct of the driver.
    names.retain(|name| !matches!(*name, "SqliteError"));
    // A source names its own cause inside of its braces.
    names.join("::")
}

fn questions(error: &DatabaseError) -> Vec<&'static str> {
    [
        ("wrong_key", error.is_wrong_key()),
        ("corrupt", error.is_corrupt()),
        ("busy", error.is_busy()),
        ("full", error.is_full()),
        ("io", error.is_io()),
        ("retryable", error.is_retryable()),
        ("timeout", error.is_timeout()),
        ("closed", error.is_closed()),
    ]
    .into_iter()
    .filter_map(|(question, yes)| yes.then_some(question))
    .collect()
}

/// One line of the table.
fn line(name: &str, error: &DatabaseError, directory: &Path, before: &Folder) -> String {
    let hash = before.get("app.db").and_then(|entry| entry.sha256);
    let hash = hash.map_or_else(
        || "-".to_owned(),
        |hash| {
            hash[..4].iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })
        },
    );
    let message = chain(error).replace(&format!("{}/", directory.display()), "");
    let asked = questions(error).join(", ");
    format!(
        "| {name} | {} | {asked} | {hash} | {message} |",
        variants(error)
    )
}

async fn check(case: &Case) -> TestResult<String> {
    let files = Files::new()?;
    (case.prepare)(files.dir())?;
    let before = folder::look(files.dir())?;
    let error = refusal(open_and_read((case.open)(files.dir())).await)
        .map_err(|open| format!("{}: {open}", case.name))?;
    // A connection that met a damaged page is closed by its own thread.
    until("every file is closed", || {
        files.open_descriptors().is_ok_and(|open| open.is_empty())
    })
    .await?;
    let after = folder::look(files.dir())?;
    let expected = case.error.split(" or ").any(|one| one == variants(&error));
    if !expected || questions(&error) != case.yes || after != before {
        let asked = questions(&error);
        let unchanged = after == before;
        return Err(format!(
            "{}: {error:?}, {asked:?}, unchanged: {unchanged}",
            case.name
        )
        .into());
    }
    let line = line(case.name, &error, files.dir(), &before);
    mode(files.dir(), 0o700)?;
    Ok(line)
}

/// What another program holds is not an error of the file, and can pass.
async fn check_locked() -> TestResult<String> {
    let files = Files::new()?;
    let program = locked(files.dir())?;
    let before = folder::look(files.dir())?;
    let builder = files.builder().max_attempts(1);
    let error = refusal(open_and_read(builder.busy_timeout(Duration::ZERO)).await)?;
    assert_eq!(questions(&error), ["busy", "retryable"], "{error:?}");
    assert_eq!(folder::look(files.dir())?, before);
    let line = line("locked by a program", &error, files.dir(), &before);
    drop(program);
    Ok(line)
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the table is to be read")]
async fn every_state_has_its_error_and_changes_nothing() -> TestResult {
    if !is_child(NAME) {
        let output = unprivileged(NAME)?.output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && stdout.contains("1 passed"),
            "{stdout}{stderr}"
        );
        let table: Vec<_> = stdout
            .lines()
            .filter(|line| line.starts_with('|'))
            .collect();
        println!("{}", table.join("\n"));
        return Ok(());
    }
    println!("| state | error | yes to | SHA-256, before and after | message |");
    println!("|---|---|---|---|---|");
    let mut failed = Vec::new();
    for case in [KEYS, CONTENTS, NAMES, RIGHTS].into_iter().flatten() {
        match check(case).await {
            Ok(line) => println!("{line}"),
            Err(error) => failed.push(error.to_string()),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    println!("{}", check_locked().await?);
    Ok(())
}
