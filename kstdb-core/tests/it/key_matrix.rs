//! {right, none, wrong, changed, empty} key x {connection, pool} x {passphrase, raw key}.

use std::path::Path;

use kstdb_core::cipher::{KeyError, KeySourceError, UnlockOptions, rusqlite};
use kstdb_core::sqlx::{self, Connection as _, SqliteConnection};
use kstdb_core::{
    AsyncDatabase, CipherKey, DatabaseError, DbConfig, EncryptionError, apply_cipher_key, connect,
};

use crate::support::{Files, TestResult, raw_key, refusal};

/// Whether the KDF stretches the key.
#[derive(Clone, Copy, Debug)]
enum Form {
    Passphrase,
    RawKey,
}

const FORMS: [Form; 2] = [Form::Passphrase, Form::RawKey];

fn key(form: Form, number: u8) -> Result<CipherKey, KeyError> {
    match form {
        Form::Passphrase => CipherKey::passphrase(format!("sesame {number}")),
        Form::RawKey => Ok(raw_key(number)),
    }
}

async fn pool(path: &Path, key: Option<CipherKey>) -> Result<AsyncDatabase, DatabaseError> {
    let builder = AsyncDatabase::builder(path).config(DbConfig::default());
    match key {
        Some(key) => builder.key(key).connect().await,
        None => builder.connect().await,
    }
}

async fn connection(path: &Path, key: &CipherKey) -> Result<SqliteConnection, EncryptionError> {
    connect(path, key, &UnlockOptions::new()).await
}

/// A database that holds one number.
async fn create(path: &Path, key: CipherKey) -> Result<(), DatabaseError> {
    let db = pool(path, Some(key)).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.execute("INSERT INTO t VALUES (42)", ()).await?;
    db.close().await
}

#[tokio::test]
async fn the_right_key_opens_by_either_way() -> TestResult {
    for form in FORMS {
        let files = Files::new()?;
        create(&files.db(), key(form, 1)?).await?;

        let mut connection = connection(&files.db(), &key(form, 1)?).await?;
        let n: i64 = sqlx::query_scalar("SELECT n FROM t")
            .fetch_one(&mut connection)
            .await?;
        assert_eq!(n, 42, "{form:?}");
        connection.close().await?;

        let db = pool(&files.db(), Some(key(form, 1)?)).await?;
        assert!(db.is_encrypted());
        assert_eq!(db.fetch_value::<i64>("SELECT n FROM t", ()).await?, 42);
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_a_connection_created_opens_in_a_pool() -> TestResult {
    for form in FORMS {
        let files = Files::new()?;
        let options = UnlockOptions::new().create_if_missing(true);
        let mut connection = connect(files.db(), &key(form, 1)?, &options).await?;
        sqlx::query("CREATE TABLE t (n)")
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        let db = pool(&files.db(), Some(key(form, 1)?)).await?;
        assert!(db.table_exists("t").await?);
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn without_a_key_nothing_opens() -> TestResult {
    for form in FORMS {
        let files = Files::new()?;
        create(&files.db(), key(form, 1)?).await?;
        let before = std::fs::read(files.db())?;

        let error = refusal(pool(&files.db(), None).await)?;
        assert!(
            matches!(
                &error,
                DatabaseError::Encryption(EncryptionError::NoKey { .. })
            ),
            "{form:?}: {error:?}"
        );
        // kstdb has no connection without a key: this is sqlx's own.
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(files.db());
        let mut bare = SqliteConnection::connect_with(&options).await?;
        let read = sqlx::query("SELECT n FROM t").execute(&mut bare).await;
        let code = refusal(read)?
            .as_database_error()
            .and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("26"));
        drop(bare);
        assert!(std::fs::read(files.db())? == before, "the file has changed");
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_refused_by_either_way_and_changes_nothing() -> TestResult {
    for form in FORMS {
        let files = Files::new()?;
        create(&files.db(), key(form, 1)?).await?;
        let before = std::fs::read(files.db())?;
        for wrong in FORMS {
            let error = refusal(connection(&files.db(), &key(wrong, 2)?).await)?;
            assert!(error.is_wrong_key(), "{form:?} {wrong:?}: {error:?}");
            let error = refusal(pool(&files.db(), Some(key(wrong, 2)?)).await)?;
            assert!(error.is_wrong_key(), "{form:?} {wrong:?}: {error:?}");
            assert!(!error.is_retryable());
        }
        assert!(std::fs::read(files.db())? == before, "the file has changed");
    }
    Ok(())
}

#[tokio::test]
async fn after_a_change_of_key_only_the_new_one_opens() -> TestResult {
    for form in FORMS {
        let files = Files::new()?;
        create(&files.db(), key(form, 1)?).await?;
        let tool = rusqlite::Connection::open(files.db())?;
        apply_cipher_key(&tool, &key(form, 1)?)?;
        tool.execute_batch(&match form {
            Form::Passphrase => "PRAGMA rekey = 'sesame 2'".to_owned(),
            Form::RawKey => format!("PRAGMA rekey = \"x'{}'\"", "02".repeat(32)),
        })?;
        drop(tool);

        assert!(refusal(connection(&files.db(), &key(form, 1)?).await)?.is_wrong_key());
        assert!(refusal(pool(&files.db(), Some(key(form, 1)?)).await)?.is_wrong_key());
        connection(&files.db(), &key(form, 2)?)
            .await?
            .close()
            .await?;
        let db = pool(&files.db(), Some(key(form, 2)?)).await?;
        assert_eq!(db.fetch_value::<i64>("SELECT n FROM t", ()).await?, 42);
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_empty_key_is_refused_before_there_is_a_file() -> TestResult {
    let files = Files::new()?;
    // A raw key has its length in its type. A connection takes a `CipherKey`, never empty.
    assert_eq!(CipherKey::passphrase("").err(), Some(KeyError::Empty));
    let empty = AsyncDatabase::builder(files.db())
        .config(DbConfig::default())
        .passphrase("");
    assert!(matches!(
        refusal(empty.connect().await)?,
        DatabaseError::Encryption(EncryptionError::Source(KeySourceError::Key {
            source: KeyError::Empty,
            ..
        }))
    ));
    assert!(!files.db().exists());
    Ok(())
}

#[tokio::test]
async fn a_passphrase_that_spells_a_raw_key_is_that_raw_key() -> TestResult {
    let files = Files::new()?;
    create(&files.db(), raw_key(0xab)).await?;
    let spelt = CipherKey::passphrase(format!("x'{}'", "aB".repeat(32)))?;
    pool(&files.db(), Some(spelt)).await?.close().await?;
    Ok(())
}

#[tokio::test]
async fn quotes_letters_of_all_scripts_and_long_passphrases_work() -> TestResult {
    let long = "k".repeat(64 * 1024);
    for text in ["it's \"quoted\"; --", "\u{43a}\u{43b}\u{44e}\u{447}", &long] {
        let files = Files::new()?;
        create(&files.db(), CipherKey::passphrase(text)?).await?;
        let db = pool(&files.db(), Some(CipherKey::passphrase(text)?)).await?;
        assert_eq!(db.fetch_value::<i64>("SELECT n FROM t", ()).await?, 42);
        db.close().await?;
    }
    // The two Unicode spellings of one letter are two keys, as to every SQLCipher tool.
    let files = Files::new()?;
    create(&files.db(), CipherKey::passphrase("\u{e9}")?).await?;
    let other = CipherKey::passphrase("e\u{301}")?;
    assert!(refusal(pool(&files.db(), Some(other)).await)?.is_wrong_key());
    Ok(())
}

/// Tells whether any file of the directory holds the bytes.
fn on_disk(files: &Files, needle: &[u8]) -> std::io::Result<bool> {
    for entry in files.dir().read_dir()? {
        let bytes = std::fs::read(entry?.path())?;
        if bytes.windows(needle.len()).any(|window| window == needle) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[tokio::test]
async fn neither_database_nor_wal_holds_plaintext() -> TestResult {
    const SENTINEL: &str = "sentinel-0451-in-the-clear";
    for encrypted in [true, false] {
        let files = Files::new()?;
        let db = pool(&files.db(), encrypted.then(|| raw_key(1))).await?;
        db.execute("CREATE TABLE t (a, b)", ()).await?;
        let row = (SENTINEL, SENTINEL.as_bytes().to_vec());
        db.execute("INSERT INTO t VALUES (?, ?)", row).await?;
        // In the WAL as long as the database is open, in the main file afterwards.
        assert!(files.path("app.db-wal").metadata()?.len() > 0);
        // The database without a key is the control: there the search finds it.
        assert_eq!(on_disk(&files, SENTINEL.as_bytes())?, !encrypted);
        db.close().await?;
        assert_eq!(on_disk(&files, SENTINEL.as_bytes())?, !encrypted);
        let header = std::fs::read(files.db())?;
        assert_eq!(header.starts_with(b"SQLite format 3\0"), !encrypted);
    }
    Ok(())
}
