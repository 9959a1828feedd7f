//! Settings in YAML: whatever a file holds, it is used inside all limits or refused unquoted.

use std::fs;
use std::io;
use std::path::Path;

use kstdb_config::{ConfigError, DbConfig, Layer, limits};

use super::scratch;

/// A value that can be no name: what quotes it quotes a value.
const CANARY: &str = "hunter2 canary";

/// A file that the inputs may include.
const INCLUDED: &str = "db: {pool: {max_size: 7}, cipher: {passphrase: included}}\n";

/// Loads the input as the one settings file there is.
pub(crate) fn check(input: &[u8]) -> io::Result<()> {
    let folder = scratch::folder()?;
    // Included files are named by their real path.
    let root = folder.path().canonicalize()?;
    let file = root.join("a.yml");
    fs::write(&file, input)?;
    fs::write(root.join("base.yml"), INCLUDED)?;
    let loader = DbConfig::loader().env::<&str, &str>([]).working_dir(&root);
    match loader.without_files().file(&file).load() {
        Ok(config) => {
            inside_limits(&config);
            without_passphrase(&config);
            from_known_layers(&config, &root);
        }
        Err(error) => unquoted(&error),
    }
    Ok(())
}

fn inside_limits(config: &DbConfig) {
    let (pool, retry) = (&config.pool, &config.retry);
    assert!(limits::MIN_SIZE.contains(&pool.min_size), "{pool:?}");
    assert!(limits::MAX_SIZE.contains(&pool.max_size), "{pool:?}");
    assert!(pool.min_size <= pool.max_size, "{pool:?}");
    let timeout = &pool.acquire_timeout;
    assert!(limits::ACQUIRE_TIMEOUT.contains(timeout), "{pool:?}");
    assert!(
        limits::MAX_ATTEMPTS.contains(&retry.max_attempts),
        "{retry:?}"
    );
    assert!(limits::DELAY.contains(&retry.delay), "{retry:?}");
}

/// What is printed is the same for every passphrase.
fn without_passphrase(config: &DbConfig) {
    let mut without = config.clone();
    if without.cipher.passphrase.take().is_none() {
        return;
    }
    let (shown, without) = (format!("{config:?}"), format!("{without:?}"));
    let rest = without.rsplit_once("passphrase: None");
    let (before, after) = rest.unwrap_or_else(|| panic!("no passphrase in {without}"));
    let expected = format!("{before}passphrase: Some(\"[redacted]\"){after}");
    assert_eq!(shown, expected);
    let report = config
        .settings()
        .find(|report| report.key == "db.cipher.passphrase");
    assert!(report.is_some_and(|report| report.value == "[redacted]"));
}

/// Every setting says where it is from, and only two files are there.
fn from_known_layers(config: &DbConfig, root: &Path) {
    for report in config.settings() {
        let known = match &report.layer {
            Layer::Default => true,
            Layer::NamedFile(file) => file.starts_with(root),
            _ => false,
        };
        assert!(known, "{report}");
    }
}

/// No message holds a value. The name of an included file is none.
fn unquoted(error: &ConfigError) {
    let names_it = |path: &Path| path.to_string_lossy().contains(CANARY);
    if matches!(error, ConfigError::Include { .. }) || error.path().is_some_and(names_it) {
        return;
    }
    for said in [error.to_string(), format!("{error:?}")] {
        assert!(!said.contains(CANARY), "{said}");
    }
}
