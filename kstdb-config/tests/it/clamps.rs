//! Numbers outside their limits: moved to the limit, with a warning, and on record.

use std::time::Duration;

use kstdb_config::{DbConfig, Layer, Limit, Overrides, SettingReport};

use crate::TestResult;
use crate::logs::captured;
use crate::place::Place;

fn report<'a>(config: &'a DbConfig, key: &str) -> Option<&'a SettingReport> {
    config.settings().find(|report| report.key == key)
}

#[test]
fn every_number_stops_at_both_ends_of_its_limits() -> TestResult {
    let place = Place::new()?;
    for (key, inside, below, above) in [
        ("db.pool.min_size", ["0", "10"], ("-1", "0"), ("11", "10")),
        ("db.pool.max_size", ["1", "100"], ("0", "1"), ("101", "100")),
        (
            "db.pool.acquire_timeout",
            ["1 s", "300 s"],
            ("0.999 s", "1 s"),
            ("300.5 s", "300 s"),
        ),
        (
            "db.retry.max_attempts",
            ["1", "10"],
            ("0", "1"),
            ("11", "10"),
        ),
        (
            "db.retry.delay",
            ["0.1 s", "60 s"],
            ("0.099 s", "0.1 s"),
            ("61 s", "60 s"),
        ),
    ] {
        let load = |given: &str| -> Result<SettingReport, Box<dyn std::error::Error>> {
            let number = given.trim_end_matches(" s");
            // Wide open, so that no other limit than its own stops `min_size`.
            let wide = if key == "db.pool.max_size" {
                ""
            } else {
                "db.pool.max_size = 100"
            };
            let text = format!("{key} = {number}\n{wide}\n");
            let config = place.load_text("app.toml", &text)??;
            Ok(report(&config, key).ok_or("a known key")?.clone())
        };
        for given in inside {
            let report = load(given)?;
            assert_eq!(
                (report.value.as_str(), report.clamped),
                (given, None),
                "{key}"
            );
        }
        for ((given, used), limit) in [(below, Limit::Minimum), (above, Limit::Maximum)] {
            let report = load(given)?;
            assert_eq!(report.value, used, "{key}");
            let clamp = report.clamped.ok_or("a clamp on record")?;
            assert_eq!(
                (clamp.given.as_str(), clamp.used.as_str()),
                (given, used),
                "{key}"
            );
            assert_eq!(clamp.limit, limit, "{key}");
        }
    }
    Ok(())
}

#[test]
fn min_size_never_exceeds_max_size() -> TestResult {
    let place = Place::new()?;
    let config = place.load_text("app.yml", "db: {pool: {min_size: 9, max_size: 4}}")??;
    assert_eq!((config.pool.min_size, config.pool.max_size), (4, 4));
    let clamp = report(&config, "db.pool.min_size").and_then(|report| report.clamped.as_ref());
    assert_eq!(clamp.map(|clamp| clamp.limit), Some(Limit::MaxSize));
    assert_eq!(
        report(&config, "db.pool.max_size").and_then(|report| report.clamped.as_ref()),
        None
    );

    // Beyond both limits: one clamp, from what was given to what is used.
    let config = place.load_text("app.yml", "db: {pool: {min_size: 50, max_size: -3}}")??;
    assert_eq!((config.pool.min_size, config.pool.max_size), (1, 1));
    let clamp = report(&config, "db.pool.min_size").and_then(|report| report.clamped.as_ref());
    assert_eq!(clamp.map(|clamp| clamp.given.as_str()), Some("50"));
    Ok(())
}

/// kstlib defect 32.
#[test]
fn a_clamp_is_warned_about_with_key_layer_given_and_used_value() -> TestResult {
    let place = Place::new()?;
    let file = place.write("work/kstdb.conf.yml", "db: {pool: {max_size: 1000}}")?;
    let (config, log) = captured(|| place.loader().load());
    let config = config?;
    assert_eq!(config.pool.max_size, 100);
    let file = file.to_string_lossy();
    for part in [
        "WARN",
        "db.pool.max_size",
        &file,
        "given=\"1000\"",
        "used=\"100\"",
    ] {
        assert!(log.contains(part), "{part} is missing in {log}");
    }
    assert_eq!(log.matches("WARN").count(), 1);
    Ok(())
}

#[test]
fn what_a_higher_layer_hides_is_not_warned_about() -> TestResult {
    let place = Place::new()?;
    place.write("work/kstdb.conf.yml", "db: {pool: {max_size: 1000}}")?;
    let loader = place.loader_with(&[("KSTDB__DB__POOL__MAX_SIZE", "20")]);
    let (config, log) = captured(|| loader.load());
    assert_eq!(config?.pool.max_size, 20);
    assert!(!log.contains("WARN"), "{log}");
    Ok(())
}

/// kstlib defect 32.
#[test]
fn values_given_in_code_are_clamped_too() -> TestResult {
    let place = Place::new()?;
    let mut overrides = Overrides::default();
    overrides.max_size = Some(u32::MAX);
    overrides.acquire_timeout = Some(Duration::MAX);
    overrides.delay = Some(Duration::ZERO);
    let config = place.loader().overrides(overrides).load()?;
    assert_eq!(config.pool.max_size, 100);
    assert_eq!(config.pool.acquire_timeout, Duration::from_secs(300));
    assert_eq!(config.retry.delay, Duration::from_millis(100));
    let clamped = config.settings().filter(|report| report.clamped.is_some());
    assert_eq!(
        clamped.filter(|report| report.layer == Layer::Code).count(),
        3
    );
    Ok(())
}

#[test]
fn whole_numbers_of_any_length_are_clamped_or_refused_and_never_wrap() -> TestResult {
    let place = Place::new()?;
    for (text, used) in [
        ("9223372036854775807", Some(100)),
        ("-9223372036854775808", Some(1)),
        ("99999999999999999999", None),
        ("-99999999999999999999", None),
    ] {
        for (name, file) in [
            ("app.yml", format!("db: {{pool: {{max_size: {text}}}}}")),
            (
                "app.json",
                format!("{{\"db\": {{\"pool\": {{\"max_size\": {text}}}}}}}"),
            ),
            ("app.toml", format!("db.pool.max_size = {text}")),
            ("app.ini", format!("[db.pool]\nmax_size = {text}")),
        ] {
            let loaded = place.load_text(name, &file)?;
            assert_eq!(
                loaded.ok().map(|config| config.pool.max_size),
                used,
                "{name}: {text}"
            );
        }
    }
    let json = r#"{"db": {"pool": {"max_size": 18446744073709551615}}}"#;
    assert_eq!(place.load_text("app.json", json)??.pool.max_size, 100);
    Ok(())
}
