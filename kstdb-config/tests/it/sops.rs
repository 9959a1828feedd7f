//! Files encrypted by SOPS: decrypted through the hook, or refused; never used as they stand.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kstdb_config::secrecy::SecretString;
use kstdb_config::{ConfigError, Layer};

use crate::TestResult;
use crate::logs::captured;
use crate::place::Place;

/// What SOPS leaves in a file in place of a value.
const ENCRYPTED: &str = "ENC[AES256_GCM,data:canary==,iv:x,tag:y,type:str]";

/// kstlib defect 34.
#[test]
fn an_encrypted_value_is_never_used_raw() -> TestResult {
    let place = Place::new()?;
    for (key, text) in [
        (
            "db.cipher.passphrase",
            format!("db: {{cipher: {{passphrase: '{ENCRYPTED}'}}}}"),
        ),
        (
            "db.cipher.key_env",
            format!("db: {{cipher: {{key_env: '{ENCRYPTED}'}}}}"),
        ),
        (
            "db.pool.max_size",
            format!("db: {{pool: {{max_size: '{ENCRYPTED}'}}}}"),
        ),
        ("db.pool", format!("db: {{pool: '{ENCRYPTED}'}}")),
        ("db", format!("db: '{ENCRYPTED}'")),
        ("include", format!("include: '{ENCRYPTED}'")),
        ("include", format!("include: ['{ENCRYPTED}']")),
    ] {
        let error = place.load_text("a.yml", &text)?.err().ok_or("accepted")?;
        assert!(
            matches!(error, ConfigError::EncryptedValue { .. }),
            "{key}: {error}"
        );
        assert!(error.is_encrypted());
        assert_eq!(error.key(), Some(key));
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
    let variable = [("KSTDB__DB__CIPHER__PASSPHRASE", ENCRYPTED)];
    assert!(
        place
            .loader_with(&variable)
            .load()
            .is_err_and(|error| error.is_encrypted())
    );
    Ok(())
}

#[test]
fn an_encrypted_value_elsewhere_is_warned_about_once() -> TestResult {
    let place = Place::new()?;
    let text = format!("secrets:\n  a: '{ENCRYPTED}'\n  b: '{ENCRYPTED}'\ndb: {{}}\n");
    let (loaded, log) = captured(|| place.load_text("a.yml", &text));
    loaded??;
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert!(
        log.contains(&*place.path("a.yml").to_string_lossy()),
        "{log}"
    );
    assert!(!log.contains("canary"), "{log}");
    Ok(())
}

/// kstlib defect 34.
#[test]
fn a_sops_file_is_refused_without_a_way_to_decrypt_it() -> TestResult {
    let place = Place::new()?;
    let file = place.write("db.sops.yml", "db: {pool: {max_size: 5}}")?;
    let error = place.load(&file).err().ok_or("accepted")?;
    assert!(matches!(error, ConfigError::NoDecryption { .. }));
    let error = place
        .load_text("top.yml", "include: db.sops.yml")?
        .err()
        .ok_or("accepted")?;
    assert!(error.is_encrypted());
    assert_eq!(error.path(), Some(file.as_path()));
    Ok(())
}

#[test]
fn a_sops_file_is_decrypted_through_the_hook() -> TestResult {
    let place = Place::new()?;
    for (name, plain) in [
        ("db.sops.yml", "db: {pool: {max_size: 51}}"),
        ("db.sops.yaml", "db: {pool: {max_size: 51}}"),
        ("db.sops.json", r#"{"db": {"pool": {"max_size": 51}}}"#),
        ("db.sops.toml", "[db.pool]\nmax_size = 51"),
    ] {
        let file = place.write(name, format!("db: '{ENCRYPTED}'"))?;
        let top = place.write("top.yml", format!("include: {name}"))?;
        for named in [&file, &top] {
            let asked = Arc::new(Mutex::new(Vec::<PathBuf>::new()));
            let seen = Arc::clone(&asked);
            let config = place
                .loader()
                .file(named)
                .decrypt_sops_with(move |path| {
                    seen.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(path.to_owned());
                    Ok(SecretString::from(plain))
                })
                .load()?;
            assert_eq!(config.pool.max_size, 51, "{name}");
            assert_eq!(
                config.origin("db.pool.max_size"),
                Some(&Layer::NamedFile(file.clone()))
            );
            let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            assert_eq!(*asked, [file.as_path()], "{name}");
        }
    }
    Ok(())
}

/// kstlib defect 34.
#[test]
fn a_sops_file_that_cannot_be_decrypted_is_an_error() -> TestResult {
    let place = Place::new()?;
    let file = place.write("db.sops.yml", format!("db: '{ENCRYPTED}'"))?;
    let error = place
        .loader()
        .file(&file)
        .decrypt_sops_with(|_| Err("no identity matched".into()))
        .load()
        .err()
        .ok_or("accepted")?;
    assert!(matches!(&error, ConfigError::Decryption { path, .. } if *path == file));
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("no identity matched"));
    assert!(!error.to_string().contains("identity"));
    Ok(())
}

#[test]
fn decrypted_text_obeys_the_rules_of_every_file() -> TestResult {
    let place = Place::new()?;
    let file = place.write("db.sops.yml", "")?;
    let load = |plain: String| {
        let loader = place.loader().file(&file);
        loader
            .decrypt_sops_with(move |_| Ok(SecretString::from(plain.clone())))
            .load()
    };
    let still_encrypted = load(format!("db: {{cipher: {{passphrase: '{ENCRYPTED}'}}}}"));
    assert!(still_encrypted.is_err_and(|error| error.is_encrypted()));
    let limit = usize::try_from(kstdb_config::limits::FILE_BYTES)?;
    assert!(matches!(
        load("#".repeat(limit + 1)),
        Err(ConfigError::TooLarge { .. })
    ));
    assert!(matches!(
        load("db: [".into()),
        Err(ConfigError::Malformed { .. })
    ));
    Ok(())
}
