//! Files of another format than that of SQLCipher 4, with every verb.

use kstdb_core::cipher::rusqlite::Connection;

use super::run::{CANARY, Place, TestResult};

/// Makes `old.db` in the format of SQLCipher 3.
fn version_3(place: &Place) -> TestResult {
    let sql = Connection::open(place.write("old.db", "")?)?;
    sql.pragma_update(None, "key", CANARY)?;
    sql.execute_batch(
        "PRAGMA cipher_compatibility = 3; CREATE TABLE t (n); INSERT INTO t VALUES (1)",
    )?;
    Ok(())
}

#[test]
fn every_verb_works_with_a_file_of_an_older_version() -> TestResult {
    let place = Place::new()?;
    version_3(&place)?;
    for verb in [
        &["info", "old.db"][..],
        &["query", "old.db", "SELECT n FROM t"],
        &["exec", "old.db", "INSERT INTO t VALUES (2)"],
        &["dump", "old.db"],
        &["doctor", "old.db"],
        &["verify", "old.db"],
        &["backup", "old.db", "copy.db"],
        &["restore", "copy.db", "old.db"],
        &["decrypt", "old.db", "--yes"],
        &["encrypt", "old.db"],
    ] {
        let ran = place.run_keyed([&["--compatibility", "3"], verb].concat())?;
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{verb:?}");
    }
    // Without the option it is said what is missing.
    let message = place.run_keyed(["verify", "old.db"])?.failed(1)?;
    assert!(message.contains("SQLCipher 3"), "{message}");
    Ok(())
}

#[test]
fn rounds_and_page_size_are_changed_and_then_named() -> TestResult {
    let place = Place::with_database()?;
    place.write("new.key", "another")?;
    let rekey = ["rekey", "a.db", "--new-key-file", "new.key"];
    let format = ["--new-cipher-page-size", "8192", "--new-kdf-iter", "1000"];
    place.run_keyed([rekey, format].concat())?.succeeded()?;
    let verify = ["verify", "a.db", "--key-file", "new.key"];
    place.run(verify)?.failed(3)?;
    let format = ["--cipher-page-size", "8192", "--kdf-iter", "1000"];
    let ran = place.run([&verify[..], &format].concat())?;
    assert!(ran.succeeded()?.ends_with("sound\n"));

    // And back: what is not named stays as it is.
    place.write("old.key", CANARY)?;
    let back = ["rekey", "a.db", "--key-file", "new.key"];
    let new = [
        "--new-key-file",
        "old.key",
        "--new-cipher-page-size",
        "4096",
    ];
    place
        .run([&back[..], &format, &new].concat())?
        .succeeded()?;
    place
        .run_keyed(["info", "a.db", "--kdf-iter", "1000"])?
        .succeeded()?;
    Ok(())
}

#[test]
fn a_format_that_there_is_not_makes_no_sense() -> TestResult {
    let place = Place::new()?;
    for option in [
        ["--cipher-page-size", "1000"],
        ["--kdf-iter", "0"],
        ["--compatibility", "5"],
    ] {
        place
            .run_keyed([&option[..], &["info", "a.db"]].concat())?
            .failed(2)?;
    }
    Ok(())
}
