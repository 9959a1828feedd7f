//! What must never be told: the key of every database, and what is bound to its statements.

use std::sync::OnceLock;

use anyhow::bail;

/// What every stored value of a ledger begins with.
pub(crate) const BOUND: &str = "canary-bound-0451";

/// What is told in clear by whoever is tried as a control.
pub(crate) const PASSPHRASE: &str = "correct horse battery staple, canary 0451";
/// The passphrase after a change of the key.
pub(crate) const NEXT_PASSPHRASE: &str = "incorrect pony generator paperclip, canary 0452";

/// So many bytes of a key that are told are a secret told.
const TELLING_BYTES: usize = 6;

/// One byte of the key. The whole is nowhere in memory but in the boxes that hold it.
pub(crate) fn key_byte(index: usize) -> u8 {
    u8::try_from((index * 73 + 41) % 251).unwrap_or_default() ^ 0x5c
}

/// Checks that a text tells nothing secret, in any spelling.
///
/// # Errors
/// It does; the error says what, and not where.
pub(crate) fn clean(text: &str) -> anyhow::Result<()> {
    let text = text.to_lowercase();
    for (what, spelling) in spellings() {
        if text.contains(spelling) {
            bail!("a secret is told: {what}");
        }
    }
    Ok(())
}

/// Parts of each secret as Rust and SQL spell them, in lower case.
fn spellings() -> &'static [(&'static str, String)] {
    static SPELLINGS: OnceLock<Vec<(&str, String)>> = OnceLock::new();
    SPELLINGS.get_or_init(|| {
        let key: Vec<u8> = (0..32).map(key_byte).collect();
        let mut spellings = Vec::new();
        for part in key.windows(TELLING_BYTES) {
            spellings.extend(bytes("the key", part));
        }
        for (what, text) in [
            ("a bound value", BOUND),
            ("the passphrase", PASSPHRASE),
            ("the next passphrase", NEXT_PASSPHRASE),
        ] {
            spellings.push((what, text.to_owned()));
            spellings.extend(bytes(what, &text.as_bytes()[..TELLING_BYTES + 2]));
        }
        spellings
    })
}

fn bytes(what: &'static str, bytes: &[u8]) -> [(&'static str, String); 3] {
    let joined = |separator: &str, format: fn(&u8) -> String| {
        let parts: Vec<String> = bytes.iter().map(format).collect();
        parts.join(separator)
    };
    [
        (what, joined("", |byte| format!("{byte:02x}"))),
        (what, joined(", ", u8::to_string)),
        (what, joined("\\x", |byte| format!("{byte:02x}"))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_secret_is_found() {
        let key: Vec<u8> = (0..32).map(key_byte).collect();
        let hex: String = key.iter().map(|byte| format!("{byte:02X}")).collect();
        for told in [
            format!("PRAGMA key = \"x'{hex}'\""),
            format!("{key:?}"),
            format!("Text({BOUND:?})"),
            format!("{:?}", BOUND.as_bytes()),
            format!("the passphrase is {PASSPHRASE}"),
            NEXT_PASSPHRASE.to_owned(),
        ] {
            assert!(clean(&told).is_err(), "{told}");
        }
        assert!(clean("a page of the database is damaged").is_ok());
    }
}
