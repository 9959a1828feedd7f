//! `verify`, `backup` and `restore`: what they say, and with which exit code.

use std::fs;
use std::time::{Duration, Instant};

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process};

use super::run::{KEY, Place, TestResult, json};

#[test]
fn a_sound_database_is_verified_with_exit_code_0() -> TestResult {
    let place = Place::with_database()?;
    let said = place.run_keyed(["verify", "a.db"])?.succeeded()?;
    assert!(said.ends_with("structure checked: sound\n"), "{said}");
    let args = [
        "verify",
        "a.db",
        "--level",
        "pages",
        "--threads",
        "1",
        "--json",
    ];
    let ran = place.run_keyed(args)?;
    let report = json(&ran.stdout)?;
    assert_eq!((ran.code, &report["sound"]), (0, &true.into()));
    assert_eq!(report["structure_checked"], false);
    assert_eq!(report["pages"]["damaged"].as_array().map(Vec::len), Some(0));
    // With --json, what is going on stands on stderr, a line of JSON each.
    let last = ran.stderr.lines().last().ok_or("no progress")?;
    let progress = json(last)?;
    assert_eq!(progress["progress"], "verify");
    assert_eq!(progress["done"], progress["total"]);
    Ok(())
}

#[test]
fn damaged_pages_are_named_with_exit_code_1() -> TestResult {
    let place = Place::with_database()?;
    place.exec("INSERT INTO t (name) VALUES (hex(randomblob(20000)))")?;
    let mut bytes = fs::read(place.path("a.db"))?;
    bytes[3_000] ^= 1;
    bytes[4_096 + 99] ^= 1;
    place.write("copy.db", bytes)?;
    let ran = place.run_keyed(["verify", "copy.db"])?;
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let pages = "pages 1 to 2: each does not fit its HMAC\n";
    assert!(ran.stdout.starts_with(pages), "{}", ran.stdout);
    let ran = place.run_keyed(["verify", "copy.db", "--json"])?;
    let report = json(&ran.stdout)?;
    assert_eq!((ran.code, &report["sound"]), (1, &false.into()));
    let damaged = &report["pages"]["damaged"][0];
    assert_eq!(
        (&damaged["first"], &damaged["last"]),
        (&1.into(), &2.into())
    );

    place.write("wrong", "another key")?;
    let ran = place.run(["verify", "a.db", "--key-file", "wrong"])?;
    assert!(ran.failed(3)?.contains("the key is wrong"));
    assert!(
        place
            .run(["verify", "a.db"])?
            .failed(3)?
            .contains("no key was given")
    );
    Ok(())
}

#[test]
fn a_database_is_backed_up_and_restored() -> TestResult {
    let place = Place::with_database()?;
    let said = place.run_keyed(["backup", "a.db", "b.db"])?.succeeded()?;
    assert!(said.ends_with("verified\n"), "{said}");
    place.exec("DELETE FROM t")?;
    let refused = place.run_keyed(["backup", "a.db", "b.db"])?.failed(1)?;
    assert!(
        refused.contains("there is a file of that name already"),
        "{refused}"
    );

    let said = place.run_keyed(["restore", "b.db", "a.db"])?.succeeded()?;
    assert!(said.contains(": replaced, "), "{said}");
    assert_eq!(place.column("SELECT name FROM t")?, ["Ada", "Grace"]);
    let ran = place.run_keyed(["restore", "b.db", "new.db", "--json"])?;
    assert_eq!(
        (ran.code, &json(&ran.stdout)?["replaced"]),
        (0, &false.into())
    );
    assert_eq!(place.files()?.len(), 3);
    Ok(())
}

#[test]
fn a_backup_can_have_another_key() -> TestResult {
    let place = Place::with_database()?;
    place.write("new", "another key")?;
    let args = [
        "backup",
        "a.db",
        "b.db",
        "--new-key-file",
        "new",
        "--overwrite",
    ];
    place.run_keyed(args)?.succeeded()?;
    assert_eq!(place.run_keyed(["verify", "b.db"])?.code, 3);
    place
        .run(["verify", "b.db", "--key-file", "new"])?
        .succeeded()?;
    Ok(())
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_backup_with_130_and_leaves_nothing() -> TestResult {
    let place = Place::with_database()?;
    place.exec(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
         INSERT INTO t (name) SELECT hex(randomblob(500)) FROM n",
    )?;
    let args = KEY.into_iter().chain(["backup", "a.db", "b.db"]);
    let mut program = place
        .command()
        .args(args)
        .stderr(std::process::Stdio::null())
        .spawn()?;
    let staged = place.path(".b.db.kstdb-new");
    let start = Instant::now();
    while !staged.metadata().is_ok_and(|file| file.len() > 0) {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "it does not begin"
        );
        assert!(program.try_wait()?.is_none(), "it is done already");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&program), Signal::INT)?;
    assert_eq!(program.wait()?.code(), Some(130));
    assert!(!staged.exists() && !place.path("b.db").exists());
    Ok(())
}
