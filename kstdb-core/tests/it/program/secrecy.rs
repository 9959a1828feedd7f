//! The key is in no output, whatever goes right or wrong.

use super::run::{CANARY, Place, TestResult};

#[test]
fn the_key_is_in_no_output() -> TestResult {
    let place = Place::with_database()?;
    place.write("key", CANARY)?;
    place.write("prefixed", format!("prefix-{CANARY}"))?;
    place.write("nul", format!("{CANARY}\0"))?;
    place.write(
        "settings.yml",
        format!("db: {{cipher: {{enabled: true, key_source: passphrase, passphrase: {CANARY}}}}}"),
    )?;
    place.write(
        "broken.yml",
        format!("db: {{cipher: {{enabled: {CANARY}, passphrase: [{CANARY}]}}}}"),
    )?;
    let sources = [
        &["--key-env", "CANARY_KEY"][..],
        &["--key-file", "key"],
        &["--key-file", "prefixed"],
        &["--key-file", "nul"],
        &["--config", "settings.yml"],
        &["--config", "broken.yml"],
        &["--sops", "settings.yml"],
    ];
    let verbs = [
        &["info", "a.db"][..],
        &["query", "a.db", "SELECT * FROM t"],
        &["query", "a.db", "SELECT nonsense"],
        &["exec", "a.db", "UPDATE t SET name = 'x' WHERE id = 1"],
        &["dump", "a.db"],
        &["doctor", "a.db"],
        &["doctor", "missing.db"],
    ];
    no_output_shows_it(&place, &sources, &verbs)?;
    // Those that derive more than one key, with a right one, a wrong one and one that is none.
    let whole_files = [
        &["verify", "a.db"][..],
        &["backup", "a.db", "b.db", "--overwrite"],
        &["restore", "b.db", "c.db"],
        &["upgrade", "c.db"],
        &["rekey", "a.db", "--new-key-file", "key"],
        &["rekey", "c.db", "--new-key-file", "prefixed"],
        &["decrypt", "c.db", "--yes"],
        &["encrypt", "a.db"],
    ];
    no_output_shows_it(&place, &sources[1..4], &whole_files)
}

fn no_output_shows_it(place: &Place, sources: &[&[&str]], verbs: &[&[&str]]) -> TestResult {
    for (row, source) in sources.iter().enumerate() {
        for (column, verb) in verbs.iter().enumerate() {
            let form: &[&str] = if (row + column) % 2 == 0 {
                &[]
            } else {
                &["--json"]
            };
            let args = [*source, *verb, form].concat();
            let ran = place.run(args.iter().copied())?;
            assert!(!ran.stdout.contains(CANARY), "{args:?}: {}", ran.stdout);
            assert!(!ran.stderr.contains(CANARY), "{args:?}: {}", ran.stderr);
        }
    }
    Ok(())
}

#[test]
fn neither_key_nor_data_is_in_the_files() -> TestResult {
    let place = Place::with_database()?;
    for (path, bytes) in place.files()? {
        for secret in [CANARY, "Grace", "CREATE TABLE", "SQLite format"] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", path.display());
        }
    }
    Ok(())
}

#[test]
fn no_option_takes_a_key() -> TestResult {
    let place = Place::new()?;
    for option in ["--key", "--passphrase", "--password"] {
        place.run([option, "sesame", "info", "a.db"])?.failed(2)?;
    }
    Ok(())
}

#[test]
fn a_usage_error_is_json_where_json_is_asked_for() -> TestResult {
    let place = Place::new()?;
    let message = place.run(["info", "--json"])?.failed(2)?;
    let error = super::run::json(&message)?;
    assert_eq!(error["error"], "usage");
    Ok(())
}
