//! What only the program can do is handed to it, and nothing else.

use kstdb_cipher::{
    KeyKind, KeySource as _, ProgramReason, RecipientKind, Refusal, SopsError, SopsReader,
    SopsSource,
};

use super::support::{fixture, refusal, text};
use crate::sops::FakeSops;
use crate::support::{TestResult, child, is_child};

/// A program that leaves a trace and prints a key.
const SCRIPT: &str = "touch \"$0.ran\"; echo '{\"db_key\": \"printed\"}'";

/// A fixture beside the program, read here first.
fn beside(sops: &FakeSops, text: &str) -> Result<SopsSource, std::io::Error> {
    let path = sops.path("f.yaml");
    std::fs::write(&path, text)?;
    Ok(SopsSource::new(path)
        .identity(fixture("keys/age-id1.txt"))
        .program(sops.path("sops")))
}

fn ran(sops: &FakeSops) -> bool {
    sops.path("sops.ran").exists()
}

/// A file whose age recipient became a PGP key.
fn for_pgp() -> Result<String, std::io::Error> {
    let yaml = text("generated/age_basic.yaml")?;
    Ok(yaml.replace("    age:\n        - recipient:", "    pgp:\n        - fp:"))
}

#[test]
fn other_recipients_and_rules_are_for_the_program() -> TestResult {
    let yaml = text("generated/age_basic.yaml")?;
    let to_age = yaml.replace(
        "    age:\n",
        "    pgp:\n        - {fp: x, enc: y}\n    age:\n",
    );
    let with_tag = yaml.replace("host_unencrypted: ", "host_unencrypted: !!str ");
    for (text, identity) in [
        (for_pgp()?, "age-id1.txt"),
        (to_age.clone(), "age-wrong.txt"),
        (text("generated/age_comment_regex.yaml")?, "age-id1.txt"),
        (
            text("generated/age_ssh_passphrase.yaml")?,
            "ssh_ed25519_passphrase",
        ),
        (with_tag, "age-id1.txt"),
    ] {
        let sops = FakeSops::new(SCRIPT)?;
        let source = beside(&sops, &text)?.identity(fixture("keys").join(identity));
        assert_eq!(source.resolve()?.kind(), KeyKind::Passphrase);
        assert!(ran(&sops), "{identity}");
    }
    // One that opens here is not.
    let sops = FakeSops::new(SCRIPT)?;
    beside(&sops, &to_age)?.resolve()?;
    assert!(!ran(&sops));
    Ok(())
}

#[test]
fn what_was_refused_here_is_not_for_the_program() -> TestResult {
    let yaml = text("generated/age_basic.yaml")?;
    let pgp = |text: &str| {
        text.replace(
            "    age:\n",
            "    pgp:\n        - {fp: x, enc: y}\n    age:\n",
        )
    };
    for changed in [
        yaml.replace("db.example.org", "db.example.com"),
        pgp(&yaml.replace("data:rfk4", "data:rfk5")),
        pgp(&yaml.replace("    mac:", "    mcc:")),
        pgp(&yaml.replace("dlZuUE9yUnhFblIr", "dlZuUE9yUnhFblIs")),
    ] {
        assert_ne!(changed, yaml);
        let sops = FakeSops::new(SCRIPT)?;
        let error = refusal(&beside(&sops, &changed)?)?;
        assert!(error.is_tampered(), "{error:?}");
        assert!(!ran(&sops));
    }
    let sops = FakeSops::new(SCRIPT)?;
    let wrong = beside(&sops, &yaml)?.identity(fixture("keys/age-wrong.txt"));
    let error = refusal(&wrong)?;
    let no_identity = matches!(
        &error,
        SopsError::Refused { refusal: Refusal::NoIdentity { recipients, .. }, .. }
            if recipients == &[RecipientKind::Age]
    );
    assert!(no_identity && !ran(&sops), "{error:?}");
    Ok(())
}

#[test]
fn a_program_that_is_missing_or_not_allowed_is_named_with_the_reason() -> TestResult {
    let sops = FakeSops::new(SCRIPT)?;
    let source = beside(&sops, &for_pgp()?)?;
    let expected = ProgramReason::Recipients(vec![RecipientKind::Pgp]);
    match refusal(&source.clone().program(sops.path("no-such")))? {
        SopsError::ProgramNeeded { reason, source, .. } => {
            assert_eq!(reason, expected);
            assert!(matches!(*source, SopsError::ProgramNotFound { .. }));
        }
        other => return Err(other.into()),
    }
    match refusal(&source.reader(SopsReader::Native))? {
        SopsError::ProgramNotAllowed { reason, .. } => assert_eq!(reason, expected),
        other => return Err(other.into()),
    }
    assert!(!ran(&sops));
    Ok(())
}

#[test]
fn the_program_gives_no_value_that_is_in_clear_in_the_file() -> TestResult {
    let pgp = for_pgp()?;
    let printing =
        |value: &str| format!("echo '{{\"db_key\": \"{value}\", \"k_unencrypted\": \"k\"}}'");
    let sops = FakeSops::new(&printing("k"))?;
    let source = beside(&sops, &pgp.replace("prod:\n", "k_unencrypted: k\nprod:\n"))?;
    let in_clear = refusal(&source.key("k_unencrypted"))?;
    assert!(
        matches!(in_clear, SopsError::ValueNotEncrypted { .. }),
        "{in_clear:?}"
    );
    let absent = refusal(&beside(&sops, &pgp)?.key("k_unencrypted"))?;
    assert!(
        matches!(absent, SopsError::KeyNotFound { .. }),
        "{absent:?}"
    );
    // What the program prints as it stands in the file was never encrypted.
    let encrypted = pgp
        .lines()
        .find_map(|line| line.strip_prefix("db_key: "))
        .ok_or("no key")?;
    let sops = FakeSops::new(&printing(encrypted))?;
    let unchanged = refusal(&beside(&sops, &pgp)?)?;
    assert!(
        matches!(unchanged, SopsError::ValueNotEncrypted { .. }),
        "{unchanged:?}"
    );
    Ok(())
}

const CHILD: &str = "sops_native::program::the_program_gets_identity_and_no_commands_in_a_child";

#[test]
fn the_program_gets_identity_and_no_commands_in_a_child() -> TestResult {
    if !is_child(CHILD) {
        return Ok(());
    }
    let script = "echo \"$SOPS_AGE_KEY_FILE $SOPS_AGE_SSH_PRIVATE_KEY_FILE $SOPS_AGE_KEY_CMD\" > \"$0.env\"; \
         echo '{\"db_key\": \"k\"}'";
    for (identity, expected) in [("age-id1.txt", "{} "), ("ssh_ed25519", " {}")] {
        let sops = FakeSops::new(script)?;
        let identity = fixture("keys").join(identity);
        beside(&sops, &for_pgp()?)?.identity(&identity).resolve()?;
        let found = std::fs::read_to_string(sops.path("sops.env"))?;
        let expected = expected.replace("{}", &identity.display().to_string());
        assert_eq!(found, format!("{expected} \n"));
    }
    Ok(())
}

#[test]
fn the_program_gets_identity_and_no_commands() -> TestResult {
    let output = child(CHILD)?
        .env("SOPS_AGE_KEY_CMD", "echo canary")
        .output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
