//! Settings files written for Python's kstlib.

use std::time::Duration;

use kstdb_config::KeySourceKind;

use crate::TestResult;
use crate::place::Place;

/// The block that kstlib's documentation gives.
const DOCUMENTED: &str = "\
db:
  pool:
    min_size: 2
    max_size: 20
    acquire_timeout: 30.0
  retry:
    max_attempts: 3
    delay: 0.5
  cipher:
    enabled: false           # Opt-in SQLCipher encryption
    key_source: env          # env | sops | passphrase
    key_env: \"KSTLIB_DB_KEY\"
";

#[test]
fn the_documented_kstlib_block_works_unchanged() -> TestResult {
    let place = Place::new()?;
    place.write("work/kstlib.conf.yml", DOCUMENTED)?;
    let config = place.loader().load()?;
    assert_eq!((config.pool.min_size, config.pool.max_size), (2, 20));
    assert_eq!(config.pool.acquire_timeout, Duration::from_secs(30));
    assert_eq!(config.retry.max_attempts, 3);
    assert_eq!(config.retry.delay, Duration::from_millis(500));
    assert!(!config.cipher.enabled);
    assert_eq!(config.cipher.key_source, KeySourceKind::Env);
    assert_eq!(config.cipher.key_env, "KSTLIB_DB_KEY");
    Ok(())
}

/// PyYAML merges, and takes the last of two equal keys.
#[test]
fn a_template_of_a_kstlib_file_is_merged_into_its_section() -> TestResult {
    let place = Place::new()?;
    let text = "\
pools: &pools {max_size: 7, min_size: 2}
log: {level: 1, level: 2}
db:
  pool:
    <<: *pools
    min_size: 3
";
    let config = place.load_text("work/kstlib.conf.yml", text)??;
    assert_eq!((config.pool.min_size, config.pool.max_size), (3, 7));
    Ok(())
}

#[test]
fn the_other_sections_of_a_kstlib_file_are_left_alone() -> TestResult {
    let place = Place::new()?;
    let others = "\
logger: &logger
  level: TRACE
  rates: [.nan, .inf, -.inf, 0x1F, 1_000, 2001-12-14]
  again: {<<: *logger_defaults}
";
    // An alias must be defined before it is used, in any YAML.
    let others = others.replace("*logger_defaults", "*defaults");
    let text = format!(
        "defaults: &defaults {{a: 1}}\n{others}\
         ~: null key\n? [a, b]\n: list as key\n1: number as key\n\
         tagged: !secret value\npool: {{max_sise: many}}\n{DOCUMENTED}"
    );
    assert_eq!(
        place
            .load_text("work/kstlib.conf.yml", &text)??
            .pool
            .max_size,
        20
    );
    Ok(())
}

#[test]
fn anchors_and_aliases_work_below_db() -> TestResult {
    let place = Place::new()?;
    let text = "sizes: &size 7\npool: &pool {max_size: *size}\ndb: {pool: *pool}\n";
    assert_eq!(place.load_text("kstlib.conf.yml", text)??.pool.max_size, 7);
    Ok(())
}

#[test]
fn the_same_settings_work_in_every_format() -> TestResult {
    let place = Place::new()?;
    for (name, text) in [
        (
            "a.yml",
            "db: {pool: {max_size: 7, acquire_timeout: 2.5}, cipher: {enabled: true}}",
        ),
        (
            "a.toml",
            "[db]\npool = { max_size = 7, acquire_timeout = 2.5 }\n[db.cipher]\nenabled = true",
        ),
        (
            "a.json",
            r#"{"db": {"pool": {"max_size": 7, "acquire_timeout": 2.5},
                "cipher": {"enabled": true, "passphrase": null}}}"#,
        ),
        (
            "a.ini",
            "[logging]\nlevel = x\n[db.pool]\nmax_size = 7\nacquire_timeout: 2.5\n\
             [db.cipher]\nenabled = on\n",
        ),
    ] {
        let config = place.load_text(name, text)??;
        assert_eq!(config.pool.max_size, 7, "{name}");
        assert_eq!(
            config.pool.acquire_timeout,
            Duration::from_millis(2500),
            "{name}"
        );
        assert!(config.cipher.enabled, "{name}");
    }
    Ok(())
}

#[test]
fn a_file_without_settings_is_no_error() -> TestResult {
    let place = Place::new()?;
    for (name, text) in [
        ("a.yml", ""),
        ("a.yml", "# nothing\n"),
        ("a.yml", "---\n"),
        ("a.yml", "null"),
        ("a.yml", "db:\n"),
        ("a.yml", "db:\n  pool:\n  retry: {delay: }\n"),
        ("a.toml", ""),
        ("a.json", "{}"),
        ("a.json", "null"),
        ("a.ini", ""),
        ("a.ini", "[db]\n"),
    ] {
        let config = place
            .load_text(name, text)?
            .map_err(|error| format!("{text:?}: {error}"))?;
        assert_eq!(config.pool.max_size, 10, "{text:?}");
    }
    Ok(())
}
