//! Files that somebody changed are refused, and the refusal says why.

use kstdb_cipher::{Refusal, SopsError};

use super::support::{refusal, text, write};
use crate::support::{TestResult, chain};

/// The lines of a text, with one of them replaced or removed.
fn edit(text: &str, start: &str, edit: impl Fn(&str) -> Option<String>) -> String {
    let lines = text.lines().filter_map(|line| {
        if line.trim_start().starts_with(start) {
            edit(line)
        } else {
            Some(line.to_owned())
        }
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn without(text: &str, start: &str) -> String {
    edit(text, start, |_| None)
}

/// The encrypted text of a YAML value.
fn encrypted<'t>(text: &'t str, start: &str) -> Result<&'t str, String> {
    let line = text.lines().find(|line| line.starts_with(start));
    line.and_then(|line| line.split_once(": "))
        .map(|(_, value)| value)
        .ok_or_else(|| format!("no line {start:?}"))
}

/// The kind of a refusal, without its fields.
fn kind(error: &SopsError) -> String {
    match error {
        SopsError::Refused { refusal, .. } => {
            let shown = format!("{refusal:?}");
            shown
                .split([' ', '{'])
                .next()
                .unwrap_or_default()
                .to_owned()
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn each_change_has_its_refusal() -> TestResult {
    let yaml = text("generated/age_basic.yaml")?;
    let (top, inner) = (encrypted(&yaml, "db_key")?, encrypted(&yaml, "    db_key")?);
    let swap = |from: &str, to: &str| yaml.replace(from, to);
    let armor = "dlZuUE9yUnhFblIr";
    let last = yaml.rfind("type:str]").ok_or("no mac")?;
    let cases = [
        // Values.
        ("moved", swap(inner, top), "ValueDamaged"),
        ("in clear", swap(top, "sesame"), "ValueInClear"),
        ("a number in clear", swap(top, "5"), "ValueInClear"),
        (
            "another bit",
            swap("data:rfk4", "data:rfk5"),
            "ValueDamaged",
        ),
        ("another IV", swap("iv:kwKR", "iv:kwKS"), "ValueDamaged"),
        (
            "a short tag",
            swap("v6PBvi6ocPurZR1eMaM0Tg==", "v6PBvi6ocPurZR1e"),
            "ValueDamaged",
        ),
        (
            "more behind it",
            swap(top, &format!("{top} x")),
            "ValueDamaged",
        ),
        ("emptied", swap(top, "\"\""), "MacMismatch"),
        ("nothing", swap(top, "null"), "MacMismatch"),
        ("removed", without(&yaml, "multiline:"), "MacMismatch"),
        (
            "bytes",
            yaml.replacen("type:str", "type:bytes", 1),
            "ValueDamaged",
        ),
        (
            "a comment",
            yaml.replacen("type:str", "type:comment", 1),
            "ValueDamaged",
        ),
        (
            "a renamed key",
            swap("dotted.key:", "dotted_key:"),
            "ValueDamaged",
        ),
        (
            "a key that leaves it in clear",
            swap("dotted.key:", "x_unencrypted:"),
            "MacMismatch",
        ),
        // Values in clear.
        (
            "another host",
            swap("db.example.org", "db.example.com"),
            "MacMismatch",
        ),
        (
            "one more value",
            swap("dotted.key", "x_unencrypted: 1\ndotted.key"),
            "MacMismatch",
        ),
        ("a key twice", format!("db_key: {top}\n{yaml}"), "Malformed"),
        // Metadata.
        ("no MAC", without(&yaml, "mac:"), "MacMissing"),
        (
            "an empty MAC",
            edit(&yaml, "mac:", |_| Some("    mac: ''".into())),
            "MacMissing",
        ),
        (
            "a MAC in clear",
            edit(&yaml, "mac:", |_| Some("    mac: AB".into())),
            "MacMismatch",
        ),
        (
            "the MAC of a value",
            edit(&yaml, "mac:", |_| Some(format!("    mac: {top}"))),
            "MacMismatch",
        ),
        (
            "a MAC of another type",
            format!("{}type:int]{}", &yaml[..last], &yaml[last + 9..]),
            "MacMismatch",
        ),
        (
            "another time",
            swap("T08:42:04Z", "T08:42:05Z"),
            "MacMismatch",
        ),
        ("no time", without(&yaml, "lastmodified:"), "Metadata"),
        ("no version", without(&yaml, "version:"), "Metadata"),
        (
            "another suffix",
            swap("suffix: _unencrypted", "suffix: _key"),
            "ValueInClear",
        ),
        (
            "two rules",
            format!("{yaml}    encrypted_regex: a\n"),
            "Metadata",
        ),
        (
            "a MAC of less",
            format!("{yaml}    mac_only_encrypted: true\n"),
            "MacMismatch",
        ),
        (
            "a damaged data key",
            swap(armor, "dlZuUE9yUnhFblIs"),
            "DataKeyDamaged",
        ),
        (
            "no age file",
            swap("-----BEGIN AGE", "-----BEGIN PGP"),
            "DataKeyDamaged",
        ),
        ("nobody's", swap("    age:", "    aged:"), "NoRecipients"),
        ("no metadata", swap("\nsops:", "\nspos:"), "NotEncrypted"),
        (
            "another document",
            format!("{yaml}---\na_unencrypted: b\n"),
            "MacMismatch",
        ),
    ];
    let dir = tempfile::tempdir()?;
    for (change, changed, expected) in cases {
        assert_ne!(changed, yaml, "{change}");
        let source = write(dir.path(), "f.yaml", &changed)?.key("prod.db_key");
        let error = refusal(&source).map_err(|error| format!("{change}: {error}"))?;
        assert_eq!(kind(&error), expected, "{change}: {}", chain(&error));
        let harmless = ["Malformed", "Metadata", "NoRecipients", "NotEncrypted"];
        assert_eq!(
            error.is_tampered(),
            !harmless.contains(&expected),
            "{change}"
        );
        assert!(!format!("{error:?} {}", chain(&error)).contains("sesame"));
    }
    Ok(())
}

#[test]
fn each_format_is_authenticated_as_a_whole() -> TestResult {
    let dir = tempfile::tempdir()?;
    for (file, name, from, to) in [
        ("age_basic.json", "db_key", "\"plain\"", "\"plane\""),
        (
            "age_basic.json",
            "db_key",
            "9007199254740992",
            "9007199254740990",
        ),
        ("age_basic.env", "DB_KEY", "=example.org", "=example.com"),
        (
            "age_basic.ini",
            "main.db_key",
            "= example.org",
            "= example.com",
        ),
        ("age_multidoc.yaml", "db_key", "\n---\n", "\n"),
        (
            "age_binary.bin.json",
            "data",
            "lastmodified\": \"2026",
            "lastmodified\": \"2025",
        ),
        (
            "age_shamir_2_of_3.env",
            "DB_KEY",
            "unencrypted=b",
            "unencrypted=c",
        ),
    ] {
        let original = text(&format!("generated/{file}"))?;
        let changed = original.replacen(from, to, 1);
        assert_ne!(original, changed, "{file}");
        let mut source = write(dir.path(), file, &changed)?.key(name);
        if file.contains("shamir") {
            let both = text("keys/age-id1.txt")? + &text("keys/age-id2.txt")?;
            let identity = dir.path().join("identity");
            std::fs::write(&identity, both)?;
            source = source.identity(identity);
        }
        let error = refusal(&source)?;
        let refused = matches!(
            &error,
            SopsError::Refused {
                refusal: Refusal::MacMismatch | Refusal::Malformed { .. },
                ..
            }
        );
        assert!(refused, "{file}: {error:?}");
    }
    Ok(())
}

#[test]
fn a_mac_of_encrypted_values_says_nothing_about_the_others() -> TestResult {
    let dir = tempfile::tempdir()?;
    let original = text("generated/age_mac_only_encrypted.yaml")?;
    let changed = original.replace("kind: Secret", "kind: Other");
    assert_ne!(original, changed);
    let source = write(dir.path(), "f.yaml", &changed)?.key("data.db_key");
    kstdb_cipher::KeySource::resolve(&source)?;
    // But the key must be one of the encrypted.
    let in_clear = refusal(&source.key("kind"))?;
    assert!(matches!(in_clear, SopsError::ValueNotEncrypted { .. }));
    Ok(())
}
