//! The text of a source of identities.

use super::super::age_file::BoxedIdentity;
use crate::sops::IdentityOutcome;

/// Reads age identities, one or more a line. One thing that is none spoils the source, as in sops.
///
/// Also gives what only the program can use.
pub(super) fn age(
    text: &str,
) -> Result<(Vec<BoxedIdentity>, Option<IdentityOutcome>), IdentityOutcome> {
    if text.starts_with("age-encryption") || text.starts_with("-----BEGIN AGE") {
        return Err(IdentityOutcome::Passphrase);
    }
    let mut identities: Vec<BoxedIdentity> = Vec::new();
    let mut foreign = None;
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    for word in lines.flat_map(str::split_whitespace) {
        if word.starts_with("AGE-SECRET-KEY-PQ-1") {
            foreign = Some(IdentityOutcome::PostQuantum);
        } else if word.starts_with("AGE-PLUGIN-") {
            foreign = Some(IdentityOutcome::Plugin);
        } else {
            let identity: age::x25519::Identity =
                word.parse().map_err(|_| IdentityOutcome::NotAnIdentity)?;
            identities.push(Box::new(identity));
        }
    }
    Ok((identities, foreign))
}

/// Reads an SSH key.
pub(super) fn ssh(text: &str) -> Result<BoxedIdentity, IdentityOutcome> {
    let identity = age::ssh::Identity::from_buffer(text.as_bytes(), None)
        .map_err(|_| IdentityOutcome::NotAnIdentity)?;
    match identity {
        age::ssh::Identity::Unencrypted(_) => Ok(Box::new(identity)),
        age::ssh::Identity::Encrypted(_) => Err(IdentityOutcome::Passphrase),
        age::ssh::Identity::Unsupported(age::ssh::UnsupportedKey::EncryptedPem) => {
            Err(IdentityOutcome::Passphrase)
        }
        age::ssh::Identity::Unsupported(_) => Err(IdentityOutcome::SshKind),
    }
}

/// Says whether a text is an SSH key and not a list of age identities.
pub(super) fn is_ssh(text: &str) -> bool {
    text.starts_with("-----BEGIN ") && !text.starts_with("-----BEGIN AGE")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AGE-SECRET-KEY-1VWHKUHK8Q5KYGPDM0YGX4S7V7E37MMS9HKT43MHZH0SUM2UHTJCQZYV2DD";

    #[test]
    fn identities_stand_on_lines_with_comments_between() {
        for (text, expected) in [
            (String::new(), Ok((0, None))),
            (
                format!("# created\r\n\r\n{KEY}\r\n  # more\n"),
                Ok((1, None)),
            ),
            (format!("{KEY} {KEY}\n{KEY}"), Ok((3, None))),
            (
                format!("{KEY}\nAGE-PLUGIN-YUBIKEY-1X"),
                Ok((1, Some(IdentityOutcome::Plugin))),
            ),
            (
                "AGE-SECRET-KEY-PQ-1X".to_owned(),
                Ok((0, Some(IdentityOutcome::PostQuantum))),
            ),
            (format!("{KEY}\nx"), Err(IdentityOutcome::NotAnIdentity)),
            (KEY.replace('V', "W"), Err(IdentityOutcome::NotAnIdentity)),
            (
                "-----BEGIN AGE ENCRYPTED FILE-----".to_owned(),
                Err(IdentityOutcome::Passphrase),
            ),
            (
                "age-encryption.org/v1".to_owned(),
                Err(IdentityOutcome::Passphrase),
            ),
        ] {
            let read = age(&text).map(|(identities, foreign)| (identities.len(), foreign));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_ssh_key_is_refused() {
        for text in ["", "x", KEY, "-----BEGIN OPENSSH PRIVATE KEY-----\n"] {
            assert!(
                matches!(ssh(text), Err(IdentityOutcome::NotAnIdentity)),
                "{text}"
            );
        }
    }
}
