//! The doctor: what is wrong, in its findings and its exit code.

use std::fs;

use serde_json::Value;

use super::run::{Place, TestResult, json};

/// The marks of all findings about one thing.
fn marks<'a>(report: &'a Value, what: &str) -> Vec<&'a str> {
    let findings = report["findings"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let about = findings.iter().filter(|finding| finding["what"] == what);
    about
        .filter_map(|finding| finding["mark"].as_str())
        .collect()
}

fn report(place: &Place, code: i32, args: &[&str]) -> TestResult<Value> {
    let ran = place.run(["doctor", "--json"].into_iter().chain(args.iter().copied()))?;
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (code, ""),
        "{args:?}: {}",
        ran.stdout
    );
    let report = json(&ran.stdout)?;
    assert_eq!(report["well"], code == 0);
    Ok(report)
}

const KEYED: [&str; 3] = ["a.db", "--key-env", "CANARY_KEY"];

#[test]
fn a_healthy_database_has_exit_code_0() -> TestResult {
    let place = Place::with_database()?;
    let report = report(&place, 0, &KEYED)?;
    for what in ["cipher", "self-test", "key", "file", "unlock"] {
        assert_eq!(marks(&report, what), ["ok"], "{what}");
    }
    assert_eq!(marks(&report, "setting").len(), 16);
    let ran = place.run_keyed(["doctor", "a.db"])?;
    assert!(ran.succeeded()?.ends_with("nothing is wrong\n"));
    Ok(())
}

#[test]
fn without_a_file_the_library_and_the_settings_are_examined() -> TestResult {
    let place = Place::new()?;
    let report = report(&place, 0, &[])?;
    assert_eq!(marks(&report, "key"), ["note"]);
    assert_eq!(marks(&report, "wal-reset").len(), 1);
    assert!(place.files()?.is_empty());
    Ok(())
}

#[test]
fn what_is_wrong_has_exit_code_1() -> TestResult {
    let place = Place::with_database()?;
    place.write("wrong", "another key")?;
    place.write("noise.db", [b'x'; 4096])?;
    place.write("broken.yml", "db: {pool: {max_sise: 1}}")?;
    for (args, what) in [
        (&["a.db", "--key-file", "wrong"][..], "unlock"),
        (&["a.db", "--key-env", "NOT_SET"], "key"),
        (&["noise.db", "--key-file", "wrong"], "unlock"),
        (&["missing.db", "--key-file", "wrong"], "file"),
        (&[".", "--key-file", "wrong"], "file"),
        (&["a.db", "--config", "broken.yml"], "settings"),
    ] {
        let report = report(&place, 1, args)?;
        assert_eq!(marks(&report, what), ["wrong"], "{args:?}");
    }
    let ran = place.run(["doctor", "missing.db"])?;
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.ends_with("something is wrong\n"));
    Ok(())
}

#[test]
fn a_key_and_a_plaintext_file_do_not_go_together() -> TestResult {
    let place = Place::new()?;
    place
        .run(["exec", "a.db", "CREATE TABLE t (x)", "--plaintext"])?
        .succeeded()?;
    assert_eq!(marks(&report(&place, 0, &["a.db"])?, "file"), ["warning"]);
    assert_eq!(marks(&report(&place, 1, &KEYED)?, "file"), ["wrong"]);
    Ok(())
}

#[cfg(unix)]
#[test]
fn modes_are_warned_about_and_links_are_wrong() -> TestResult {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let place = Place::with_database()?;
    fs::set_permissions(place.path("a.db"), fs::Permissions::from_mode(0o644))?;
    let found = report(&place, 0, &KEYED)?;
    assert_eq!(marks(&found, "mode"), ["warning", "ok"]);

    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o777))?;
    assert_eq!(
        marks(&report(&place, 0, &KEYED)?, "mode"),
        ["warning", "warning"]
    );

    symlink("a.db", place.path("link.db"))?;
    let linked = report(&place, 1, &["link.db", "--key-env", "CANARY_KEY"])?;
    assert_eq!(marks(&linked, "link"), ["wrong"]);
    symlink("a.db", place.path("a.db-journal"))?;
    assert_eq!(marks(&report(&place, 1, &KEYED)?, "link"), ["wrong"]);
    fs::remove_file(place.path("a.db-journal"))?;
    fs::hard_link(place.path("a.db"), place.path("second.db"))?;
    let found = report(&place, 1, &KEYED)?;
    assert_eq!(marks(&found, "link"), ["wrong"]);
    assert_eq!(marks(&found, "unlock"), ["wrong"]);
    Ok(())
}

#[test]
fn a_clamped_setting_is_shown_with_its_layer() -> TestResult {
    let place = Place::new()?;
    place.write("kstdb.conf.yml", "db: {pool: {max_size: 1000}}")?;
    let ran = place.run(["doctor"])?;
    assert_eq!(ran.code, 0);
    let line = ran
        .stdout
        .lines()
        .find(|line| line.contains("db.pool.max_size"));
    let line = line.ok_or("the setting is not shown")?;
    assert!(line.starts_with("warning"), "{line}");
    assert!(line.contains("1000 clamped to 100"), "{line}");
    assert!(line.contains("kstdb.conf.yml"), "{line}");
    Ok(())
}
