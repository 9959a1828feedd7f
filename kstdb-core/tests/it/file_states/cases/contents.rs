//! Files of other settings, and files that are no whole database.

use std::fs;

use super::case::{Case, bare, case, passphrase, right};
use crate::file_states::databases::{bytes, db, noise, other_settings, overwrite, usual};
use crate::support::name_smaller_pages;

const WRONG_KEY: &str = "Encryption::WrongKey";
const OTHER_SETTINGS: &str = "Encryption::OtherCipherSettings";
/// Which of the two depends on the version of SQLCipher: whether SQLite hears of the page.
const DAMAGED: &str = "Statement::DamagedPage or Statement::Sqlite";

/// Files of other settings, and files that are no whole database.
pub(in crate::file_states) const CONTENTS: &[Case] = &[
    case(
        "zero bytes",
        |dir| bytes(dir, b""),
        right,
        "Encryption::EmptyFile",
        &[],
    ),
    case(
        "100 random bytes",
        |dir| bytes(dir, &noise(100)),
        right,
        "Encryption::NotADatabase",
        &[],
    ),
    case(
        "100 random bytes, no key",
        |dir| bytes(dir, &noise(100)),
        bare,
        "Encryption::NotADatabase",
        &[],
    ),
    case(
        "8192 random bytes",
        |dir| bytes(dir, &noise(8192)),
        right,
        WRONG_KEY,
        &["wrong_key"],
    ),
    case(
        "5000 random bytes",
        |dir| bytes(dir, &noise(5000)),
        right,
        "Encryption::NotADatabase",
        &[],
    ),
    case(
        "random bytes, no key",
        |dir| bytes(dir, &noise(8192)),
        bare,
        "Encryption::NoKey",
        &[],
    ),
    case(
        "page 1 damaged",
        |dir| {
            usual(dir)?;
            overwrite(dir, &noise(16), 1000)
        },
        right,
        "Encryption::Damaged",
        &["corrupt"],
    ),
    case(
        "page 1 names smaller pages",
        |dir| {
            usual(dir)?;
            name_smaller_pages(&db(dir))
        },
        right,
        "Encryption::Damaged",
        &["corrupt"],
    ),
    case(
        "page 2 damaged",
        |dir| {
            usual(dir)?;
            overwrite(dir, &noise(16), 4096 + 1000)
        },
        right,
        DAMAGED,
        &["corrupt"],
    ),
    case(
        "last page damaged",
        |dir| {
            usual(dir)?;
            let end = db(dir).metadata()?.len();
            overwrite(dir, &noise(16), end - 4096 + 1000)
        },
        right,
        DAMAGED,
        &["corrupt"],
    ),
    case(
        "cut inside of a page",
        |dir| {
            usual(dir)?;
            let file = fs::OpenOptions::new().write(true).open(db(dir))?;
            Ok(file.set_len(5 * 4096 + 100)?)
        },
        right,
        "Encryption::Damaged",
        &["corrupt"],
    ),
    case(
        "SQLCipher 3",
        |dir| other_settings(dir, "PRAGMA cipher_compatibility = 3"),
        passphrase,
        OTHER_SETTINGS,
        &[],
    ),
    case(
        "SQLCipher 2",
        |dir| other_settings(dir, "PRAGMA cipher_compatibility = 2"),
        passphrase,
        OTHER_SETTINGS,
        &[],
    ),
    case(
        "SQLCipher 1",
        |dir| other_settings(dir, "PRAGMA cipher_compatibility = 1"),
        passphrase,
        OTHER_SETTINGS,
        &[],
    ),
    case(
        "smaller pages",
        |dir| other_settings(dir, "PRAGMA cipher_page_size = 1024"),
        passphrase,
        "Encryption::OtherPageSize",
        &[],
    ),
    case(
        "larger pages",
        |dir| other_settings(dir, "PRAGMA cipher_page_size = 65536"),
        passphrase,
        "Encryption::OtherPageSize",
        &[],
    ),
    case(
        "other KDF rounds",
        |dir| other_settings(dir, "PRAGMA kdf_iter = 10000"),
        passphrase,
        WRONG_KEY,
        &["wrong_key"],
    ),
];
