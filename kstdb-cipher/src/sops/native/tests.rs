//! The values themselves, which no public call shows: right ones out of whole files, none out of
//! files that were changed.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::{SopsFile, Wanted};
use crate::sops::key_path::KeyPath;
use crate::sops::{SopsReader, SopsSource};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sops")
}

fn source(path: &Path) -> SopsSource {
    SopsSource::new(path)
        .identity(fixtures().join("keys/age-id1.txt"))
        .reader(SopsReader::Native)
}

/// The value under a name, or why there is none.
#[expect(clippy::disallowed_methods, reason = "the test compares the value")]
fn value(path: &Path, name: &str) -> Result<String, String> {
    let settings = source(path);
    let name = KeyPath::parse(name).map_err(|problem| problem.to_string())?;
    let file = SopsFile::read(&settings, path).map_err(|error| format!("{error:?}"))?;
    match file.pick(&name).map_err(|stop| format!("{stop:?}"))? {
        Wanted::Value(value) => Ok(value.expose_secret().to_owned()),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn each_format_gives_the_value_under_its_name() {
    let raw = "raw key material \u{e5}\n0123456789\n";
    for (file, name, expected) in [
        ("age_basic.yaml", "db_key", Ok("s3cr3t-value-\u{e5}\u{df}")),
        (
            "age_basic.yaml",
            "prod.db_key",
            Ok("prod-key-0123456789abcdef"),
        ),
        (
            "age_basic.yaml",
            "[\"prod\"][\"db_key\"]",
            Ok("prod-key-0123456789abcdef"),
        ),
        ("age_basic.yaml", "dotted.key", Ok("dotted-value")),
        ("age_basic.yaml", "[\"dotted.key\"]", Ok("dotted-value")),
        ("age_basic.yaml", "prod.multiline", Ok("line1\nline2\n")),
        ("age_basic.yaml", "prod.port", Err("Other(Number)")),
        ("age_basic.yaml", "prod.enabled", Err("Other(Boolean)")),
        ("age_basic.yaml", "prod.none", Err("Other(Null)")),
        ("age_basic.yaml", "prod.empty", Err("Empty")),
        ("age_basic.yaml", "prod.list", Err("Other(List)")),
        ("age_basic.yaml", "prod", Err("Other(Map)")),
        ("age_basic.yaml", "prod.host_unencrypted", Err("InClear")),
        (
            "age_basic.yaml",
            "prod.port_unencrypted",
            Err("Other(Number)"),
        ),
        (
            "age_basic.yaml",
            "prod.date_unencrypted",
            Err("Other(Time)"),
        ),
        ("age_basic.yaml", "nothing", Err("Absent")),
        ("age_basic.yaml", "sops.mac", Err("Absent")),
        ("age_basic.yaml", "db_key.x", Err("Absent")),
        (
            "age_basic.json",
            "prod.db_key",
            Ok("prod json \u{e5}\u{df} \u{2713}"),
        ),
        ("age_basic.json", "a.b", Ok("dot")),
        ("age_basic.env", "PROD_DB_KEY", Ok("a=b=c")),
        ("age_basic.env", "MULTI", Ok("line1\nline2")),
        ("age_basic.env", "EMPTY", Err("Empty")),
        ("age_basic.ini", "prod.db_key", Ok("prod-ini-key")),
        ("age_basic.ini", "main.db_key", Ok("ini-db-key")),
        ("age_basic.ini", "db_key", Err("Absent")),
        ("age_binary.bin.json", "data", Ok(raw)),
        ("age_multidoc.yaml", "db_key", Ok("one")),
        ("age_shamir_2_of_3.yaml", "when", Err("Refused(NoIdentity")),
    ] {
        let found = value(&fixtures().join("generated").join(file), name);
        match expected {
            Ok(expected) => assert_eq!(found.as_deref(), Ok(expected), "{file}: {name}"),
            Err(expected) => assert!(
                found
                    .as_ref()
                    .is_err_and(|found| found.starts_with(expected)),
                "{file}: {name}: {found:?}"
            ),
        }
    }
}

#[test]
fn a_name_that_fits_two_values_is_refused() -> Result<(), Box<dyn Error>> {
    // Its value was encrypted under `a`, `b`: a file that sops reads, made by its own rules.
    let text = std::fs::read_to_string(fixtures().join("generated/age_basic.json"))?;
    let with_clear = text.replacen("{", "{\"prod.db_key\": null,", 1);
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("f.json");
    std::fs::write(&path, with_clear)?;
    // `null` is not part of the MAC: the file is still whole.
    assert_eq!(value(&path, "prod.db_key"), Err("Ambiguous".to_owned()));
    assert!(value(&path, "[\"prod\"][\"db_key\"]").is_ok());
    Ok(())
}

/// A file, the name of a value, and what must come out under it, if anything does.
type Original = (&'static str, Vec<u8>, &'static str, String);

static ORIGINALS: LazyLock<Vec<Original>> = LazyLock::new(|| {
    [
        ("age_basic.yaml", "prod.db_key"),
        ("age_mac_only_encrypted.yaml", "data.db_key"),
        ("age_basic.json", "prod.db_key"),
        ("age_basic.env", "PROD_DB_KEY"),
        ("age_basic.ini", "prod.db_key"),
        ("age_binary.bin.json", "data"),
        ("age_multidoc.yaml", "db_key"),
    ]
    .into_iter()
    .filter_map(|(file, name)| {
        let path = fixtures().join("generated").join(file);
        let value = value(&path, name).ok()?;
        Some((file, std::fs::read(path).ok()?, name, value))
    })
    .collect()
});

/// One change of the bytes of a file.
#[derive(Clone, Debug)]
enum Change {
    Flip(u8),
    Replace(u8),
    Remove(usize),
    Insert(Vec<u8>),
    Copy(prop::sample::Index, usize),
    Cut,
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = prop::sample::select(vec![
        "\n", ":", "\"", "'", "- ", "[", "{", "}", "&a ", "*a", "!!str ", "sops", "null", ",",
        "ENC[", "#", "=", "\\", "---\n", "\u{2028}", "0", " ", "\t", "<<: ", "__list_0",
    ]);
    prop_oneof![
        (0_u8..8).prop_map(|bit| Change::Flip(1 << bit)),
        any::<u8>().prop_map(Change::Replace),
        (1_usize..60).prop_map(Change::Remove),
        pieces.prop_map(|piece| Change::Insert(piece.as_bytes().to_vec())),
        (any::<prop::sample::Index>(), 1_usize..200).prop_map(|(at, size)| Change::Copy(at, size)),
        Just(Change::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, at: usize, change: Change) {
    match change {
        Change::Flip(bit) => bytes[at] ^= bit,
        Change::Replace(byte) => bytes[at] = byte,
        Change::Remove(size) => {
            bytes.drain(at..(at + size).min(bytes.len()));
        }
        Change::Insert(piece) => {
            bytes.splice(at..at, piece);
        }
        Change::Copy(from, size) => {
            let from = from.index(bytes.len());
            let piece = bytes[from..(from + size).min(bytes.len())].to_vec();
            bytes.splice(at..at, piece);
        }
        Change::Cut => bytes.truncate(at),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_change_of_a_file_gives_another_value(
        file in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..4),
    ) {
        let (name, bytes, key, expected) = &ORIGINALS[file.index(ORIGINALS.len())];
        let mut bytes = bytes.clone();
        for (at, change) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                apply(&mut bytes, at, change);
            }
        }
        let dir = tempfile::tempdir()?;
        let path = dir.path().join(name);
        std::fs::write(&path, bytes)?;
        if let Ok(found) = value(&path, key) {
            prop_assert_eq!(&found, expected);
        }
    }
}

#[test]
fn all_originals_are_there() {
    assert_eq!(ORIGINALS.len(), 7);
}
