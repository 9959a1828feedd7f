//! Documents that were made to exhaust their reader end in a typed error, soon.

use kstdb_cipher::{Malformed, Refusal, SopsError};

use super::support::{native, refusal, text, write};
use crate::support::TestResult;

fn refused(error: SopsError) -> Result<Refusal, SopsError> {
    match error {
        SopsError::Refused { refusal, .. } => Ok(refusal),
        other => Err(other),
    }
}

#[test]
fn floods_of_any_kind_are_cut_off() -> TestResult {
    let dir = tempfile::tempdir()?;
    let cases = [
        ("deep.json", "[".repeat(2_000_000)),
        ("deep.yaml", "[".repeat(2_000_000)),
        ("dashes.yaml", "- ".repeat(1_000_000)),
        ("marks.yaml", "? ".repeat(100_000)),
        (
            "many.json",
            format!("{{\"a\": [{}0]}}", "0,".repeat(1_000_000)),
        ),
        (
            "many.env",
            (0..200_000).map(|n| format!("A{n}=\n")).collect(),
        ),
        (
            "many.ini",
            (0..200_000).map(|n| format!("[s{n}]\n")).collect(),
        ),
        ("list.env", "sops_a__list_999999999999=b\n".to_owned()),
        (
            "levels.env",
            format!("sops_a{}=b\n", "__map_b".repeat(500_000)),
        ),
        (
            "quotes.ini",
            "a = \"\"\"\n".to_owned() + &"x\n".repeat(1_000_000),
        ),
    ];
    for (name, text) in cases {
        let refusal = refused(refusal(&write(dir.path(), name, &text)?)?)?;
        let known = matches!(
            refusal,
            Refusal::TooDeep { .. } | Refusal::TooManyValues { .. } | Refusal::Malformed { .. }
        );
        assert!(known, "{name}: {refusal:?}");
    }
    Ok(())
}

#[test]
fn a_large_file_is_not_read() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("large.yaml");
    std::fs::File::create(&path)?.set_len(64 * 1024 * 1024 * 1024)?;
    let refusal = refused(refusal(&native(path))?)?;
    assert!(matches!(refusal, Refusal::TooLarge { .. }), "{refusal:?}");
    Ok(())
}

#[test]
fn recipients_and_expressions_have_limits() -> TestResult {
    let dir = tempfile::tempdir()?;
    let yaml = text("generated/age_basic.yaml")?;
    let more = "        - {recipient: age1x, enc: x}\n".repeat(1000);
    let crowd = yaml.replace("    age:\n", &format!("    age:\n{more}"));
    let crowd = refused(refusal(&write(dir.path(), "a.yaml", &crowd)?)?)?;
    assert!(matches!(crowd, Refusal::TooManyValues { .. }), "{crowd:?}");
    let long = yaml.replace(
        "    age:\n",
        &format!(
            "    age:\n        - {{recipient: age1x, enc: {}}}\n",
            "x".repeat(70_000)
        ),
    );
    let long = refused(refusal(&write(dir.path(), "b.yaml", &long)?)?)?;
    assert!(matches!(long, Refusal::TooLarge { .. }), "{long:?}");
    let regex = yaml.replace(
        "unencrypted_suffix: _unencrypted",
        "encrypted_regex: '((((a{100}){100}){100}){100})'",
    );
    let error = refusal(&write(dir.path(), "c.yaml", &regex)?)?;
    assert!(
        matches!(error, SopsError::ProgramNotAllowed { .. }),
        "{error:?}"
    );
    Ok(())
}

#[test]
fn what_is_no_text_is_refused() -> TestResult {
    let dir = tempfile::tempdir()?;
    for name in ["f.yaml", "f.json", "f.env", "f.ini", "f.bin"] {
        let path = dir.path().join(name);
        std::fs::write(&path, b"db_key=\xff\n")?;
        let refusal = refused(refusal(&native(path))?)?;
        let not_utf8 = Refusal::Malformed {
            problem: Malformed::NotUtf8,
        };
        assert_eq!(refusal, not_utf8, "{name}");
    }
    Ok(())
}
