//! Defects 31 to 36: settings and SOPS.

use std::path::PathBuf;
use std::time::Duration;

use kstdb_core::cipher::{JsonKind, KeySourceError, SopsError};
use kstdb_core::config::Loader;
use kstdb_core::{AsyncDatabase, DatabaseBuilder, DbConfig, cascade};

use crate::support::{FakeSops, Files, TestResult, chain, child, is_child, refusal};

/// The cascade with one file, and nothing of the machine.
fn settings(files: &Files, name: &str, text: &str) -> std::io::Result<Loader> {
    let path = files.path(name);
    std::fs::write(&path, text)?;
    let nothing: [(String, String); 0] = [];
    Ok(cascade().without_files().env(nothing).file(path))
}

fn bare(files: &Files) -> DatabaseBuilder {
    AsyncDatabase::builder(files.db()).config(DbConfig::default())
}

#[tokio::test]
async fn defect_31_what_the_program_says_wins_even_if_it_is_the_default() -> TestResult {
    let files = Files::new()?;
    let text = "db: {pool: {min_size: 4, max_size: 50, acquire_timeout: 5.0}, \
                retry: {max_attempts: 9, delay: 3.0}}";
    let config = settings(&files, "kstdb.conf.yml", text)?.load()?;
    let unsaid = AsyncDatabase::builder(files.db()).config(config.clone());
    let pool = unsaid.connect_pool().await?;
    assert_eq!((pool.limits().max_connections, pool.size()), (50, 4));
    pool.close().await?;
    let said = AsyncDatabase::builder(files.db())
        .config(config)
        .min_connections(1)
        .max_connections(10)
        .acquire_timeout(Duration::from_secs(30))
        .max_attempts(3)
        .retry_delay(Duration::from_millis(500));
    let pool = said.connect_pool().await?;
    let limits = pool.limits();
    assert_eq!((limits.min_connections, limits.max_connections), (1, 10));
    assert_eq!(limits.acquire_timeout, Duration::from_secs(30));
    assert_eq!(limits.max_attempts, 3);
    assert_eq!(limits.retry_delay, Duration::from_millis(500));
    pool.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_32_the_limits_in_use_can_be_seen() -> TestResult {
    let files = Files::new()?;
    let builder = files.builder().min_connections(0).max_connections(1_000);
    let builder = builder.acquire_timeout(Duration::ZERO);
    let pool = builder.connect_pool().await?;
    assert_eq!(pool.limits().max_connections, 100);
    assert_eq!(pool.limits().acquire_timeout, Duration::from_secs(1));
    pool.close().await?;
    let wrong_type = settings(&files, "kstdb.conf.yml", "db: {pool: {max_size: five}}")?;
    let error = chain(&refusal(wrong_type.load())?);
    assert!(error.contains("db.pool.max_size"), "{error}");
    Ok(())
}

#[test]
fn defect_33_wrong_settings_are_errors_with_file_and_key() -> TestResult {
    let files = Files::new()?;
    for (text, expected) in [
        ("- a\n- b\n", "kstdb.conf.yml"),
        ("db: {pool: {max_sise: 5}}", "max_sise"),
        ("db: {pool: {max_size: 5, max_size: 6}}", "max_size"),
        ("db: 5", "db"),
        ("db: {pool: {acquire_timeout: .nan}}", "acquire_timeout"),
    ] {
        let error = refusal(settings(&files, "kstdb.conf.yml", text)?.load())?;
        let said = chain(&error);
        assert!(said.contains(expected), "{text}: {said}");
    }
    // Two files that include a third are no circle.
    std::fs::write(files.path("third.yml"), "db: {pool: {max_size: 7}}")?;
    std::fs::write(files.path("first.yml"), "include: third.yml")?;
    std::fs::write(files.path("second.yml"), "include: third.yml")?;
    let diamond = settings(&files, "kstdb.conf.yml", "include: [first.yml, second.yml]")?;
    assert_eq!(diamond.load()?.pool.max_size, 7);
    Ok(())
}

#[test]
fn defect_34_settings_that_cannot_be_decrypted_are_never_used_raw() -> TestResult {
    let name = "defects::config::settings_from_a_sops_file";
    let working = FakeSops::printing(r#"{"db": {"pool": {"max_size": 7}}}"#)?;
    let failing = FakeSops::new("exit 128")?;
    let empty = Files::new()?;
    for (path, expected) in [
        (working.dir(), "max_size 7"),
        (failing.dir(), "refused"),
        (empty.dir().to_owned(), "refused"),
    ] {
        let system = ["/bin", "/usr/bin"].map(PathBuf::from);
        let programs = std::env::join_paths([path].into_iter().chain(system))?;
        let output = child(name)?.env("PATH", programs).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(expected), "{expected}: {text}");
    }
    // The mark of SOPS in a file that does not call itself encrypted.
    let raw = "db: {cipher: {key_env: 'ENC[AES256_GCM,data:AA==,type:str]'}}";
    refusal(settings(&empty, "kstdb.conf.yml", raw)?.load())?;
    Ok(())
}

#[test]
#[expect(clippy::print_stdout, reason = "the parent reads the output")]
fn settings_from_a_sops_file() -> TestResult {
    if !is_child("defects::config::settings_from_a_sops_file") {
        return Ok(());
    }
    let files = Files::new()?;
    // For a PGP key, so that it takes the program.
    let raw = "db: {pool: {max_size: 'ENC[AES256_GCM,data:AA==,type:int]'}}\n\
         sops: {pgp: [{}], mac: x, lastmodified: '2026-11-22T08:42:04Z', version: 3.11.0}\n";
    match settings(&files, "kstdb.conf.sops.yml", raw)?.load() {
        Ok(config) => println!("max_size {}", config.pool.max_size),
        Err(error) => println!("refused {}", chain(&error)),
    }
    Ok(())
}

#[cfg(feature = "sqlcipher")]
#[tokio::test]
async fn defect_35_sops_runs_once_and_blocks_no_task() -> TestResult {
    use std::process::Command;

    use crate::support::LIMIT;

    let sops = FakeSops::new(
        "dir=$(dirname \"$0\")\necho run >> \"$dir/runs\"\ncat \"$dir/gate\" > /dev/null\n\
         echo '{\"db_key\": \"sesame\"}'",
    )?;
    let gate = sops.dir().join("gate");
    let made = Command::new("mkfifo").arg(&gate).status()?;
    assert!(made.success());
    let files = Files::new()?;
    let source = sops.source().timeout(LIMIT);
    let db = bare(&files).key_sops(source).min_connections(3).build();
    // The program waits for this task, on a runtime of one thread: who blocks it waits for ever.
    let opener = async { tokio::task::spawn_blocking(|| std::fs::write(gate, "go")).await };
    let (opened, again, gone) = tokio::join!(db.connect(), db.connect(), opener);
    opened?;
    again?;
    gone??;
    assert!(db.is_encrypted());
    assert_eq!(sops.runs(), 1);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_36_only_text_becomes_a_key() -> TestResult {
    let files = Files::new()?;
    let sops = FakeSops::printing(r#"{"number": 12345, "yes": true, "map": {"a": 1}}"#)?;
    for (key, kind) in [
        ("number", JsonKind::Number),
        ("yes", JsonKind::Boolean),
        ("map", JsonKind::Map),
    ] {
        let builder = bare(&files).key_sops(sops.source().key(key));
        let error = refusal(builder.connect().await)?;
        let source = std::error::Error::source(&error)
            .and_then(std::error::Error::source)
            .and_then(|source| source.downcast_ref::<KeySourceError>());
        let refused = matches!(
            source,
            Some(KeySourceError::Sops(SopsError::NotAString { found, .. })) if *found == kind
        );
        assert!(refused, "{}", chain(&error));
        assert!(!files.db().exists());
    }
    Ok(())
}
