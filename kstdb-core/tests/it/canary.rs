//! No secret in any output: logs of every crate at TRACE, `Debug`, error chains, standard error.
#![cfg(unix)]

use std::sync::Arc;

use kstdb_core::cipher::{KeySourceError, UnlockOptions};
use kstdb_core::maintenance::{
    BackupOptions, MaintenanceOptions, RekeyOptions, VerifyOptions, decrypt, encrypt, restore,
    upgrade, verify,
};
use kstdb_core::sqlx::{self, Connection as _};
use kstdb_core::{
    AsyncDatabase, CipherKey, DatabaseBuilder, DatabaseError, DbConfig, KeyRequest, KeySource,
    KeyringSource, NamedParams, Params, RowStream, connect,
};

use crate::support::{FakeSops, Files, TestResult, chain, child, is_child};

const CHILD: &str = "canary::everything_that_a_secret_passes";
const VARIABLE: &str = "KSTDB_CORE_TEST_CANARY";
const PASSPHRASE: &str = "canary-passphrase-0451";
const FROM_ENV: &str = "canary-environment-0451";
const FROM_SOPS: &str = "canary-sops-0451";
const FROM_FILE: &str = "canary-file-0451";
const FROM_CREDENTIAL: &str = "canary-credential-0451";
const BOUND: &str = "canary-bound-0451";
const RAW_BYTE: &str = "c7";

/// Prints what the parent searches.
#[expect(clippy::print_stdout, reason = "the parent searches the output")]
fn show(what: &dyn std::fmt::Debug) {
    println!("{what:?} {what:#?}");
}

fn show_error(error: &(dyn std::error::Error + 'static)) {
    show(&error);
    show(&chain(error));
}

/// A source of the application's own.
#[derive(Debug)]
struct Vault;

impl KeySource for Vault {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        CipherKey::passphrase(PASSPHRASE).map_err(|source| KeySourceError::Key {
            origin: self.describe(),
            source,
        })
    }

    fn describe(&self) -> String {
        "the vault".to_owned()
    }
}

fn builders(path: &std::path::Path, sops: &FakeSops) -> TestResult<Vec<DatabaseBuilder>> {
    let plain = || AsyncDatabase::builder(path).config(DbConfig::default());
    let mut settings = DbConfig::default();
    settings.cipher.enabled = true;
    settings.cipher.key_env = VARIABLE.to_owned();
    Ok(vec![
        plain().passphrase(PASSPHRASE),
        plain().passphrase(format!("x'{}'", RAW_BYTE.repeat(32))),
        plain().key(CipherKey::passphrase(PASSPHRASE)?),
        plain().key_source(Vault),
        plain().key_env(VARIABLE),
        plain().key_sops(sops.source()),
        plain().key_file(sops.dir().join("key")),
        plain().key_credential("key"),
        plain().key_keyring(KeyringSource::new("app", "db_key")),
        AsyncDatabase::builder(path).config(settings),
    ])
}

/// Everything that a program does with an open database, with a secret value bound.
async fn use_it(db: &AsyncDatabase) -> Result<(), DatabaseError> {
    db.execute("CREATE TABLE t (a UNIQUE)", ()).await?;
    db.execute("INSERT INTO t VALUES (?)", (BOUND,)).await?;
    if let Err(error) = db.execute("INSERT INTO t VALUES (?)", (BOUND,)).await {
        show_error(&error);
    }
    if let Err(error) = db.fetch_one::<(i64,)>("SELECT a FROM t", ()).await {
        show_error(&error);
    }
    let params = NamedParams::new().with("a", BOUND);
    show(&params);
    show(&params.into_params().map_err(DatabaseError::from)?);
    let stream: RowStream<'_, (String,)> = db.fetch("SELECT a FROM t", ());
    show(&stream);
    drop(stream);
    if let Err(error) = db.execute("PRAGMA rekey = 'canary-rekey-0451'", ()).await {
        show_error(&error);
    }
    if let Err(error) = db.execute("SELEC 'canary-literal-0451'", ()).await {
        show_error(&error);
    }
    if let Err(error) = sqlx::query("INSERT INTO t VALUES (?)")
        .bind(BOUND)
        .execute(db)
        .await
    {
        show_error(&error);
    }
    let mut connection = db.connection().await?;
    show(&connection);
    let mut transaction = connection.begin().await?;
    show(&transaction);
    transaction.execute("DELETE FROM t", ()).await?;
    transaction.rollback().await?;
    drop(connection);
    show(db);
    show(db.pool().await?);
    show(&(db.stats(), db.pool().await?.limits()));
    Ok(())
}

/// Writes the file `key`, for its owner alone.
fn private(directory: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    let path = directory.join("key");
    std::fs::write(&path, text)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

/// Changes the key, with what goes wrong, there and back by a copy.
async fn rekey(db: &AsyncDatabase) -> TestResult {
    let key = || CipherKey::passphrase("canary-new-0451");
    let options = RekeyOptions::new();
    show(&options);
    db.rekey_with(key()?, &options).await?;
    if let Err(error) = db.rekey(key()?).await {
        show_error(&error);
    }
    Ok(())
}

/// Verifies, backs up and restores a file, under its key and another, with what goes wrong.
async fn copy(path: &std::path::Path) -> TestResult {
    let (backup, restored) = (
        path.with_extension("backup"),
        path.with_extension("restored"),
    );
    let key = |text: &str| CipherKey::passphrase(text).map(Arc::new);
    let options = BackupOptions::new().key(key("canary-backup-0451")?);
    let (to_restore, to_verify) = (MaintenanceOptions::new(), VerifyOptions::new());
    show(&(&options, &to_verify));
    let db = AsyncDatabase::builder(path)
        .config(DbConfig::default())
        .passphrase(PASSPHRASE);
    let db = db.connect().await?;
    show(&db.verify().await?);
    for _ in 0..2 {
        match db.backup_with(&backup, &options).await {
            Ok(made) => show(&made),
            Err(error) => show_error(&error),
        }
    }
    db.close().await?;
    for text in ["canary-backup-0451", PASSPHRASE] {
        let key = || TestResult::Ok(Some(key(text)?));
        match verify(&backup, key()?, &to_verify).await {
            Ok(report) => show(&report),
            Err(error) => show_error(&error),
        }
        match restore(&backup, &restored, key()?, &to_restore).await {
            Ok(restored) => show(&restored),
            Err(error) => show_error(&error),
        }
        if let Err(error) = upgrade(&backup, key()?.ok_or("no key")?, &to_restore).await {
            show_error(&error);
        }
    }
    Ok(())
}

/// Takes the encryption off a file and puts it on again, with what goes wrong.
async fn swap(path: &std::path::Path) -> TestResult {
    let key = || CipherKey::passphrase(PASSPHRASE);
    let options = MaintenanceOptions::new();
    show(&options);
    for _ in 0..2 {
        if let Err(error) = decrypt(path, key()?, &options).await {
            show_error(&error);
        }
    }
    for _ in 0..2 {
        if let Err(error) = encrypt(path, key()?, &options).await {
            show_error(&error);
        }
    }
    Ok(())
}

#[tokio::test]
async fn everything_that_a_secret_passes() -> TestResult {
    if !is_child(CHILD) {
        return Ok(());
    }
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::io::stderr)
        .init();
    let files = Files::new()?;
    let sops = FakeSops::new(&format!(
        "echo '{{\"db_key\": \"{FROM_SOPS}\", \"n\": [\"{FROM_SOPS}\"]}}'; echo {FROM_SOPS} >&2"
    ))?;
    private(&sops.dir(), FROM_FILE)?;
    let count = builders(&files.db(), &sops)?.len();
    for number in 0..count {
        let path = files.path(&format!("{number}.db"));
        let builder = builders(&path, &sops)?.swap_remove(number);
        show(&builder);
        let db = match builder.connect().await {
            Ok(db) => db,
            // There is no keyring in a test.
            Err(error) => {
                show_error(&error);
                continue;
            }
        };
        use_it(&db).await?;
        rekey(&db).await?;
        db.close().await?;
        show(&db);
        if let Err(error) = db.execute("SELECT 1", ()).await {
            show_error(&error);
        }
        // Another database's key, a directory, and a file that is no database.
        let other = files.path(&format!("{}.db", (number + count - 1) % count));
        for path in [other.as_path(), files.dir(), &sops.dir().join("sops")] {
            let builder = builders(path, &sops)?.swap_remove(number);
            if let Err(error) = builder.create_if_missing(false).connect().await {
                show_error(&error);
            }
        }
    }
    let key = CipherKey::passphrase(PASSPHRASE)?;
    let options = UnlockOptions::new().create_if_missing(true);
    let mut connection = connect(files.path("one.db"), &key, &options).await?;
    sqlx::query("CREATE TABLE logged_by_sqlx (a)")
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    copy(&files.path("one.db")).await?;
    swap(&files.path("one.db")).await?;
    show(&KeyRequest::new().passphrase(PASSPHRASE).sops(sops.source()));
    let not_text = builders(&files.path("n.db"), &sops)?
        .swap_remove(0)
        .config(DbConfig::default());
    show(&not_text);
    let list = AsyncDatabase::builder(files.path("n.db"))
        .config(DbConfig::default())
        .key_sops(sops.source().key("n"));
    if let Err(error) = list.connect().await {
        show_error(&error);
    }
    Ok(())
}

#[test]
fn no_secret_is_in_any_output() -> TestResult {
    let credentials = Files::new()?;
    private(credentials.dir(), FROM_CREDENTIAL)?;
    let output = child(CHILD)?
        .env(VARIABLE, FROM_ENV)
        .env("CREDENTIALS_DIRECTORY", credentials.dir())
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}{stderr}"
    );
    // The log is there, down to the statements that sqlx logs for a connection of its own.
    for expected in [
        "key resolved",
        "the key file",
        "the credential",
        "database connected",
        "the key of the database was changed",
        "CREATE TABLE logged_by_sqlx (a)",
    ] {
        assert!(stderr.contains(expected), "{expected}: {stderr}");
    }
    for expected in [
        "AsyncDatabase {",
        "Transaction {",
        "PRAGMA rekey",
        "the key is wrong, or the file is not a database",
        "UNIQUE constraint failed",
        "in the keyring",
        "the new key is the one that the database has",
        "there is a file of that name already",
        "VerifyReport {",
        "Restored {",
    ] {
        assert!(stdout.contains(expected), "{expected}: {stdout}");
    }
    // SQLCipher's own log is silent.
    assert!(!stderr.contains("ERROR CORE"), "{stderr}");
    let output = format!("{stdout}{stderr}").to_lowercase();
    let raw_digits = RAW_BYTE.repeat(4);
    for secret in ["-0451", raw_digits.as_str(), "199, 199, 199"] {
        let at = output
            .find(secret)
            .map(|at| &output[at.saturating_sub(300)..]);
        assert_eq!(at, None, "{secret}");
    }
    Ok(())
}
