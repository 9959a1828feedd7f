//! What must never be told: the key of every database, what is bound to its statements, and
//! whatever else is a secret for a while.

use std::sync::OnceLock;

use anyhow::bail;

/// What every stored value of a ledger begins with.
pub(crate) const BOUND: &str = "canary-bound-0451";

/// So many bytes of a key that are told are a secret told.
const TELLING_BYTES: usize = 6;

/// One byte of the key. The whole is nowhere in memory but in the boxes that hold it.
pub(crate) fn key_byte(index: usize) -> u8 {
    u8::try_from((index * 73 + 41) % 251).unwrap_or_default() ^ 0x5c
}

/// Something that a text must not tell, in any spelling.
#[derive(Debug)]
pub(crate) struct Secret {
    what: &'static str,
    /// Parts of it as Rust and SQL spell them, in lower case.
    spellings: Vec<String>,
}

impl Secret {
    pub(crate) fn of(what: &'static str, secret: &[u8]) -> Self {
        let mut spellings = Vec::new();
        for part in secret.windows(TELLING_BYTES) {
            for (separator, spell) in SPELLINGS {
                let bytes: Vec<String> = part.iter().map(spell).collect();
                spellings.push(bytes.join(separator));
            }
        }
        if let Ok(text) = std::str::from_utf8(secret) {
            spellings.push(text.to_lowercase());
        }
        Self { what, spellings }
    }

    /// Counts how often a text tells a part of it.
    pub(crate) fn times(&self, text: &str) -> usize {
        let text = text.to_lowercase();
        let times = |spelling: &String| text.matches(spelling.as_str()).count();
        self.spellings.iter().map(times).sum()
    }

    fn is_told(&self, text: &str) -> bool {
        self.spellings
            .iter()
            .any(|spelling| text.contains(spelling.as_str()))
    }
}

type Spell = fn(&u8) -> String;

const SPELLINGS: [(&str, Spell); 3] = [
    ("", |byte| format!("{byte:02x}")),
    (", ", |byte| byte.to_string()),
    ("\\x", |byte| format!("{byte:02x}")),
];

/// Checks that a text tells neither the key nor a bound value.
///
/// # Errors
/// It does; the error says what, and not where.
pub(crate) fn clean(text: &str) -> anyhow::Result<()> {
    static SECRETS: OnceLock<[Secret; 2]> = OnceLock::new();
    let secrets = SECRETS.get_or_init(|| {
        let key: Vec<u8> = (0..32).map(key_byte).collect();
        [
            Secret::of("the key", &key),
            Secret::of("a bound value", BOUND.as_bytes()),
        ]
    });
    let text = text.to_lowercase();
    match secrets.iter().find(|secret| secret.is_told(&text)) {
        Some(secret) => bail!("a secret is told: {}", secret.what),
        None => Ok(()),
    }
}

/// Checks that an error tells nothing secret, however it is printed.
///
/// # Errors
/// It does.
pub(crate) fn clean_error(error: &(dyn std::error::Error + 'static)) -> anyhow::Result<()> {
    let mut text = format!("{error:?} {error:#?} {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(" {error}"));
        cause = error.source();
    }
    clean(&text)
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
        ] {
            assert!(clean(&told).is_err(), "{told}");
        }
        assert!(clean("a page of the database is damaged").is_ok());
    }
}
