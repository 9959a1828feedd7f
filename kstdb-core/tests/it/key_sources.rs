//! Each source that the builder or the settings can name opens the database, or is an error.

use std::path::Path;

use kstdb_core::cipher::{KeySourceError, KeyringError};
use kstdb_core::config::KeySourceKind;
use kstdb_core::{
    AsyncDatabase, DatabaseBuilder, DatabaseError, DbConfig, EncryptionError, KeyringSource,
};

use crate::support::{FakeSops, Files, TestResult, child, is_child, refusal};

const VARIABLE: &str = "KSTDB_CORE_TEST_SOURCES";
const TEXT: &str = "x'0101010101010101010101010101010101010101010101010101010101010101'";

fn plain(path: &Path) -> DatabaseBuilder {
    AsyncDatabase::builder(path).config(DbConfig::default())
}

/// The settings that name one source.
fn settings(kind: KeySourceKind, edit: impl FnOnce(&mut DbConfig)) -> DbConfig {
    let mut config = DbConfig::default();
    config.cipher.enabled = true;
    config.cipher.key_source = kind;
    edit(&mut config);
    config
}

/// Every way to name the key, by the builder and by the settings.
fn ways(path: &Path, key_file: &Path, sops: &FakeSops) -> Vec<(&'static str, DatabaseBuilder)> {
    let configured = |kind, edit: &dyn Fn(&mut DbConfig)| {
        AsyncDatabase::builder(path).config(settings(kind, edit))
    };
    vec![
        ("env", plain(path).key_env(VARIABLE)),
        ("sops", plain(path).key_sops(sops.source())),
        ("file", plain(path).key_file(key_file)),
        ("credential", plain(path).key_credential("key")),
        (
            "configured env",
            configured(KeySourceKind::Env, &|config| {
                config.cipher.key_env = VARIABLE.to_owned();
            }),
        ),
        (
            "configured passphrase",
            configured(KeySourceKind::Passphrase, &|config| {
                config.cipher.passphrase = Some(TEXT.into());
            }),
        ),
        (
            "configured file",
            configured(KeySourceKind::File, &|config| {
                config.cipher.key_file = Some(key_file.to_owned());
            }),
        ),
        (
            "configured credential",
            configured(KeySourceKind::Credential, &|config| {
                config.cipher.credential = "key".to_owned();
            }),
        ),
    ]
}

/// A key file of mode 0600, and the directory that it is in.
fn key_file() -> std::io::Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(&file, format!("{TEXT}\n"))?;
    Ok(file)
}

#[tokio::test]
async fn every_source_opens_what_the_others_wrote() -> TestResult {
    let name = "key_sources::every_source_opens_what_the_others_wrote";
    if !is_child(name) {
        let credentials = Files::new()?;
        std::fs::copy(key_file()?.path(), credentials.path("key"))?;
        let output = child(name)?
            .env(VARIABLE, TEXT)
            .env("CREDENTIALS_DIRECTORY", credentials.dir())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return Ok(());
    }
    let files = Files::new()?;
    let file = key_file()?;
    let sops = FakeSops::printing(&format!("{{\"db_key\": \"{TEXT}\"}}"))?;
    plain(&files.db())
        .passphrase(TEXT)
        .connect()
        .await?
        .close()
        .await?;
    for (way, builder) in ways(&files.db(), file.path(), &sops) {
        let db = builder
            .connect()
            .await
            .map_err(|error| format!("{way}: {error:?}"))?;
        assert!(db.is_encrypted(), "{way}");
        db.close().await?;
    }
    Ok(())
}

fn source_error(error: DatabaseError) -> Result<KeySourceError, DatabaseError> {
    match error {
        DatabaseError::Encryption(EncryptionError::Source(error)) => Ok(error),
        other => Err(other),
    }
}

#[tokio::test]
async fn a_named_source_without_a_key_is_an_error_and_leaves_no_file() -> TestResult {
    let files = Files::new()?;
    let missing = files.path("missing");
    let nothing = |_: &mut DbConfig| {};
    for builder in [
        plain(&files.db()).key_file(&missing),
        plain(&files.db()).key_credential("missing"),
        plain(&files.db()).key_credential("../missing"),
        plain(&files.db()).config(settings(KeySourceKind::Env, |config| {
            config.cipher.key_env = "KSTDB_CORE_TEST_NEVER_SET".to_owned();
        })),
        plain(&files.db()).config(settings(KeySourceKind::File, |config| {
            config.cipher.key_file = Some(missing.clone());
        })),
        // The settings name the source and not what it needs.
        plain(&files.db()).config(settings(KeySourceKind::File, nothing)),
        plain(&files.db()).config(settings(KeySourceKind::Sops, nothing)),
        plain(&files.db()).config(settings(KeySourceKind::Passphrase, nothing)),
        plain(&files.db()).config(settings(KeySourceKind::Credential, nothing)),
    ] {
        let db = builder.build();
        source_error(refusal(db.execute("CREATE TABLE t (n)", ()).await)?)?;
        assert!(!files.db().exists());
    }
    Ok(())
}

#[tokio::test]
async fn the_first_source_in_order_is_the_only_one_that_is_asked() -> TestResult {
    let files = Files::new()?;
    let file = key_file()?;
    plain(&files.db())
        .passphrase(TEXT)
        .key_file("/not/read")
        .connect()
        .await?
        .close()
        .await?;
    plain(&files.db())
        .key_file(file.path())
        .key_credential("not/read")
        .connect()
        .await?
        .close()
        .await?;
    let both = plain(&files.db())
        .key_env("KSTDB_CORE_TEST_NEVER_SET")
        .key_file(file.path());
    let error = source_error(refusal(both.connect().await)?)?;
    assert!(
        matches!(error, KeySourceError::VariableNotSet { .. }),
        "{error:?}"
    );
    // What the program says comes before the settings.
    let settings = settings(KeySourceKind::Env, |config| {
        config.cipher.key_env = "KSTDB_CORE_TEST_NEVER_SET".to_owned();
    });
    let db = plain(&files.db()).config(settings).key_file(file.path());
    db.connect().await?.close().await?;
    Ok(())
}

#[cfg(not(feature = "keyring"))]
#[tokio::test]
async fn a_keyring_without_its_feature_is_an_error() -> TestResult {
    let files = Files::new()?;
    for builder in [
        plain(&files.db()).key_keyring(KeyringSource::new("app", "db_key")),
        plain(&files.db()).config(settings(KeySourceKind::Keyring, |_| {})),
    ] {
        let error = source_error(refusal(builder.connect().await)?)?;
        assert!(
            matches!(
                error,
                KeySourceError::Keyring {
                    source: KeyringError::NotBuilt,
                    ..
                }
            ),
            "{error:?}"
        );
        assert!(!files.db().exists());
    }
    Ok(())
}

#[cfg(feature = "keyring")]
#[tokio::test]
async fn an_entry_of_the_keyring_opens_the_database() -> TestResult {
    use kstdb_core::cipher::keyring_core::{CredentialStore, mock};

    let files = Files::new()?;
    let store: std::sync::Arc<CredentialStore> = mock::Store::new()?;
    store.build("app", "db_key", None)?.set_password(TEXT)?;
    let source = KeyringSource::new("app", "db_key").store(std::sync::Arc::clone(&store));
    plain(&files.db())
        .key_keyring(source)
        .connect()
        .await?
        .close()
        .await?;
    plain(&files.db())
        .passphrase(TEXT)
        .connect()
        .await?
        .close()
        .await?;
    let other = KeyringSource::new("app", "other").store(store);
    let error = source_error(refusal(
        plain(&files.db()).key_keyring(other).connect().await,
    )?)?;
    assert!(
        matches!(
            error,
            KeySourceError::Keyring {
                source: KeyringError::NoEntry,
                ..
            }
        ),
        "{error:?}"
    );
    Ok(())
}
