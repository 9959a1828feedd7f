//! Damaged files: told apart from wrong keys by the pages that still fit the key.

use kstdb_cipher::{CipherError, Damage, UnlockOptions, unlock};

use crate::support::{TestResult, create, open, raw_key, rows, snapshot};

const PAGE_BYTES: usize = 4096;

/// Writes a database whose schema fills several pages, damages it, and gives what `unlock` says.
fn diagnose(damage: impl FnOnce(&mut Vec<u8>)) -> Result<CipherError, Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    let derived = unlock(&path, &raw_key(1), &UnlockOptions::new())?.derived;
    let tables: String = (0..100)
        .map(|table| format!("CREATE TABLE t{table} (a_column_with_a_long_name TEXT);"))
        .collect();
    open(&path, &derived)?.execute_batch(&format!("BEGIN; {tables} COMMIT"))?;
    let mut bytes = std::fs::read(&path)?;
    damage(&mut bytes);
    std::fs::write(&path, bytes)?;
    let before = snapshot(dir.path())?;
    let answer = unlock(&path, &raw_key(1), &UnlockOptions::new());
    assert!(snapshot(dir.path())? == before, "a file was changed");
    answer
        .err()
        .ok_or_else(|| "a damaged database was opened".into())
}

#[test]
fn a_damaged_first_page_is_not_a_wrong_key() -> TestResult {
    let error = diagnose(|bytes| bytes[1000] ^= 1)?;
    assert!(
        matches!(
            error,
            CipherError::Damaged {
                damage: Damage::FirstPage,
                ..
            }
        ),
        "{error:?}"
    );
    Ok(())
}

#[test]
fn a_first_page_of_zeros_is_not_a_wrong_key() -> TestResult {
    let error = diagnose(|bytes| bytes[16..PAGE_BYTES].fill(0))?;
    assert!(error.is_damaged(), "{error:?}");
    Ok(())
}

#[test]
fn damage_after_the_first_page_is_not_a_wrong_key() -> TestResult {
    let error = diagnose(|bytes| {
        for page in bytes.chunks_exact_mut(PAGE_BYTES).skip(1) {
            page[1000] ^= 1;
        }
    })?;
    assert!(
        matches!(
            error,
            CipherError::Damaged {
                damage: Damage::LaterPage,
                ..
            }
        ),
        "{error:?}"
    );
    Ok(())
}

#[test]
fn only_the_last_page_left_is_enough_of_a_witness() -> TestResult {
    let error = diagnose(|bytes| {
        let last = bytes.len() - PAGE_BYTES;
        for page in bytes[..last].chunks_exact_mut(PAGE_BYTES) {
            page[1000] ^= 1;
        }
    })?;
    assert!(error.is_damaged(), "{error:?}");
    Ok(())
}

#[test]
fn an_overwritten_salt_looks_like_a_wrong_key() -> TestResult {
    let error = diagnose(|bytes| bytes[..16].fill(7))?;
    assert!(error.is_wrong_key(), "{error:?}");
    Ok(())
}

#[test]
fn pages_in_another_order_do_not_fit() -> TestResult {
    let error = diagnose(|bytes| {
        let (first, rest) = bytes.split_at_mut(PAGE_BYTES);
        first[16..].swap_with_slice(&mut rest[16..PAGE_BYTES]);
    })?;
    assert!(error.is_damaged(), "{error:?}");
    Ok(())
}

#[test]
fn a_wrong_key_leaves_the_log_of_a_crash_to_the_right_one() -> TestResult {
    let (dir, crashed) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    let derived = unlock(&path, &raw_key(1), &UnlockOptions::new())?.derived;
    let connection = open(&path, &derived)?;
    connection.execute_batch("INSERT INTO t (v) VALUES ('in the log only')")?;
    // What a crash now would leave: the files as they are.
    for name in ["app.db", "app.db-wal"] {
        std::fs::copy(dir.path().join(name), crashed.path().join(name))?;
    }
    let path = crashed.path().join("app.db");
    let before = snapshot(crashed.path())?;
    let refused = unlock(&path, &raw_key(2), &UnlockOptions::new());
    assert!(refused.is_err_and(|error| error.is_wrong_key()));
    let mut after = snapshot(crashed.path())?;
    after.remove("app.db-shm");
    assert!(after == before, "a file was changed");
    let derived = unlock(&path, &raw_key(1), &UnlockOptions::new())?.derived;
    assert_eq!(rows(&open(&path, &derived)?)?, 201);
    Ok(())
}
