//! Recipients, identities and rules that are not for this reader: each is named.

use std::path::PathBuf;

use kstdb_cipher::{IdentityOutcome, ProgramReason, RecipientKind, Refusal, SopsError};

use super::support::{fixture, refusal, text, write};
use crate::support::{TestResult, child, is_child};

/// Why the program is needed for a changed file.
fn reason(text: &str, identity: Option<PathBuf>) -> TestResult<ProgramReason> {
    let dir = tempfile::tempdir()?;
    let source = write(dir.path(), "f.yaml", text)?;
    let source = match identity {
        Some(identity) => source.identity(identity),
        None => source,
    };
    match refusal(&source)? {
        SopsError::ProgramNotAllowed { reason, .. } => Ok(reason),
        other => Err(other.into()),
    }
}

/// For whom a file is that this identity does not open, and what came of each identity.
fn no_identity(
    text: &str,
    identity: PathBuf,
) -> TestResult<(Vec<RecipientKind>, Vec<IdentityOutcome>)> {
    let dir = tempfile::tempdir()?;
    match refusal(&write(dir.path(), "f.yaml", text)?.identity(identity))? {
        SopsError::Refused {
            refusal: Refusal::NoIdentity { recipients, tried },
            ..
        } => Ok((recipients, tried.iter().map(|one| one.outcome).collect())),
        other => Err(other.into()),
    }
}

#[test]
fn every_service_that_keeps_keys_is_named() -> TestResult {
    let yaml = text("generated/age_basic.yaml")?;
    for (list, kind) in [
        ("pgp", RecipientKind::Pgp),
        ("kms", RecipientKind::AwsKms),
        ("gcp_kms", RecipientKind::GcpKms),
        ("hckms", RecipientKind::HuaweiKms),
        ("azure_kv", RecipientKind::AzureKeyVault),
        ("hc_vault", RecipientKind::HashicorpVault),
    ] {
        let changed = yaml.replace(
            "    age:\n        - recipient:",
            &format!("    {list}:\n        - id:"),
        );
        assert_eq!(
            reason(&changed, None)?,
            ProgramReason::Recipients(vec![kind])
        );
    }
    Ok(())
}

#[test]
fn every_kind_of_age_recipient_is_named() -> TestResult {
    let yaml = text("generated/age_basic.yaml")?;
    let recipient = yaml
        .lines()
        .find_map(|line| line.trim().strip_prefix("- recipient: "))
        .ok_or("no recipient")?;
    for (other, kind) in [
        ("age1pq1xyz", RecipientKind::AgePostQuantum),
        ("age1yubikey1xyz", RecipientKind::AgePlugin),
    ] {
        let changed = yaml.replace(recipient, other);
        let found = reason(&changed, Some(fixture("keys/age-wrong.txt")))?;
        assert_eq!(found, ProgramReason::Recipients(vec![kind]));
    }
    for (other, kind) in [
        ("ssh-ed25519 AAAA", RecipientKind::Ssh),
        (recipient, RecipientKind::Age),
    ] {
        let changed = yaml.replace(recipient, other);
        let (recipients, _) = no_identity(&changed, fixture("keys/age-wrong.txt"))?;
        assert_eq!(recipients, [kind]);
    }
    Ok(())
}

#[test]
fn every_reason_for_the_program_is_named() -> TestResult {
    let yaml = text("generated/age_basic.yaml")?;
    let dir = tempfile::tempdir()?;
    let plugin = dir.path().join("plugin.txt");
    std::fs::write(&plugin, "AGE-PLUGIN-YUBIKEY-1X\n")?;
    let for_plugin = reason(&yaml, Some(plugin))?;
    assert!(
        matches!(&for_plugin, ProgramReason::Identity(tried)
            if tried.iter().any(|one| one.outcome == IdentityOutcome::Plugin)),
        "{for_plugin:?}"
    );
    let comments = text("generated/age_comment_regex.yaml")?;
    assert_eq!(reason(&comments, None)?, ProgramReason::CommentRule);
    let expression =
        text("generated/age_encrypted_regex.yaml")?.replace("^(data|stringData)$", "\\Qa\\E");
    assert_eq!(reason(&expression, None)?, ProgramReason::Expression);
    let tagged = yaml.replace("host_unencrypted: ", "host_unencrypted: !!str ");
    let spelling = reason(&tagged, None)?;
    assert!(
        matches!(spelling, ProgramReason::Spelling(_)),
        "{spelling:?}"
    );
    Ok(())
}

#[test]
fn an_identity_that_cannot_be_used_is_said_to_be_what_it_is() -> TestResult {
    let yaml = text("generated/age_basic.yaml")?;
    for (identity, outcome) in [
        ("keys", IdentityOutcome::NotReadable),
        ("keys/ssh_ecdsa", IdentityOutcome::SshKind),
    ] {
        let (_, tried) = no_identity(&yaml, fixture(identity))?;
        assert!(tried.contains(&outcome), "{identity}: {tried:?}");
    }
    Ok(())
}

#[test]
fn a_command_that_is_not_allowed_is_said_to_be_one() -> TestResult {
    let name = "sops_native::reasons::a_command_that_is_not_allowed_is_said_to_be_one";
    if !is_child(name) {
        let output = child(name)?
            .env("SOPS_AGE_KEY_CMD", "echo canary")
            .output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains("1 passed"), "{stdout}");
        return Ok(());
    }
    let yaml = text("generated/age_basic.yaml")?;
    let (_, tried) = no_identity(&yaml, fixture("keys/age-wrong.txt"))?;
    let not_allowed = IdentityOutcome::CommandNotAllowed;
    assert!(tried.contains(&not_allowed), "{tried:?}");
    Ok(())
}
