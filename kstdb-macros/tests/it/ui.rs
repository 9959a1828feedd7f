//! What compiles and runs, and what does not compile and how it is told.

use std::fs;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::symlink as symlink_file;
#[cfg(windows)]
use std::os::windows::fs::symlink_file;
use std::path::{Path, PathBuf};

use crate::nested_cargo;

/// Files by name, with their text.
type Files = &'static [(&'static str, &'static [u8])];

/// The folders that the cases of `migrate!` name.
const FOLDERS: [(&str, Files); 4] = [
    (
        "good",
        &[
            (
                "0001_create_users.sql",
                b"CREATE TABLE users (id INTEGER PRIMARY KEY);\n",
            ),
            (
                "2_add_mail.up.sql",
                b"ALTER TABLE users ADD COLUMN mail TEXT;\r\n",
            ),
            (
                "2_add_mail.down.sql",
                b"ALTER TABLE users DROP COLUMN mail;\n",
            ),
            ("10_vacuum.sql", b"-- no-transaction\nVACUUM;\n"),
            ("README.md", b"How we write migrations.\n"),
        ],
    ),
    ("other", &[("1_a.sql", b"CREATE TABLE a (x);\n")]),
    ("empty", &[("README.md", b"No migration yet.\n")]),
    (
        "bad",
        &[
            ("0_zero.sql", b""),
            ("1_first.sql", b""),
            ("01_second.sql", b""),
            ("2_latin1.sql", b"-- \xe9t\xe9\n"),
            ("3_nul.sql", b"SELECT 1;\0SELECT 2;"),
            ("4_down.down.sql", b""),
            ("users.sql", b""),
        ],
    ),
];

#[test]
fn from_row() -> io::Result<()> {
    nested_cargo::leave_debug_info_out()?;
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/from_row/pass/*.rs");
    cases.compile_fail("tests/ui/from_row/fail/*.rs");
    Ok(())
}

#[test]
fn migrate() -> io::Result<()> {
    write_folders(&crate_of_the_cases().join("folders"))?;
    nested_cargo::leave_debug_info_out()?;
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/migrate/pass/*.rs");
    cases.compile_fail("tests/ui/migrate/fail/*.rs");
    Ok(())
}

/// Where trybuild compiles the cases: paths given to `migrate!` start there.
fn crate_of_the_cases() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("../tests/trybuild")
        .join(env!("CARGO_PKG_NAME"))
}

fn write_folders(at: &Path) -> io::Result<()> {
    match fs::remove_dir_all(at) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    for (folder, files) in FOLDERS {
        let folder = at.join(folder);
        fs::create_dir_all(&folder)?;
        for (file, text) in files {
            fs::write(folder.join(file), text)?;
        }
    }
    let outside = at.join("outside");
    fs::create_dir_all(&outside)?;
    symlink_file("../good/0001_create_users.sql", outside.join("1_users.sql"))
}
