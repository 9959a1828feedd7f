//! Keys from the environment, and which source comes first. Variables are set for child processes.

use kstdb_cipher::{
    EnvSource, KeyError, KeyKind, KeyRequest, KeySource, KeySourceError, SopsError, SopsSource,
    resolve_cipher_key,
};

use crate::support::{TestResult, child, is_child};

const VARIABLE: &str = "KSTDB_CIPHER_TEST_KEY";

/// Runs a test of this module again with the variable set.
fn run_with(value: impl AsRef<std::ffi::OsStr>, test: &str) -> TestResult {
    let output = child(test)?.env(VARIABLE, value).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    Ok(())
}

#[test]
fn the_value_of_the_variable_is_the_key() -> TestResult {
    let name = "environment::the_value_of_the_variable_is_the_key";
    if is_child(name) {
        assert_eq!(EnvSource::new(VARIABLE).resolve()?.kind(), KeyKind::RawKey);
        return Ok(());
    }
    run_with(format!("x'{}'", "0f".repeat(32)), name)
}

#[test]
fn white_space_is_part_of_the_key() -> TestResult {
    let name = "environment::white_space_is_part_of_the_key";
    if is_child(name) {
        // With its line break the text is no raw key any more.
        assert_eq!(
            EnvSource::new(VARIABLE).resolve()?.kind(),
            KeyKind::Passphrase
        );
        return Ok(());
    }
    run_with(format!("x'{}'\n", "0f".repeat(32)), name)?;
    run_with("   ", name)
}

#[test]
fn an_empty_variable_is_refused() -> TestResult {
    let name = "environment::an_empty_variable_is_refused";
    if is_child(name) {
        let sops = SopsSource::new("not-tried.yml");
        let refused = resolve_cipher_key(&KeyRequest::new().env_var(VARIABLE).sops(sops));
        assert!(matches!(
            refused,
            Err(KeySourceError::Key {
                source: KeyError::Empty,
                ..
            })
        ));
        return Ok(());
    }
    run_with("", name)
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_refused() -> TestResult {
    use std::os::unix::ffi::OsStrExt;
    let name = "environment::a_variable_that_is_not_unicode_is_refused";
    if is_child(name) {
        let refused = EnvSource::new(VARIABLE).resolve();
        assert!(matches!(
            refused,
            Err(KeySourceError::VariableNotUnicode { .. })
        ));
        return Ok(());
    }
    run_with(std::ffi::OsStr::from_bytes(b"k\xff"), name)
}

#[test]
fn a_named_source_that_yields_nothing_is_never_skipped() {
    let request = || KeyRequest::new().sops(SopsSource::new("no-such-file.yml"));
    let unset = resolve_cipher_key(&request().env_var("KSTDB_CIPHER_TEST_UNSET"));
    assert!(matches!(unset, Err(KeySourceError::VariableNotSet { .. })));
    for odd_name in ["", "a=b", "a\0b"] {
        let unset = resolve_cipher_key(&request().env_var(odd_name));
        assert!(
            matches!(unset, Err(KeySourceError::VariableNotSet { .. })),
            "{odd_name:?}"
        );
    }
    let empty = resolve_cipher_key(&request().env_var("PATH").passphrase(""));
    assert!(matches!(
        empty,
        Err(KeySourceError::Key {
            source: KeyError::Empty,
            ..
        })
    ));
    let missing = resolve_cipher_key(&request());
    assert!(matches!(
        missing,
        Err(KeySourceError::Sops(
            SopsError::FileNotFound { .. } | SopsError::ProgramNotFound { .. }
        ))
    ));
}

#[test]
fn the_passphrase_comes_first() -> TestResult {
    let sops = SopsSource::new("not-tried.yml");
    let request = KeyRequest::new()
        .sops(sops)
        .env_var("KSTDB_CIPHER_TEST_UNSET");
    assert_eq!(
        resolve_cipher_key(&request.passphrase("sesame"))?.kind(),
        KeyKind::Passphrase
    );
    Ok(())
}

#[test]
fn no_source_is_an_error() {
    let refused = resolve_cipher_key(&KeyRequest::new());
    assert!(matches!(refused, Err(KeySourceError::NoSource)));
}
