//! Defects 1 to 7: secrecy.

use std::time::Instant;

use kstdb_core::cipher::UnlockOptions;
use kstdb_core::{
    AsyncDatabase, DatabaseBuilder, DatabaseError, DbConfig, EncryptionError, StatementError,
    connect, sqlx,
};

use crate::support::{Files, LIMIT, TestResult, child, in_a_child, is_child, raw_key, refusal};

/// No key, and no settings of the machine.
fn bare(files: &Files) -> DatabaseBuilder {
    AsyncDatabase::builder(files.db()).config(DbConfig::default())
}

#[tokio::test]
async fn defect_01_a_closed_database_never_opens_again_without_its_key() -> TestResult {
    let files = Files::new()?;
    let never_opened = files.builder().build();
    never_opened.close().await?;
    let error = refusal(never_opened.execute("CREATE TABLE t (n)", ()).await)?;
    assert!(error.is_closed());
    assert!(!files.db().exists());

    let db = files.open().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.close().await?;
    let closed = std::fs::read(files.db())?;
    assert!(refusal(db.execute("CREATE TABLE u (n)", ()).await)?.is_closed());
    assert!(refusal(db.connect().await)?.is_closed());
    assert!(refusal(db.connection().await)?.is_closed());
    assert!(refusal(db.begin().await)?.is_closed());
    assert!(std::fs::read(files.db())? == closed, "the file has changed");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn defect_02_an_empty_key_is_an_error_and_never_plaintext() -> TestResult {
    let files = Files::new()?;
    let sops = crate::support::FakeSops::printing(r#"{"db_key": ""}"#)?;
    for builder in [
        bare(&files).passphrase(""),
        bare(&files).key_env(""),
        bare(&files).key_env("KSTDB_CORE_TEST_NEVER_SET"),
        bare(&files).key_sops(sops.source()),
        bare(&files).key_sops(sops.source().key("")),
    ] {
        let db = builder.build();
        assert!(db.is_encrypted());
        let error = refusal(db.execute("CREATE TABLE t (n)", ()).await)?;
        let refused = matches!(
            &error,
            DatabaseError::Encryption(EncryptionError::Source(_))
        );
        assert!(refused, "{error:?}");
        assert!(!files.db().exists());
    }
    Ok(())
}

#[test]
fn defect_03_cipher_enabled_in_the_settings_really_encrypts() -> TestResult {
    let name = "defects::secrecy::opened_with_the_settings_of_the_directory";
    let files = Files::new()?;
    let settings = "db: {cipher: {enabled: true, key_source: env}}\n";
    std::fs::write(files.path("kstlib.conf.yml"), settings)?;
    let run = |key: Option<&str>| -> TestResult<String> {
        let mut command = child(name)?;
        command
            .env_remove("KSTDB_CONFIG")
            .env_remove("KSTLIB_DB_KEY")
            .env("HOME", files.dir())
            .env("XDG_CONFIG_HOME", files.dir())
            .env("XDG_CONFIG_DIRS", files.dir())
            .current_dir(files.dir());
        if let Some(key) = key {
            command.env("KSTLIB_DB_KEY", key);
        }
        Ok(String::from_utf8(command.output()?.stdout)?)
    };
    let output = run(None)?;
    assert!(output.contains("refused VariableNotSet"), "{output}");
    assert!(!files.db().exists());
    let output = run(Some("sesame"))?;
    assert!(output.contains("encrypted true"), "{output}");
    assert!(!std::fs::read(files.db())?.starts_with(b"SQLite format 3"));
    Ok(())
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the parent reads the output")]
async fn opened_with_the_settings_of_the_directory() -> TestResult {
    if !is_child("defects::secrecy::opened_with_the_settings_of_the_directory") {
        return Ok(());
    }
    match AsyncDatabase::builder("app.db").connect().await {
        Ok(db) => {
            db.execute("CREATE TABLE t (n)", ()).await?;
            println!("encrypted {}", db.is_encrypted());
            db.close().await?;
        }
        Err(DatabaseError::Encryption(EncryptionError::Source(error))) => {
            println!("refused {error:?}");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn defect_04_the_key_is_nowhere_in_memory_after_close() -> TestResult {
    use crate::support::memory;

    let name = "defects::secrecy::defect_04_the_key_is_nowhere_in_memory_after_close";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    let db = bare(&files)
        .key(memory::key())
        .min_connections(3)
        .connect()
        .await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    // The control: as long as the pool may open connections there is a copy.
    assert!(memory::copies()? > 0);
    db.close().await?;
    assert_eq!(memory::copies()?, 0);
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn defect_04_neither_key_of_a_rekey_is_in_memory_after_close() -> TestResult {
    use crate::support::memory;

    let name = "defects::secrecy::defect_04_neither_key_of_a_rekey_is_in_memory_after_close";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    let db = bare(&files).key(memory::key()).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    // The key goes, and is gone.
    db.rekey(raw_key(1)).await?;
    assert_eq!(memory::copies()?, 0);
    // It comes again, and goes with the pool.
    db.rekey(memory::key()).await?;
    assert!(memory::copies()? > 0);
    db.close().await?;
    assert_eq!(memory::copies()?, 0);
    Ok(())
}

#[tokio::test]
async fn defect_05_neither_keys_nor_values_are_logged() -> TestResult {
    let name = "defects::secrecy::defect_05_neither_keys_nor_values_are_logged";
    if is_child(name) {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(std::io::stderr)
            .init();
        let files = Files::new()?;
        let db = files.open().await?;
        db.execute("CREATE TABLE t (v)", ()).await?;
        db.execute("INSERT INTO t VALUES (?)", ("canary-0451",))
            .await?;
        db.execute("INSERT INTO t VALUES ('canary-0451')", ())
            .await?;
        refusal(db.execute("PRAGMA rekey = 'canary-0451'", ()).await)?;
        sqlx::query("INSERT INTO t VALUES ('canary-0451')")
            .execute(&db)
            .await?;
        db.close().await?;
        return Ok(());
    }
    let output = child(name)?.output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && log.contains("database connected"));
    assert!(!log.contains("canary-0451"), "{log}");
    Ok(())
}

#[tokio::test]
async fn defect_06_a_wrong_key_is_the_same_error_on_every_way() -> TestResult {
    let files = Files::new()?;
    files.open().await?.close().await?;
    let wrong = || bare(&files).key(raw_key(1));
    let start = Instant::now();
    let mut errors = vec![
        refusal(wrong().connect().await)?,
        refusal(wrong().min_connections(0).connect().await)?,
        refusal(wrong().connect_pool().await)?,
        refusal(wrong().build().execute("SELECT 1", ()).await)?,
        refusal(wrong().build().begin().await)?,
    ];
    let connected = connect(files.db(), &raw_key(1), &UnlockOptions::new()).await;
    errors.push(refusal(connected)?.into());
    for error in errors {
        assert!(error.is_wrong_key(), "{error:?}");
    }
    assert!(start.elapsed() < LIMIT, "it was tried again");

    let error = refusal(bare(&files).connect().await)?;
    let no_key = matches!(
        error,
        DatabaseError::Encryption(EncryptionError::NoKey { .. })
    );
    assert!(no_key);
    std::fs::remove_file(files.db())?;
    let db = bare(&files).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.close().await?;
    let error = refusal(wrong().connect().await)?;
    let plaintext = matches!(
        error,
        DatabaseError::Encryption(EncryptionError::PlaintextFile { .. })
    );
    assert!(plaintext);
    Ok(())
}

#[tokio::test]
async fn defect_07_a_rekey_that_would_split_the_pool_is_refused() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().min_connections(2).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    for sql in ["PRAGMA rekey = 'new'", "PRAGMA hexrekey = '00'"] {
        let error = refusal(db.execute(sql, ()).await)?;
        let refused = matches!(
            &error,
            DatabaseError::Statement(StatementError::Refused { .. })
        );
        assert!(refused, "{error:?}");
    }
    let mut connections = [db.connection().await?, db.connection().await?];
    for connection in &mut connections {
        assert!(connection.table_exists("t").await?);
    }
    drop(connections);
    db.close().await?;
    files.open().await?.close().await?;
    Ok(())
}
