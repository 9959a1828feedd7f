//! Folders that are read, and folders that are refused.

use std::error::Error;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{Migration, read};
use crate::migrations::{Folder, Kind, MigrationsError};

type TestResult = Result<(), Box<dyn Error>>;

/// A folder of files, and what reading it gives.
struct Case(TempDir);

impl Case {
    fn new(files: &[(&str, &[u8])]) -> std::io::Result<Self> {
        let dir = TempDir::new()?;
        for (name, text) in files {
            fs::write(dir.path().join(name), text)?;
        }
        Ok(Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self) -> std::io::Result<Result<Vec<Migration>, Vec<MigrationsError>>> {
        let path = self.path().canonicalize()?;
        Ok(read(&Folder {
            shown: "migrations".to_owned(),
            path,
        }))
    }

    fn migrations(&self) -> Result<Vec<Migration>, Box<dyn Error>> {
        self.read()?.map_err(|errors| format!("{errors:?}").into())
    }

    fn errors(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let errors = self.read()?.err().ok_or("the folder was accepted")?;
        Ok(errors.iter().map(ToString::to_string).collect())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn migrations_come_in_the_order_of_their_versions() -> TestResult {
    let case = Case::new(&[
        ("10_c.sql", b""),
        ("2_b.down.sql", b""),
        ("2_b.up.sql", b""),
        ("1_a.sql", b""),
        ("README.md", b"not a migration"),
    ])?;
    let found: Vec<_> = case
        .migrations()?
        .into_iter()
        .map(|one| (one.version, one.kind))
        .collect();
    assert_eq!(
        found,
        [
            (1, Kind::Simple),
            (2, Kind::Up),
            (2, Kind::Down),
            (10, Kind::Simple)
        ]
    );
    Ok(())
}

#[test]
fn the_checksum_is_the_sha384_that_sqlx_stores() -> TestResult {
    let case = Case::new(&[("1_a.sql", b"abc")])?;
    // The first vector of FIPS 180-4 for SHA-384.
    assert_eq!(
        hex(&case.migrations()?[0].checksum),
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
         8086072ba1e7cc2358baeca134c825a7"
    );
    Ok(())
}

#[test]
fn line_ends_do_not_change_the_checksum() -> TestResult {
    let unix = Case::new(&[("1_a.sql", b"CREATE TABLE a (x);\n-- end\n")])?;
    let dos = Case::new(&[("1_a.sql", b"CREATE TABLE a (x);\r\n-- end\r\n")])?;
    assert_eq!(
        unix.migrations()?[0].checksum,
        dos.migrations()?[0].checksum
    );
    Ok(())
}

#[test]
fn only_a_first_line_that_says_so_leaves_the_transaction() -> TestResult {
    let case = Case::new(&[
        ("1_a.sql", b"-- no-transaction\nVACUUM;"),
        ("2_b.sql", b"SELECT 1;\n-- no-transaction"),
    ])?;
    let found: Vec<_> = case.migrations()?.iter().map(|one| one.no_tx).collect();
    assert_eq!(found, [true, false]);
    Ok(())
}

#[test]
fn all_faults_are_told_at_once() -> TestResult {
    let case = Case::new(&[
        ("0_zero.sql", b""),
        ("1_text.up.sql", b"SELECT '\xff';"),
        ("1_text.down.sql", b""),
        ("2_nul.sql", b"SELECT 1;\0DROP TABLE a;"),
        ("3_down.down.sql", b""),
        ("users.sql", b""),
    ])?;
    let errors = case.errors()?;
    let expected = [
        "`0_zero.sql`: a version is a number from 1 to ",
        "`users.sql` is not called `<version>_<description>.sql`",
        "`3_down.down.sql` undoes version 3, but ",
        "`1_text.up.sql` is not UTF-8: byte 8 is not text",
        "`2_nul.sql` has a NUL at byte 9",
    ];
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for (error, start) in errors.iter().zip(expected) {
        assert!(error.starts_with(start), "{error}");
    }
    Ok(())
}

#[test]
fn one_version_belongs_to_one_migration() -> TestResult {
    for (files, expected) in [
        (
            ["1_a.sql", "01_b.sql"],
            "`01_b.sql` and `1_a.sql` both are version 1",
        ),
        (
            ["1_a.sql", "1_a.up.sql"],
            "`1_a.sql` and `1_a.up.sql` both are version 1",
        ),
        (
            ["1_a.sql", "1_a.down.sql"],
            "`1_a.sql` and `1_a.down.sql` both are version 1",
        ),
        (
            ["1_a.up.sql", "1_b.up.sql"],
            "`1_a.up.sql` and `1_b.up.sql` both are version 1",
        ),
    ] {
        let case = Case::new(&files.map(|file| (file, &b""[..])))?;
        assert_eq!(case.errors()?, [expected]);
    }
    Ok(())
}

#[test]
fn a_folder_without_migrations_is_refused() -> TestResult {
    let case = Case::new(&[("README.md", b"soon")])?;
    fs::create_dir(case.path().join("1_folder.sql"))?;
    let errors = case.errors()?;
    assert!(
        errors[0].starts_with("the folder `migrations` holds no migration"),
        "{errors:?}"
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_link_may_stay_inside_but_not_lead_out() -> TestResult {
    use std::os::unix::fs::symlink;

    let elsewhere = Case::new(&[("1_a.sql", b"SELECT 1;")])?;
    let case = Case::new(&[("real.txt", b"SELECT 1;")])?;
    symlink("real.txt", case.path().join("1_inside.sql"))?;
    symlink("/nowhere", case.path().join(".#1_inside.sql"))?;
    assert_eq!(case.migrations()?.len(), 1);

    symlink(
        elsewhere.path().join("1_a.sql"),
        case.path().join("2_outside.sql"),
    )?;
    assert_eq!(
        case.errors()?,
        ["`2_outside.sql` is a link that leads out of the folder"]
    );
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_text_is_refused() -> TestResult {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let case = Case::new(&[])?;
    fs::write(
        case.path().join(OsStr::from_bytes(b"1_\xff.sql")),
        "SELECT 1;",
    )?;
    let errors = case.errors()?;
    assert!(errors[0].ends_with("is not UTF-8"), "{errors:?}");
    Ok(())
}
