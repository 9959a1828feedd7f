//! Where the key comes from, and what happens without one.

use std::fs;

#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};

use super::run::{CANARY, Place, Ran, TestResult, json};

const QUERY: [&str; 3] = ["query", "a.db", "SELECT count(*) FROM t"];

fn with<'a>(options: &[&'a str]) -> Vec<&'a str> {
    QUERY.into_iter().chain(options.iter().copied()).collect()
}

#[test]
fn a_variable_a_file_and_the_settings_open_the_same_database() -> TestResult {
    let place = Place::with_database()?;
    place.write("key", CANARY)?;
    place.write("key-with-newline", format!("{CANARY}\n"))?;
    place.write(
        "env.yml",
        "db: {cipher: {enabled: true, key_env: CANARY_KEY}}",
    )?;
    for options in [
        &["--key-env", "CANARY_KEY"][..],
        &["--key-file", "key"],
        &["--key-file", "key-with-newline"],
        &["--config", "env.yml"],
        &["--config", "env.yml", "--key-file", "key"],
    ] {
        let stdout = place.run(with(options))?.succeeded()?;
        assert_eq!(stdout, "count(*)\n2\n", "{options:?}");
    }
    place.write("kstdb.conf.yml", fs::read(place.path("env.yml"))?)?;
    assert_eq!(place.run(QUERY)?.succeeded()?, "count(*)\n2\n");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_sops_file_opens_the_database() -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::with_database()?;
    let sops = place.write(
        "sops",
        format!("#!/bin/sh\necho '{{\"prod\": {{\"key\": \"{CANARY}\"}}}}'\n"),
    )?;
    fs::set_permissions(&sops, fs::Permissions::from_mode(0o700))?;
    // For a PGP key, so that it takes the program.
    let encrypted = format!(
        "ENC[AES256_GCM,data:AA==,iv:{}A=,tag:{}==,type:str]",
        "A".repeat(42),
        "A".repeat(22)
    );
    place.write(
        "secrets.yml",
        format!(
            "prod: {{key: '{encrypted}'}}\nsops: {{pgp: [{{}}], mac: x, \
             lastmodified: '2026-11-22T08:42:04Z', version: 3.11.0}}\n"
        ),
    )?;
    let run = |key: &'static str| {
        let mut command = place.command();
        let search_path = format!("{}:/usr/bin:/bin", place.path("").display());
        command.env("PATH", search_path);
        command.args(with(&["--sops", "secrets.yml", "--sops-key", key]));
        Ran::of(command.output()?)
    };
    assert_eq!(run("prod.key")?.succeeded()?, "count(*)\n2\n");
    let message = run("prod.other")?.failed(3)?;
    assert!(message.contains("secrets.yml"), "{message}");
    assert!(!message.contains(CANARY), "{message}");
    Ok(())
}

#[test]
fn a_sops_file_for_age_needs_no_program() -> TestResult {
    let fixtures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../kstdb-cipher/tests/fixtures/sops"
    );
    let sops = format!("{fixtures}/generated/age_basic.yaml");
    let place = Place::new()?;
    let settings = |identity: &str| {
        let identity = serde_json::Value::from(format!("{fixtures}/keys/{identity}"));
        format!("db: {{cipher: {{sops_identity: {identity}}}}}")
    };
    place.write("kstdb.conf.yml", settings("age-id1.txt"))?;
    let exec = ["exec", "a.db", "CREATE TABLE t (x)", "--sops", &sops];
    place.run(exec)?.succeeded()?;
    place.write("key", "s3cr3t-value-\u{e5}\u{df}")?;
    place
        .run(["info", "a.db", "--key-file", "key"])?
        .succeeded()?;
    place.write("kstdb.conf.yml", settings("age-wrong.txt"))?;
    let message = place.run(["info", "a.db", "--sops", &sops])?.failed(3)?;
    assert!(message.contains("no identity opens it"), "{message}");
    Ok(())
}

#[test]
fn a_credential_of_the_service_manager_opens_the_database() -> TestResult {
    let place = Place::with_database()?;
    place.write("db_key", CANARY)?;
    let options = [
        &["--credential", "db_key"][..],
        &["--config", "credential.yml"],
    ];
    place.write(
        "credential.yml",
        "db: {cipher: {enabled: true, key_source: credential}}",
    )?;
    for options in options {
        let mut command = place.command();
        command.env("CREDENTIALS_DIRECTORY", place.path(""));
        let ran = Ran::of(command.args(with(options)).output()?)?;
        assert_eq!(ran.succeeded()?, "count(*)\n2\n", "{options:?}");
    }
    Ok(())
}

#[test]
fn a_wrong_key_is_named_and_has_its_exit_code() -> TestResult {
    let place = Place::with_database()?;
    place.write("wrong", "another key")?;
    let message = place.run(with(&["--key-file", "wrong"]))?.failed(3)?;
    assert!(
        message.contains("a.db: the key is wrong, or the file is not a database"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1, "{message}");
    let error = json(
        &place
            .run(with(&["--key-file", "wrong", "--json"]))?
            .failed(3)?,
    )?;
    assert_eq!(error["error"], "wrong_key");
    Ok(())
}

#[test]
fn an_encrypted_file_without_a_key_names_the_options() -> TestResult {
    let place = Place::with_database()?;
    for verb in [&QUERY[..], &["info", "a.db"], &["dump", "a.db"]] {
        let message = place.run(verb.iter().copied())?.failed(3)?;
        for option in [
            "--key-env",
            "--key-file",
            "--sops",
            "--credential",
            "--keyring",
            "--prompt",
            "db.cipher",
        ] {
            assert!(message.contains(option), "{message}");
        }
    }
    Ok(())
}

#[test]
fn a_source_without_a_key_is_an_error_and_never_plaintext() -> TestResult {
    let place = Place::new()?;
    place.write("empty", "\n")?;
    place.write("settings.yml", "db: {cipher: {enabled: true}}")?;
    for options in [
        &["--key-env", "NOT_SET"][..],
        &["--key-file", "empty"],
        &["--key-file", "missing"],
        &["--credential", "missing"],
        &["--credential", "../key"],
        &["--keyring", "app"],
        &["--keyring", "app", "--keyring-user", "ann"],
        &["--sops", "missing.yml"],
        &["--config", "settings.yml"],
    ] {
        let exec = ["exec", "new.db", "CREATE TABLE t (x)"];
        let ran = place.run(exec.into_iter().chain(options.iter().copied()))?;
        ran.failed(3)?;
        assert!(!place.path("new.db").exists(), "{options:?}");
    }
    Ok(())
}

/// The program, started by another one that decides about its terminal.
#[cfg(target_os = "linux")]
fn under(place: &Place, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", place.path(""))
        .env("XDG_CONFIG_DIRS", place.path(""))
        .current_dir(place.path(""))
        .stdin(Stdio::null());
    command
}

#[cfg(target_os = "linux")]
#[test]
fn a_prompt_needs_a_terminal() -> TestResult {
    let place = Place::with_database()?;
    // A session of its own has none, wherever the tests run.
    let mut command = under(&place, "setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_kstdb")]);
    let message = Ran::of(command.args(with(&["--prompt"])).output()?)?.failed(3)?;
    assert!(message.contains("there is no terminal"), "{message}");
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_prompt_asks_the_terminal_whatever_standard_input_is() -> TestResult {
    use std::io::Write as _;

    let place = Place::with_database()?;
    let program = env!("CARGO_BIN_EXE_kstdb");
    let line = format!("'{program}' --prompt query a.db 'SELECT name FROM t' < /dev/null");
    let mut script = under(&place, "script");
    script
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut script = script.spawn()?;
    let mut terminal = script.stdin.take().ok_or("no input")?;
    writeln!(terminal, "{CANARY}")?;
    let output = script.wait_with_output()?;
    drop(terminal);
    let seen = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && seen.contains("Grace"), "{seen}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_refused() -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::with_database()?;
    let path = place.write("key", CANARY)?;
    for mode in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        let message = place.run(with(&["--key-file", "key"]))?.failed(3)?;
        assert!(message.contains(&format!("mode {mode:04o}")), "{message}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400))?;
    place.run(with(&["--key-file", "key"]))?.succeeded()?;
    Ok(())
}

#[test]
fn two_keys_are_a_usage_error_wherever_they_stand() -> TestResult {
    let place = Place::with_database()?;
    for args in [
        ["--key-env", "A", "--key-file", "b", "info", "a.db"],
        ["--key-env", "A", "info", "a.db", "--key-file", "b"],
        ["info", "a.db", "--sops", "a", "--key-env", "B"],
        ["info", "a.db", "--credential", "a", "--keyring", "B"],
    ] {
        let message = place.run(args)?.failed(2)?;
        assert!(message.contains("cannot be used with"), "{message}");
    }
    place.run_keyed(["info", "a.db", "--prompt"])?.failed(2)?;
    place.run(["info", "a.db", "--sops-key", "k"])?.failed(2)?;
    Ok(())
}
