//! Keys from the keyring of the operating system, with a store in memory in its place.

use kstdb_cipher::keyring_core::{self, CredentialStore, mock};
use kstdb_cipher::{
    KeyError, KeyKind, KeyRequest, KeySource, KeySourceError, KeyringError, KeyringSource,
    resolve_cipher_key,
};

use crate::support::{TestResult, chain, child, is_child};

/// A store that holds one entry; an own one for each test.
fn store_with(secret: &[u8]) -> keyring_core::Result<std::sync::Arc<CredentialStore>> {
    let store: std::sync::Arc<CredentialStore> = mock::Store::new()?;
    store.build("app", "db_key", None)?.set_secret(secret)?;
    Ok(store)
}

fn keyring_error(source: &dyn KeySource) -> Result<KeyringError, String> {
    match source.resolve() {
        Err(KeySourceError::Keyring { source, .. }) => Ok(source),
        Err(other) => Err(format!("{other:?}")),
        Ok(_) => Err("a key was found".to_owned()),
    }
}

#[test]
fn the_text_of_the_entry_is_the_key() -> TestResult {
    for (text, kind) in [
        (format!("x'{}'", "0f".repeat(32)), KeyKind::RawKey),
        (format!("x'{}'\n", "0f".repeat(32)), KeyKind::Passphrase),
        ("correct horse".to_owned(), KeyKind::Passphrase),
    ] {
        let source = KeyringSource::new("app", "db_key").store(store_with(text.as_bytes())?);
        let key = resolve_cipher_key(&KeyRequest::new().keyring(source))?;
        assert_eq!(key.kind(), kind);
    }
    Ok(())
}

#[test]
fn an_entry_without_a_usable_text_is_an_error_that_does_not_hold_it() -> TestResult {
    let source = KeyringSource::new("app", "db_key");
    assert!(matches!(
        source.clone().store(store_with(b"")?).resolve(),
        Err(KeySourceError::Key {
            source: KeyError::Empty,
            ..
        })
    ));
    let source = source.store(store_with(b"canary-0451\xff")?);
    let error = source.resolve().err().ok_or("a key was found")?;
    assert!(matches!(
        error,
        KeySourceError::Keyring {
            source: KeyringError::NotText,
            ..
        }
    ));
    let said = format!("{error:?} {} {source:?}", chain(&error));
    assert!(
        !said.contains("0451") && !said.contains("99, 97, 110"),
        "{said}"
    );
    Ok(())
}

#[test]
fn a_missing_entry_is_named() -> TestResult {
    let source = KeyringSource::new("app", "other").store(store_with(b"sesame")?);
    assert!(matches!(keyring_error(&source)?, KeyringError::NoEntry));
    assert_eq!(
        source.describe(),
        "the entry \"other\" of \"app\" in the keyring"
    );
    Ok(())
}

#[test]
fn what_the_keyring_says_is_told_apart() -> TestResult {
    use keyring_core::Error;

    let store = store_with(b"sesame")?;
    let fail_with = |error| -> Result<KeyringError, Box<dyn std::error::Error>> {
        let entry = store.build("app", "db_key", None)?;
        let mock: &mock::Cred = entry.as_any().downcast_ref().ok_or("no mock")?;
        mock.set_error(error);
        let source = KeyringSource::new("app", "db_key").store(store.clone());
        Ok(keyring_error(&source)?)
    };
    let locked = fail_with(Error::NoStorageAccess("locked".into()))?;
    assert!(matches!(locked, KeyringError::NoAccess(_)), "{locked:?}");
    let failed = fail_with(Error::PlatformFailure("bus gone".into()))?;
    assert!(matches!(failed, KeyringError::Failed(_)), "{failed:?}");
    let several = fail_with(Error::Ambiguous(Vec::new()))?;
    assert!(matches!(several, KeyringError::Ambiguous), "{several:?}");
    let name = fail_with(Error::TooLong("user".to_owned(), 255))?;
    assert!(matches!(name, KeyringError::InvalidName), "{name:?}");
    let odd = fail_with(Error::BadDataFormat(b"canary-0451".to_vec(), "odd".into()))?;
    assert!(matches!(odd, KeyringError::NotText), "{odd:?}");
    Ok(())
}

#[test]
fn the_default_store_of_the_program_comes_before_the_system() -> TestResult {
    let name = "keyring::the_default_store_of_the_program_comes_before_the_system";
    if is_child(name) {
        keyring_core::set_default_store(store_with(b"sesame")?);
        KeyringSource::new("app", "db_key").resolve()?;
        return Ok(());
    }
    assert!(child(name)?.status()?.success());
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_session_bus_no_service_is_running() -> TestResult {
    let name = "keyring::without_a_session_bus_no_service_is_running";
    if is_child(name) {
        let source = KeyringSource::new("app", "db_key");
        let error = keyring_error(&source)?;
        assert!(matches!(error, KeyringError::NoService(_)), "{error:?}");
        // Nor does it panic on a thread that drives a runtime.
        let error = crate::support::block_on(async { keyring_error(&source) })??;
        assert!(matches!(error, KeyringError::NoService(_)), "{error:?}");
        return Ok(());
    }
    let output = child(name)?
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    Ok(())
}
