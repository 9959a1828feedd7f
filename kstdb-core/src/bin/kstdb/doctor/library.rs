//! What the linked library is, and whether it really encrypts.

use std::fs;

use kstdb_core::CipherKey;
use kstdb_core::cipher::{RAW_KEY_BYTES, UnlockOptions, inspect, library, unlock};
use kstdb_core::secrecy::SecretBox;

use super::report::{Mark, Report};
use crate::error::chain;

pub(super) fn examine(report: &mut Report) {
    let library = library();
    report.add(
        Mark::Note,
        "kstdb",
        format!(
            "{} with SQLite {}",
            env!("CARGO_PKG_VERSION"),
            library.sqlite_version
        ),
    );
    match &library.cipher_version {
        Some(version) => {
            let provider = library.cipher_provider.as_deref().unwrap_or("unknown");
            let provider_version = library.cipher_provider_version.as_deref().unwrap_or("");
            let seen = format!("SQLCipher {version}, provider {provider} ({provider_version})");
            report.add(Mark::Ok, "cipher", seen);
            examine_encryption(report);
        }
        None => report.add(
            Mark::Warning,
            "cipher",
            "plain SQLite: every key is refused",
        ),
    }
    if library.wal_reset_fixed {
        report.add(
            Mark::Ok,
            "wal-reset",
            "this SQLite has the fix of the WAL-reset bug",
        );
    } else {
        report.add(
            Mark::Warning,
            "wal-reset",
            "this SQLite lacks the fix of the WAL-reset bug (3.51.3): let no other program write \
             to a database while kstdb does",
        );
    }
}

fn examine_encryption(report: &mut Report) {
    match encrypts() {
        Ok(true) => report.add(
            Mark::Ok,
            "self-test",
            "a new file is encrypted, its key opens it, another one does not",
        ),
        Ok(false) => report.add(
            Mark::Wrong,
            "self-test",
            "a new file is not protected by its key",
        ),
        Err(error) => report.add(Mark::Wrong, "self-test", chain(error.as_ref())),
    }
}

/// Creates a database in a directory of its own and tries two keys on it.
fn encrypts() -> Result<bool, Box<dyn std::error::Error>> {
    // Raw keys: no time is spent on stretching. They protect nothing.
    let key = |byte| CipherKey::raw_key(SecretBox::new(Box::new([byte; RAW_KEY_BYTES])));
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("self-test.db");
    let options = UnlockOptions::new();
    unlock(&path, &key(1), &options.create_if_missing(true))?;
    let opens = unlock(&path, &key(1), &options).is_ok();
    let refuses = unlock(&path, &key(2), &options).is_err_and(|error| error.is_wrong_key());
    let plaintext = fs::read(&path)?.windows(6).any(|bytes| bytes == b"SQLite");
    Ok(opens && refuses && !plaintext && inspect(&path)?.state.is_opaque())
}
