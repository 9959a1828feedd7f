//! Every file of the fixtures gives what sops prints, with the right keys and no others.

use std::error::Error;
use std::path::PathBuf;

use kstdb_cipher::{Refusal, SopsError, decrypt_document};
use serde_json::Value;
use tempfile::TempDir;

use super::support::{document, fixture, native, same, text};
use crate::support::TestResult;

/// The files, what sops prints for each, and the sets of keys that open it.
fn index() -> Result<Vec<Value>, Box<dyn Error>> {
    let index: Value = serde_json::from_str(&text("index.json")?)?;
    Ok(index["files"].as_array().ok_or("no files")?.clone())
}

fn name(entry: &Value) -> Result<&str, &'static str> {
    entry["file"].as_str().ok_or("no name")
}

/// The keys of a set in one file.
fn identity(dir: &TempDir, keys: &Value) -> Result<PathBuf, Box<dyn Error>> {
    let mut together = String::new();
    for key in keys.as_array().ok_or("no keys")? {
        together.push_str(&text(key.as_str().ok_or("no key")?)?);
    }
    let path = dir.path().join("identity");
    std::fs::write(&path, together)?;
    Ok(path)
}

#[test]
fn each_file_gives_what_sops_prints() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut read = 0;
    for entry in index()? {
        let file = name(&entry)?;
        for keys in entry["opens_with"].as_array().ok_or("no keys")? {
            let source = native(fixture(file)).identity(identity(&dir, keys)?);
            let result = document(&source);
            if entry["needs_program"] == true {
                assert!(result.is_err(), "{file}");
                continue;
            }
            let found = result.map_err(|error| format!("{file}: {error:?}"))?;
            assert!(same(&found, &entry["expected"]), "{file}: {found}");
            read += 1;
        }
    }
    assert!(read >= 45, "{read}");
    Ok(())
}

#[test]
fn another_identity_opens_nothing() -> TestResult {
    for entry in index()? {
        let file = name(&entry)?;
        let needs_program = entry["needs_program"] == true;
        let wrong = fixture("keys/age-wrong.txt");
        let refused = decrypt_document(&native(fixture(file)).identity(wrong));
        match refused.err().ok_or("it was opened")? {
            SopsError::Refused {
                refusal: Refusal::NoIdentity { tried, .. },
                ..
            } => assert!(
                tried
                    .iter()
                    .any(|attempt| attempt.origin.contains("age-wrong"))
            ),
            SopsError::ProgramNotAllowed { .. } if needs_program => {}
            other => return Err(format!("{file}: {other:?}").into()),
        }
    }
    Ok(())
}
