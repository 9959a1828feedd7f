//! Keys that do not fit.

use kstdb_core::CipherKey;

use super::case::{Case, bare, case, passphrase, right};
use crate::file_states::databases::{PASSPHRASE, encrypted, noise, overwrite, plaintext, usual};
use crate::support::raw_key;

const WRONG_KEY: &str = "Encryption::WrongKey";

/// Keys that do not fit.
pub(in crate::file_states) const KEYS: &[Case] = &[
    case(
        "wrong raw key",
        usual,
        |dir| bare(dir).key(raw_key(1)),
        WRONG_KEY,
        &["wrong_key"],
    ),
    case(
        "wrong passphrase",
        usual,
        passphrase,
        WRONG_KEY,
        &["wrong_key"],
    ),
    case("no key", usual, bare, "Encryption::NoKey", &[]),
    case(
        "empty key",
        usual,
        |dir| bare(dir).passphrase(""),
        "Encryption::Source::Key",
        &[],
    ),
    case(
        "key source without a key",
        usual,
        |dir| bare(dir).key_file(dir.join("missing")),
        "Encryption::Source::File",
        &[],
    ),
    case(
        "plaintext, with a key",
        plaintext,
        right,
        "Encryption::PlaintextFile",
        &[],
    ),
    case(
        "salt overwritten",
        |dir| {
            encrypted(dir, &CipherKey::passphrase(PASSPHRASE)?)?;
            overwrite(dir, &noise(16), 0)
        },
        passphrase,
        WRONG_KEY,
        &["wrong_key"],
    ),
];
