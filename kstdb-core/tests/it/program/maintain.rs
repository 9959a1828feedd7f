//! Whole files: another key, encryption on and off, old formats.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use kstdb_core::cipher::inspect;
use kstdb_core::cipher::rusqlite::Connection;
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};

use super::run::{CANARY, KEY, Place, Ran, TestResult, json};

const NEW_KEY: &str = "canary-of-the-new-key";

/// Makes `plain.db`, unencrypted, with so many rows.
fn plaintext(place: &Place, rows: u32) -> TestResult {
    let sql = Connection::open(place.path("plain.db"))?;
    sql.execute_batch(&format!(
        "CREATE TABLE t AS WITH RECURSIVE n (i) AS
         (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i, randomblob(300) b FROM n"
    ))?;
    Ok(())
}

fn is_encrypted(place: &Place, name: &str) -> TestResult<bool> {
    Ok(inspect(&place.path(name))?.state.is_opaque())
}

#[test]
fn a_key_is_changed_for_another_one() -> TestResult {
    let place = Place::with_database()?;
    place.write("new.key", format!("{NEW_KEY}\n"))?;
    let rekey = ["rekey", "a.db", "--new-key-file", "new.key"];
    assert_eq!(place.run_keyed(rekey)?.succeeded()?, "rekeyed a.db\n");
    let message = place.run_keyed(["info", "a.db"])?.failed(3)?;
    assert!(message.contains("the key is wrong"), "{message}");
    let query = ["query", "a.db", "SELECT count(*) FROM t"];
    let ran = place.run(["--key-file", "new.key"].into_iter().chain(query))?;
    assert!(ran.succeeded()?.contains('2'));

    let again = ["--key-file", "new.key", "--json", "rekey", "a.db"];
    let again = again.into_iter().chain(["--new-key-file", "new.key"]);
    let error = json(&place.run(again)?.failed(1)?)?;
    assert_eq!(error["error"], "maintenance");
    Ok(())
}

#[test]
fn a_new_key_is_one_and_must_be_named() -> TestResult {
    let place = Place::with_database()?;
    let message = place.run_keyed(["rekey", "a.db"])?.failed(3)?;
    assert!(message.contains("--new-key-env"), "{message}");
    let two = ["rekey", "a.db", "--new-key-env", "A", "--new-prompt"];
    place.run_keyed(two)?.failed(2)?;
    let alone = ["rekey", "a.db", "--new-sops-key", "A"];
    place.run_keyed(alone)?.failed(2)?;
    place.run_keyed(["info", "a.db"])?.succeeded()?;
    Ok(())
}

#[test]
fn a_database_is_encrypted_and_decrypted() -> TestResult {
    let place = Place::new()?;
    plaintext(&place, 10)?;
    place.run(["encrypt", "plain.db"])?.failed(3)?;
    assert!(!is_encrypted(&place, "plain.db")?);
    let encrypt = ["encrypt", "plain.db"];
    assert_eq!(
        place.run_keyed(encrypt)?.succeeded()?,
        "encrypted plain.db\n"
    );
    assert!(is_encrypted(&place, "plain.db")?);

    let message = place.run_keyed(["decrypt", "plain.db"])?.failed(2)?;
    assert!(message.contains("--yes"), "{message}");
    assert!(is_encrypted(&place, "plain.db")?);
    let decrypt = ["decrypt", "plain.db", "--yes"];
    assert_eq!(
        place.run_keyed(decrypt)?.succeeded()?,
        "decrypted plain.db\n"
    );
    assert!(!is_encrypted(&place, "plain.db")?);
    Ok(())
}

#[test]
fn an_old_file_is_upgraded_once() -> TestResult {
    let place = Place::new()?;
    let sql = Connection::open(place.path("a.db"))?;
    sql.pragma_update(None, "key", CANARY)?;
    sql.execute_batch("PRAGMA cipher_compatibility = 3; CREATE TABLE t (n)")?;
    drop(sql);
    let upgrade = || place.run_keyed(["upgrade", "a.db"])?.succeeded();
    assert_eq!(upgrade()?, "upgraded a.db (SQLCipher 3)\n");
    assert_eq!(upgrade()?, "unchanged a.db (SQLCipher 4)\n");
    place.run_keyed(["info", "a.db"])?.succeeded()?;
    Ok(())
}

#[test]
fn progress_is_told_in_lines_of_json() -> TestResult {
    let place = Place::new()?;
    plaintext(&place, 5_000)?;
    let encrypt = KEY.into_iter().chain(["encrypt", "plain.db", "--json"]);
    let ran = place.run(encrypt)?;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(json(&ran.stdout)?["done"], "encrypted");
    let mut steps = Vec::new();
    for line in ran.stderr.lines() {
        let line = json(line)?;
        let (done, total) = (line["done"].as_u64(), line["total"].as_u64());
        assert!(done <= total && total.is_some(), "{line}");
        steps.push(line["progress"].as_str().unwrap_or_default().to_owned());
    }
    steps.dedup();
    assert_eq!(steps, ["copy", "verify", "compare"]);
    Ok(())
}

/// Runs a verb, sends a signal when it has begun, and gives what it said last, too.
#[cfg(unix)]
fn signalled(mut verb: Command, signal: Signal) -> TestResult<(Ran, String)> {
    let mut program = verb.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stderr = BufReader::new(program.stderr.take().ok_or("no stderr")?);
    let mut line = String::new();
    stderr.read_line(&mut line)?;
    assert_eq!(json(&line)?["progress"], "copy", "{line}");
    // Not with a program of its own, which could start when the work is done.
    kill_process(Pid::from_child(&program), signal)?;
    let mut rest = String::new();
    stderr.read_to_string(&mut rest)?;
    let last = rest.lines().last().unwrap_or_default().to_owned();
    Ok((Ran::of(program.wait_with_output()?)?, last))
}

/// The program, started by another one.
#[cfg(unix)]
fn through(starter: &[&str], place: &Place) -> Command {
    let program = place.command();
    let mut command = Command::new(starter[0]);
    command.args(&starter[1..]).arg(program.get_program());
    for (name, value) in program.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.current_dir(place.path(""));
    command
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_the_database_as_it_was() -> TestResult {
    let place = Place::new()?;
    plaintext(&place, 100_000)?;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let before = std::fs::read(place.path("plain.db"))?;
        // Whoever runs the tests under `nohup` has them ignore hangups.
        let mut encrypt = match cfg!(target_os = "linux") && signal == Signal::HUP {
            true => through(&["env", "--default-signal=HUP"], &place),
            false => place.command(),
        };
        encrypt.args(KEY).args(["encrypt", "plain.db", "--json"]);
        let (ran, last) = signalled(encrypt, signal)?;
        assert_eq!((ran.code, ran.stdout.as_str()), (130, ""), "{signal:?}");
        assert_eq!(json(&last)?["error"], "stopped", "{signal:?}");
        assert!(std::fs::read(place.path("plain.db"))? == before);
        // Least of all what was decrypted.
        assert_eq!(place.files()?.len(), 1, "{signal:?}");
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_hangup_that_is_ignored_stops_nothing() -> TestResult {
    let place = Place::new()?;
    plaintext(&place, 20_000)?;
    let mut encrypt = through(&["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"], &place);
    encrypt.args(KEY).args(["encrypt", "plain.db", "--json"]);
    let (ran, _) = signalled(encrypt, Signal::HUP)?;
    assert_eq!(
        (ran.code, json(&ran.stdout)?["done"].as_str()),
        (0, Some("encrypted"))
    );
    Ok(())
}
