//! Settings in environment variables.

use std::time::Duration;

use kstdb_config::{ConfigError, KeySourceKind};

use crate::TestResult;
use crate::place::Place;

#[test]
fn every_setting_has_a_variable() -> TestResult {
    let place = Place::new()?;
    let config = place
        .loader_with(&[
            ("KSTDB__DB__POOL__MIN_SIZE", "2"),
            ("KSTDB__DB__POOL__MAX_SIZE", " 20 "),
            ("KSTDB__DB__POOL__ACQUIRE_TIMEOUT", "2.5"),
            ("KSTDB__DB__RETRY__MAX_ATTEMPTS", "4"),
            ("KSTDB__DB__RETRY__DELAY", "1"),
            ("KSTDB__DB__CIPHER__ENABLED", "Yes"),
            ("KSTDB__DB__CIPHER__KEY_SOURCE", "sops"),
            ("KSTDB__DB__CIPHER__KEY_ENV", "MY_KEY"),
            ("KSTDB__DB__CIPHER__SOPS_PATH", "/keys/db.sops.yml"),
            ("KSTDB__DB__CIPHER__SOPS_KEY", "main"),
            ("KSTDB__DB__CIPHER__SOPS_IDENTITY", "/id.txt"),
            ("KSTDB__DB__CIPHER__KEY_FILE", "keys/db"),
            ("KSTDB__DB__CIPHER__CREDENTIAL", "main.key"),
            ("KSTDB__DB__CIPHER__KEYRING_SERVICE", "app"),
            ("KSTDB__DB__CIPHER__KEYRING_USER", "ann"),
            ("KSTDB__DB__CIPHER__PASSPHRASE", "secret"),
        ])
        .load()?;
    assert_eq!((config.pool.min_size, config.pool.max_size), (2, 20));
    assert_eq!(config.pool.acquire_timeout, Duration::from_millis(2500));
    assert_eq!(config.retry.max_attempts, 4);
    assert_eq!(config.retry.delay, Duration::from_secs(1));
    assert!(config.cipher.enabled);
    assert_eq!(config.cipher.key_source, KeySourceKind::Sops);
    assert_eq!(config.cipher.key_env, "MY_KEY");
    assert_eq!(
        config.cipher.sops_path.as_deref(),
        Some("/keys/db.sops.yml".as_ref())
    );
    assert_eq!(config.cipher.sops_key, "main");
    assert_eq!(
        config.cipher.sops_identity.as_deref(),
        Some("/id.txt".as_ref())
    );
    assert_eq!(config.cipher.key_file, Some(place.path("work/keys/db")));
    assert_eq!(config.cipher.credential, "main.key");
    assert_eq!(config.cipher.keyring_service, "app");
    assert_eq!(config.cipher.keyring_user, "ann");
    assert!(config.cipher.passphrase.is_some());
    assert!(config.settings().all(|report| {
        let variable = format!("KSTDB__{}", report.key.to_uppercase().replace('.', "__"));
        report.layer.to_string() == format!("environment variable {variable}")
    }));
    Ok(())
}

#[test]
fn a_bad_variable_is_refused_by_name() -> TestResult {
    let place = Place::new()?;
    for (name, value, message) in [
        (
            "KSTDB__DB__POOL__MAX_SISE",
            "5",
            "unknown key `db.pool.max_sise` in environment variable KSTDB__DB__POOL__MAX_SISE: \
             did you mean `db.pool.max_size`?",
        ),
        (
            "KSTDB__POOL__MAX_SIZE",
            "5",
            "unknown key `pool.max_size` in environment variable KSTDB__POOL__MAX_SIZE: \
             did you mean `db.pool.max_size`?",
        ),
        (
            "KSTDB__DB__POOL__MAX_SIZE",
            "many",
            "`db.pool.max_size` in environment variable KSTDB__DB__POOL__MAX_SIZE must be \
             a whole number, found other text",
        ),
        (
            "KSTDB__DB__POOL__MAX_SIZE",
            "",
            "`db.pool.max_size` in environment variable KSTDB__DB__POOL__MAX_SIZE must be \
             a whole number, found other text",
        ),
        (
            "KSTDB__DB__RETRY__DELAY",
            "NaN",
            "`db.retry.delay` in environment variable KSTDB__DB__RETRY__DELAY must be \
             a finite number",
        ),
        (
            "KSTDB__DB__CIPHER__ENABLED",
            "maybe",
            "`db.cipher.enabled` in environment variable KSTDB__DB__CIPHER__ENABLED must be \
             `true` or `false`, found other text",
        ),
        (
            "KSTDB__DB__CIPHER__KEY_SOURCE",
            "vault",
            "`db.cipher.key_source` in environment variable KSTDB__DB__CIPHER__KEY_SOURCE \
             must be `env`, `sops`, `passphrase`, `file`, `credential` or `keyring`, found \
             other text",
        ),
        (
            "KSTDB__DB__CIPHER__PASSPHRASE",
            "",
            "`db.cipher.passphrase` in environment variable KSTDB__DB__CIPHER__PASSPHRASE \
             must be text that is not empty, found empty text",
        ),
    ] {
        let error = place.loader_with(&[(name, value)]).load().err();
        assert_eq!(
            error.map(|error| error.to_string()).as_deref(),
            Some(message)
        );
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn only_upper_case_names_a_setting() -> TestResult {
    let place = Place::new()?;
    assert_eq!(
        place
            .loader_with(&[("kstdb__db__pool__max_size", "5")])
            .load()?
            .pool
            .max_size,
        10
    );
    let error = place
        .loader_with(&[("KSTDB__DB__POOL__max_size", "5")])
        .load()
        .err();
    assert!(matches!(error, Some(ConfigError::UnknownKey { .. })));
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_unicode_is_refused_and_others_are_left_alone() -> TestResult {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let place = Place::new()?;
    let odd = || OsString::from_vec(vec![0xff, 0xfe]);
    let load = |name: OsString| place.loader().env([(name, odd())]).without_files().load();
    assert!(load("OTHER".into()).is_ok());
    assert!(load(odd()).is_ok());
    let error = load("KSTDB__DB__CIPHER__KEY_ENV".into()).err();
    assert!(matches!(error, Some(ConfigError::WrongType { .. })));
    Ok(())
}
