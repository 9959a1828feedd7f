//! SOPS documents: nobody who has not the data key makes one that gives another value.
//!
//! The first byte says which of five formats the rest is. From 5 on the rest is a list of values
//! that become a document under a real data key, so that what stands below the cipher and the MAC
//! is reached with any content: see `sops_sealed`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use kstdb_cipher::secrecy::ExposeSecret as _;
use kstdb_cipher::{KeySource as _, SopsReader, SopsSource, decrypt_document};

use super::scratch;
use super::sops_sealed;

/// The endings of the file names, which say the format.
pub(super) const EXTENSIONS: [&str; 5] = ["yaml", "json", "env", "ini", "bin"];

/// Names that the fixtures have, and their readings.
const KEYS: [&str; 4] = ["db_key", "DB_KEY", "prod.db_key", "[\"a.b\"]"];

/// More than any document here; the buffer for it is wiped each time.
const OUTPUT_BYTES: usize = 256 * 1024;

/// Decrypts the input, or what is sealed of it.
pub(crate) fn check(input: &[u8]) -> io::Result<()> {
    let Some((choice, rest)) = input.split_first() else {
        return Ok(());
    };
    let format = usize::from(choice % 5);
    if choice % 10 >= 5 {
        let mac_is_short = choice % 20 >= 10;
        return sops_sealed::check(format, rest, mac_is_short);
    }
    let folder = scratch::folder()?;
    let source = source(folder.path(), format, rest)?;
    if let Ok(document) = decrypt_document(&source)
        // There the values in clear are free.
        && !contains(rest, b"mac_only_encrypted")
    {
        #[expect(clippy::disallowed_methods, reason = "the values are compared")]
        let found = leaves(document.expose_secret());
        assert!(
            known().iter().any(|known| known.starts_with(&found)),
            "what no fixture holds: {found:?}"
        );
    }
    for key in KEYS {
        // Both outcomes are right; the value is one of the document.
        let _ = source.clone().key(key).resolve();
    }
    Ok(())
}

/// A file with the text in it, read without the program and with the identity of the fixtures.
pub(super) fn source(folder: &Path, format: usize, text: &[u8]) -> io::Result<SopsSource> {
    let path = folder.join("f").with_extension(EXTENSIONS[format]);
    fs::write(&path, text)?;
    Ok(native(path))
}

fn native(path: PathBuf) -> SopsSource {
    SopsSource::new(path)
        .reader(SopsReader::Native)
        .identity(fixtures().join("keys/age-id1.txt"))
        .max_output_bytes(OUTPUT_BYTES)
}

/// The folder of the fixtures, as seen from each crate that includes this file.
pub(super) fn fixtures() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = here
            .ancestors()
            .map(|root| root.join("kstdb-cipher/tests/fixtures/sops"));
        let found = folders.find(|folder| folder.is_dir());
        found.unwrap_or_else(|| panic!("no fixtures above {}", here.display()))
    })
}

/// What each fixture holds, all values in one text. A document that was changed under its MAC holds
/// the same, or the beginning of it: where documents and neighbours in clear end is not protected.
fn known() -> &'static [String] {
    static KNOWN: OnceLock<Vec<String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let folders = ["generated", "random"].map(|name| fs::read_dir(fixtures().join(name)));
        let entries = folders.into_iter().flatten().flatten().flatten();
        let documents = entries.filter_map(|entry| decrypt_document(&native(entry.path())).ok());
        #[expect(clippy::disallowed_methods, reason = "the values are compared")]
        let known: Vec<String> = documents
            .map(|document| leaves(document.expose_secret()))
            .collect();
        assert!(known.len() > 20, "only {} fixtures open", known.len());
        known
    })
}

/// The values of a JSON text in their order, without the names.
fn leaves(json: &str) -> String {
    let mut leaves = String::new();
    let mut at = 0;
    while let Some(first) = json[at..].chars().next() {
        let rest = &json[at..];
        if first == '"' {
            let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            let text = strings.next().and_then(Result::ok).unwrap_or_default();
            at += strings.byte_offset().max(1);
            if !json[at..].trim_start().starts_with(':') {
                leaves.push_str(&text);
            }
        } else if "{}[],: \n\t\r".contains(first) {
            at += 1;
        } else {
            let length = rest.find([',', ']', '}', '\n']).unwrap_or(rest.len());
            leaves.push_str(&authenticated(rest[..length].trim()));
            at += length;
        }
    }
    leaves
}

/// A number or word of JSON in the form that the MAC is made of.
fn authenticated(word: &str) -> String {
    match word {
        "true" => "True".to_owned(),
        "false" => "False".to_owned(),
        "null" => String::new(),
        number => match (number.parse::<i64>(), number.parse::<f64>()) {
            (Ok(whole), _) => whole.to_string(),
            (_, Ok(number)) => number.to_string(),
            _ => number.to_owned(),
        },
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
