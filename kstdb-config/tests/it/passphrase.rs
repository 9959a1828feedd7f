//! A passphrase reaches the settings and nothing else: no log, no `Debug`, no report, no error.

use std::error::Error;
use std::fmt::Write;

use kstdb_config::secrecy::{ExposeSecret, SecretString};
use kstdb_config::{ConfigError, DbConfig, KeySourceKind, Overrides};

use crate::TestResult;
use crate::logs::captured;
use crate::place::Place;

const CANARY: &str = "hunter2-canary";

fn passphrase(config: &DbConfig) -> Option<&str> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test compares the secret with its canary"
    )]
    config
        .cipher
        .passphrase
        .as_ref()
        .map(ExposeSecret::expose_secret)
}

/// Everything that a program could print about the settings.
fn printed(config: &DbConfig) -> Result<String, std::fmt::Error> {
    let mut text = format!("{config:?} {config:#?} {:?}", config.cipher);
    for report in config.settings() {
        write!(text, " {report} {report:?}")?;
    }
    Ok(text)
}

/// Everything that a program could print about an error.
fn chain(error: &ConfigError) -> Result<String, std::fmt::Error> {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, " {cause} {cause:?}")?;
        source = cause.source();
    }
    Ok(text)
}

#[test]
fn a_passphrase_from_any_layer_is_loaded_and_printed_nowhere() -> TestResult {
    let place = Place::new()?;
    let yaml = format!("db: {{cipher: {{key_source: passphrase, passphrase: {CANARY}}}}}");
    let file = place.write("a.yml", &yaml)?;
    let ini = place.write("a.ini", format!("[db.cipher]\npassphrase = {CANARY}"))?;
    let toml = place.write("a.toml", format!("[db.cipher]\npassphrase = '{CANARY}'"))?;
    let json = place.write(
        "a.json",
        format!(r#"{{"db": {{"cipher": {{"passphrase": "{CANARY}"}}}}}}"#),
    )?;
    let sops = place.write("a.sops.yml", "")?;
    let mut overrides = Overrides::default();
    overrides.passphrase = Some(SecretString::from(CANARY));
    overrides.key_source = Some(KeySourceKind::Passphrase);
    assert!(!format!("{overrides:?}").contains(CANARY));

    for loader in [
        place.loader().file(file),
        place.loader().file(ini),
        place.loader().file(toml),
        place.loader().file(json),
        place
            .loader()
            .file(sops)
            .decrypt_sops_with(move |_| Ok(SecretString::from(yaml.clone()))),
        place.loader_with(&[("KSTDB__DB__CIPHER__PASSPHRASE", CANARY)]),
        place.loader().overrides(overrides),
    ] {
        let loader_text = format!("{loader:?}");
        assert!(!loader_text.contains(CANARY), "{loader_text}");
        let (config, log) = captured(|| loader.load());
        let config = config?;
        assert_eq!(passphrase(&config), Some(CANARY));
        assert_eq!(passphrase(&config.clone()), Some(CANARY));
        let text = printed(&config)?;
        assert!(text.contains("[redacted]"), "{text}");
        assert!(!text.contains(CANARY), "{text}");
        assert!(!log.contains(CANARY), "{log}");
    }
    Ok(())
}

#[test]
fn a_broken_file_does_not_leak_its_passphrase() -> TestResult {
    let place = Place::new()?;
    for (name, text) in [
        (
            "a.yml",
            format!("db: {{cipher: {{passphrase: {CANARY}, passphrase: {CANARY}}}}}"),
        ),
        (
            "a.yml",
            format!("db: {{cipher: {{passphrase: \"{CANARY}}}}}"),
        ),
        (
            "a.yml",
            format!("db: {{cipher: {{passphrase: [{CANARY}]}}}}"),
        ),
        (
            "a.yml",
            format!("db:\n  cipher:\n    passphrase:{CANARY}\n"),
        ),
        (
            "a.yml",
            format!("db:\n  cipher:\n    passphrase: {CANARY}: more\n"),
        ),
        ("a.yml", format!("db:\n  cipher:\n  passphrase: {CANARY}\n")),
        ("a.yml", format!("db: {{pool: {{max_size: {CANARY}}}}}")),
        ("a.yml", CANARY.to_owned()),
        ("a.toml", format!("[db.cipher]\npassphrase = {CANARY}\n")),
        ("a.toml", format!("[db.cipher]\npassphrase = \"{CANARY}\n")),
        (
            "a.toml",
            format!("[db.cipher]\npassphrase = \"{CANARY}\" \"{CANARY}\"\n"),
        ),
        (
            "a.json",
            format!(r#"{{"db": {{"cipher": {{"passphrase": "{CANARY}"#),
        ),
        (
            "a.json",
            format!(r#"{{"db": {{"cipher": {{"passphrase": {CANARY}}}}}}}"#),
        ),
        ("a.ini", format!("[db.cipher]\npassphrase {CANARY}\n")),
    ] {
        let (loaded, log) = captured(|| place.load_text(name, &text));
        let error = loaded?.err().ok_or_else(|| format!("accepted: {text}"))?;
        let shown = chain(&error)?;
        assert!(!shown.contains(CANARY), "{shown}");
        assert!(!log.contains(CANARY), "{log}");
    }
    Ok(())
}

#[test]
fn an_empty_text_given_in_code_is_refused() -> TestResult {
    let place = Place::new()?;
    let set: [fn(&mut Overrides); 9] = [
        |overrides| overrides.passphrase = Some(SecretString::from("")),
        |overrides| overrides.key_env = Some(String::new()),
        |overrides| overrides.sops_path = Some("".into()),
        |overrides| overrides.sops_key = Some(String::new()),
        |overrides| overrides.sops_identity = Some("".into()),
        |overrides| overrides.key_file = Some("".into()),
        |overrides| overrides.credential = Some(String::new()),
        |overrides| overrides.keyring_service = Some(String::new()),
        |overrides| overrides.keyring_user = Some(String::new()),
    ];
    for set in set {
        let mut overrides = Overrides::default();
        set(&mut overrides);
        let error = place
            .loader()
            .overrides(overrides)
            .load()
            .err()
            .ok_or("accepted")?;
        assert!(matches!(error, ConfigError::WrongType { .. }), "{error}");
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_file_with_a_passphrase_that_others_may_read_is_warned_about() -> TestResult {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new()?;
    for (text, mode, warnings) in [
        (
            format!("db: {{cipher: {{passphrase: {CANARY}}}}}"),
            0o600,
            0,
        ),
        (
            format!("db: {{cipher: {{passphrase: {CANARY}}}}}"),
            0o640,
            1,
        ),
        (
            format!("db: {{cipher: {{passphrase: {CANARY}}}}}"),
            0o604,
            1,
        ),
        ("db: {cipher: {passphrase: null}}".to_owned(), 0o644, 0),
        ("db: {pool: {max_size: 5}}".to_owned(), 0o644, 0),
    ] {
        let file = place.write("a.yml", &text)?;
        set_permissions(&file, Permissions::from_mode(mode))?;
        let (loaded, log) = captured(|| place.load(&file));
        loaded?;
        assert_eq!(log.matches("WARN").count(), warnings, "{mode:o}: {log}");
        assert_eq!(
            log.contains("others may read it"),
            warnings > 0,
            "{mode:o}: {log}"
        );
    }
    Ok(())
}
