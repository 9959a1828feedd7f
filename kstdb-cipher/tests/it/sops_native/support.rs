//! The fixtures: files that the real sops encrypted, and the keys that open them.

use std::error::Error;
use std::path::{Path, PathBuf};

use kstdb_cipher::secrecy::ExposeSecret as _;
use kstdb_cipher::{KeySource as _, KeySourceError, SopsError, SopsReader, SopsSource};
use serde_json::Value;

/// A file below the fixtures.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/sops")
        .join(name)
}

/// The text of a file below the fixtures.
pub(crate) fn text(name: &str) -> Result<String, std::io::Error> {
    std::fs::read_to_string(fixture(name))
}

/// A file that is read without the program, with the identity of most fixtures.
pub(crate) fn native(path: impl Into<PathBuf>) -> SopsSource {
    SopsSource::new(path)
        .reader(SopsReader::Native)
        .identity(fixture("keys/age-id1.txt"))
}

/// A changed fixture: writes the text beside others of its format and gives its source.
pub(crate) fn write(dir: &Path, name: &str, text: &str) -> Result<SopsSource, std::io::Error> {
    let path = dir.join(name);
    std::fs::write(&path, text)?;
    Ok(native(path))
}

/// The refusal of a source that must not give a key.
pub(crate) fn refusal(source: &SopsSource) -> Result<SopsError, Box<dyn Error>> {
    match source.resolve() {
        Err(KeySourceError::Sops(error)) => Ok(error),
        Err(other) => Err(other.into()),
        Ok(_) => Err(format!("{source:?} gave a key").into()),
    }
}

/// A whole decrypted document.
#[expect(clippy::disallowed_methods, reason = "tests compare documents")]
pub(crate) fn document(source: &SopsSource) -> Result<Value, Box<dyn Error>> {
    let document = kstdb_cipher::decrypt_document(source)?;
    Ok(serde_json::from_str(document.expose_secret())?)
}

/// Compares as JSON does: `1.0` is `1`, the order of keys plays no part.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
