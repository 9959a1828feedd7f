//! Every PRAGMA of SQLCipher, and those of SQLite that could break a file, on a user's connection.

use std::collections::BTreeSet;

use kstdb_core::{AssertSqlSafe, AsyncDatabase, DatabaseError, StatementError};

use crate::support::{Files, TestResult, refusal};

/// What becomes of a PRAGMA: without a value, and with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Refused in either form.
    Never,
    /// Read freely, never set.
    ReadOnly,
    /// It says something of the library or of the file, whatever follows it.
    Reads,
}

/// The PRAGMAs of SQLCipher 4.10 and 4.20, with a value that each takes.
const CIPHER: &[(&str, &str, Fate)] = &[
    ("cipher", "'aes-256-cbc'", Fate::ReadOnly),
    ("cipher_add_random", "\"x'00'\"", Fate::Never),
    ("cipher_compatibility", "3", Fate::ReadOnly),
    ("cipher_default_compatibility", "3", Fate::ReadOnly),
    ("cipher_default_hmac_algorithm", "HMAC_SHA1", Fate::ReadOnly),
    (
        "cipher_default_kdf_algorithm",
        "PBKDF2_HMAC_SHA1",
        Fate::ReadOnly,
    ),
    ("cipher_default_kdf_iter", "4000", Fate::ReadOnly),
    ("cipher_default_page_size", "1024", Fate::ReadOnly),
    ("cipher_default_plaintext_header_size", "32", Fate::ReadOnly),
    ("cipher_default_settings", "1", Fate::ReadOnly),
    ("cipher_default_use_hmac", "OFF", Fate::ReadOnly),
    ("cipher_fips_status", "1", Fate::Reads),
    ("cipher_hmac_algorithm", "HMAC_SHA1", Fate::ReadOnly),
    ("cipher_hmac_pgno", "be", Fate::ReadOnly),
    ("cipher_hmac_salt_mask", "\"x'00'\"", Fate::ReadOnly),
    ("cipher_integrity_check", "1", Fate::Reads),
    ("cipher_kdf_algorithm", "PBKDF2_HMAC_SHA1", Fate::ReadOnly),
    ("cipher_log", "'cipher.log'", Fate::ReadOnly),
    ("cipher_log_level", "TRACE", Fate::ReadOnly),
    ("cipher_log_source", "ANY", Fate::ReadOnly),
    ("cipher_memory_security", "OFF", Fate::ReadOnly),
    ("cipher_migrate", "1", Fate::Never),
    ("cipher_page_size", "1024", Fate::ReadOnly),
    ("cipher_plaintext_header_size", "32", Fate::ReadOnly),
    ("cipher_profile", "'profile.log'", Fate::ReadOnly),
    ("cipher_provider", "1", Fate::Reads),
    ("cipher_provider_version", "1", Fate::Reads),
    (
        "cipher_salt",
        "\"x'00000000000000000000000000000000'\"",
        Fate::ReadOnly,
    ),
    ("cipher_settings", "1", Fate::Reads),
    ("cipher_status", "1", Fate::Reads),
    ("cipher_store_pass", "1", Fate::Never),
    ("cipher_test", "1", Fate::Never),
    ("cipher_test_off", "fail_encrypt", Fate::Never),
    ("cipher_test_on", "fail_encrypt", Fate::Never),
    ("cipher_test_rand", "1", Fate::Never),
    ("cipher_use_hmac", "OFF", Fate::ReadOnly),
    ("cipher_version", "1", Fate::Reads),
    ("fast_kdf_iter", "1", Fate::ReadOnly),
    ("hexkey", "'00'", Fate::Never),
    ("hexrekey", "'00'", Fate::Never),
    ("kdf_iter", "1", Fate::ReadOnly),
    ("key", "'x'", Fate::Never),
    ("page_size", "1024", Fate::ReadOnly),
    ("rekey", "'x'", Fate::Never),
    ("rekey_cipher", "'aes-256-cbc'", Fate::ReadOnly),
    ("rekey_kdf_iter", "1", Fate::ReadOnly),
    ("textkey", "'x'", Fate::Never),
    ("textrekey", "'x'", Fate::Never),
];

/// Other statements that would put data in clear, or break the file.
const OTHERS: &[(&str, &str)] = &[
    ("PRAGMA writable_schema = ON", "PRAGMA writable_schema"),
    ("PRAGMA writable_schema = RESET", "PRAGMA writable_schema"),
    ("PRAGMA journal_mode = OFF", "PRAGMA journal_mode"),
    ("PRAGMA main.journal_mode('Memory')", "PRAGMA journal_mode"),
    ("PRAGMA temp_store = FILE", "PRAGMA temp_store"),
    ("PRAGMA temp_store = DEFAULT", "PRAGMA temp_store"),
    ("PRAGMA temp_store = 1", "PRAGMA temp_store"),
    (
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA temp_store_directory",
    ),
    ("PRAGMA/**/ \"KEY\" = 'x'", "PRAGMA key"),
    ("PRAGMA main.rekey('x')", "PRAGMA rekey"),
    ("EXPLAIN PRAGMA key = 'x'", "PRAGMA key"),
    ("ATTACH 'plain.db' AS plain KEY ''", "ATTACH"),
    ("ATTACH ':memory:' AS other", "ATTACH"),
    ("SELECT sqlcipher_export('main')", "sqlcipher_export"),
    (
        "SELECT SQLCipher_Export('main', 'temp')",
        "sqlcipher_export",
    ),
];

/// Refused by kstdb, by the name of the statement.
async fn refused(db: &AsyncDatabase, sql: String) -> TestResult<String> {
    let error = refusal(db.execute(AssertSqlSafe(sql.clone()), ()).await)
        .map_err(|open| format!("{sql}: {open}"))?;
    match error {
        DatabaseError::Statement(StatementError::Refused { statement, instead }) => {
            assert!(!instead.is_empty());
            Ok(statement)
        }
        other => Err(format!("{sql}: {other:?}").into()),
    }
}

/// Neither refused nor of any consequence.
async fn runs(db: &AsyncDatabase, sql: String) -> TestResult {
    db.execute(AssertSqlSafe(sql.clone()), ())
        .await
        .map_err(|error| format!("{sql}: {error:?}"))?;
    Ok(())
}

async fn filled(files: &Files) -> TestResult<AsyncDatabase> {
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.execute("INSERT INTO t VALUES (42)", ()).await?;
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)", ()).await?;
    Ok(db)
}

/// The database is what it was: same bytes, same key, no other file.
async fn is_unharmed(db: AsyncDatabase, files: &Files, before: &[u8]) -> TestResult {
    assert_eq!(db.fetch_value::<i64>("SELECT n FROM t", ()).await?, 42);
    db.close().await?;
    assert!(std::fs::read(files.db())? == before, "the file has changed");
    assert_eq!(files.dir().read_dir()?.count(), 1);
    let db = files.open().await?;
    assert_eq!(db.fetch_value::<i64>("SELECT n FROM t", ()).await?, 42);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn every_pragma_of_the_cipher_has_its_fate() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files).await?;
    let before = std::fs::read(files.db())?;
    for &(name, value, fate) in CIPHER {
        let (plain, set) = (format!("PRAGMA {name}"), format!("PRAGMA {name} = {value}"));
        match fate {
            Fate::Never => {
                assert_eq!(refused(&db, plain.clone()).await?, plain);
                assert_eq!(refused(&db, set).await?, plain);
            }
            Fate::ReadOnly => {
                runs(&db, plain.clone()).await?;
                assert_eq!(refused(&db, set).await?, plain);
            }
            Fate::Reads => {
                runs(&db, plain).await?;
                runs(&db, set).await?;
            }
        }
        assert_eq!(
            db.fetch_value::<i64>("SELECT n FROM t", ()).await?,
            42,
            "{name}"
        );
    }
    is_unharmed(db, &files, &before).await
}

#[tokio::test]
async fn what_would_put_data_in_clear_is_refused_in_every_spelling() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files).await?;
    let before = std::fs::read(files.db())?;
    for &(sql, name) in OTHERS {
        assert_eq!(refused(&db, sql.to_owned()).await?, name, "{sql}");
    }
    let copy = format!("VACUUM INTO '{}'", files.path("copy.db").display());
    assert_eq!(refused(&db, copy).await?, "ATTACH");
    // The same as a table, and in a text of several statements.
    for sql in [
        "SELECT * FROM pragma_key('x')",
        "SELECT * FROM pragma_hexkey('00')",
    ] {
        refusal(db.execute(sql, ()).await)?;
    }
    refusal(
        db.execute_batch("SELECT 1; PRAGMA rekey = 'x'; SELECT 2")
            .await,
    )?;
    is_unharmed(db, &files, &before).await
}

#[tokio::test]
async fn a_nameless_database_is_gone_with_the_call_that_attached_it() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files).await?;
    db.execute("ATTACH '' AS other", ()).await?;
    let databases: i64 = db
        .fetch_value("SELECT count(*) FROM pragma_database_list", ())
        .await?;
    assert_eq!(databases, 1);
    db.execute("VACUUM", ()).await?;
    assert_eq!(db.fetch_value::<i64>("SELECT n FROM t", ()).await?, 42);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn what_could_do_harm_does_none_on_a_defensive_connection() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files).await?;
    let version: i64 = db.fetch_value("PRAGMA schema_version", ()).await?;
    db.execute("PRAGMA schema_version = 999", ()).await?;
    assert_eq!(
        db.fetch_value::<i64>("PRAGMA schema_version", ()).await?,
        version
    );
    for sql in [
        "UPDATE sqlite_schema SET sql = ''",
        "DELETE FROM sqlite_schema",
        "INSERT INTO sqlite_dbpage (pgno, data) VALUES (1, zeroblob(4096))",
        "SELECT load_extension('x')",
    ] {
        refusal(db.execute(sql, ()).await)?;
    }
    assert_eq!(db.fetch_value::<i64>("SELECT n FROM t", ()).await?, 42);
    db.close().await?;
    Ok(())
}

/// Texts of the linked library that look like the name of a PRAGMA of the cipher.
fn names_in_the_library() -> std::io::Result<BTreeSet<String>> {
    let program = std::fs::read(std::env::current_exe()?)?;
    let is_name = |text: &&[u8]| {
        (text.starts_with(b"cipher_") || text.ends_with(b"kdf_iter") || text.ends_with(b"rekey"))
            && text.len() < 40
            && text
                .iter()
                .all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
    };
    Ok(program
        .split(|byte| *byte == 0)
        .filter(is_name)
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect())
}

#[tokio::test]
async fn no_pragma_that_the_library_knows_is_missing_here() -> TestResult {
    let names = names_in_the_library()?;
    // The search finds something at all.
    assert!(names.contains("cipher_compatibility"), "{names:?}");
    let files = Files::new()?;
    let db = filled(&files).await?;
    for name in names {
        if !CIPHER.iter().any(|(known, _, _)| *known == name) {
            // A later version: whatever it is, it cannot be set.
            refused(&db, format!("PRAGMA {name} = 1")).await?;
        }
    }
    db.close().await?;
    Ok(())
}
