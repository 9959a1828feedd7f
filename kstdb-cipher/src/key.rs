//! The key of a database: a passphrase that is stretched, or raw bytes that are not.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox, SecretString};
use zeroize::Zeroizing;

/// The length of a raw AES-256 key, in bytes.
pub const RAW_KEY_BYTES: usize = 32;

/// The length of the salt in the first bytes of every encrypted file, in bytes.
pub const SALT_BYTES: usize = 16;

const KEY_DIGITS: usize = 2 * RAW_KEY_BYTES;
const KEY_AND_SALT_DIGITS: usize = KEY_DIGITS + 2 * SALT_BYTES;
const KEY_HMAC_KEY_AND_SALT_DIGITS: usize = 2 * KEY_DIGITS + 2 * SALT_BYTES;

/// Gives access to an encrypted database.
///
/// A passphrase is stretched with PBKDF2 and the salt of the file; a raw key is used as it is. As
/// in every SQLCipher tool, a passphrase of the form `x'<64 hex digits>'` **is** a raw key, and
/// `x'<96 hex digits>'` is a raw key with its salt: see
/// [the SQLCipher documentation](https://www.zetetic.net/sqlcipher/sqlcipher-api/#key). Nothing
/// else is changed: no trimming, no Unicode normalisation, so two spellings of the same word are
/// two keys.
///
/// # Security
///
/// The key is wiped from memory when it is dropped. It is neither `Clone` nor printable; share it
/// in an [`Arc`](std::sync::Arc).
///
/// # Example
///
/// ```
/// use kstdb_cipher::{CipherKey, KeyError, KeyKind};
///
/// assert_eq!(CipherKey::passphrase("sesame")?.kind(), KeyKind::Passphrase);
/// assert_eq!(CipherKey::passphrase("").err(), Some(KeyError::Empty));
/// # Ok::<(), KeyError>(())
/// ```
pub struct CipherKey {
    material: Material,
}

/// The secret itself, in the three forms that SQLCipher knows.
pub(crate) enum Material {
    Passphrase(SecretString),
    RawKey(SecretBox<[u8; RAW_KEY_BYTES]>),
    RawKeyWithSalt(SecretBox<[u8; RAW_KEY_BYTES]>, [u8; SALT_BYTES]),
}

/// Names the form of a [`CipherKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// Text, stretched by the key derivation function with the salt of the file.
    Passphrase,
    /// 32 bytes, used with the salt of the file.
    RawKey,
    /// 32 bytes that bring the salt along.
    RawKeyWithSalt,
}

/// Says why some text cannot be a key. Never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text has no characters; SQLCipher would leave the database unencrypted.
    #[error("the key is empty")]
    Empty,
    /// The text has a NUL character, at which some SQLCipher tools would cut it.
    #[error("the key contains a NUL character")]
    ContainsNul,
    /// The text has the form `x'<160 hex digits>'`: a raw key to newer versions of SQLCipher, a
    /// passphrase to older ones.
    #[error("a raw key that brings its own HMAC key is not supported")]
    RawHmacKey,
}

impl CipherKey {
    /// Makes a key from text.
    ///
    /// Text of the form `x'<64 hex digits>'` or `x'<96 hex digits>'` makes a raw key.
    ///
    /// # Errors
    ///
    /// - [`KeyError::Empty`]: there is no text
    /// - [`KeyError::ContainsNul`]: the text has a NUL character
    /// - [`KeyError::RawHmacKey`]: the text has the form `x'<160 hex digits>'`
    ///
    /// # Security
    ///
    /// A `SecretString` is taken over without a copy; a `&str` or `String` leaves the caller's own
    /// copy unwiped.
    pub fn passphrase(text: impl Into<SecretString>) -> Result<Self, KeyError> {
        let text = text.into();
        #[expect(
            clippy::disallowed_methods,
            reason = "the form of the text says what it is"
        )]
        let bytes = text.expose_secret().as_bytes();
        if bytes.is_empty() {
            return Err(KeyError::Empty);
        }
        if bytes.contains(&0) {
            return Err(KeyError::ContainsNul);
        }
        let material = match raw_digits(bytes) {
            Some(digits) if digits.len() == KEY_DIGITS => Material::RawKey(decode(digits)),
            Some(digits) if digits.len() == KEY_AND_SALT_DIGITS => {
                let (key, salt) = digits.split_at(KEY_DIGITS);
                let mut salt_bytes = [0; SALT_BYTES];
                decode_into(salt, &mut salt_bytes);
                Material::RawKeyWithSalt(decode(key), salt_bytes)
            }
            Some(digits) if digits.len() == KEY_HMAC_KEY_AND_SALT_DIGITS => {
                return Err(KeyError::RawHmacKey);
            }
            _ => Material::Passphrase(text),
        };
        Ok(Self { material })
    }

    /// Makes a key from 32 bytes that are used as they are, with the salt of the file.
    #[must_use]
    pub fn raw_key(key: SecretBox<[u8; RAW_KEY_BYTES]>) -> Self {
        Self {
            material: Material::RawKey(key),
        }
    }

    /// Makes a key from 32 bytes and the salt to use with them.
    ///
    /// A new database gets this salt. An existing one opens only if it has it.
    #[must_use]
    pub fn raw_key_with_salt(key: SecretBox<[u8; RAW_KEY_BYTES]>, salt: [u8; SALT_BYTES]) -> Self {
        Self {
            material: Material::RawKeyWithSalt(key, salt),
        }
    }

    /// Says which form the key has.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self.material {
            Material::Passphrase(_) => KeyKind::Passphrase,
            Material::RawKey(_) => KeyKind::RawKey,
            Material::RawKeyWithSalt(..) => KeyKind::RawKeyWithSalt,
        }
    }

    /// Lends the secret to the code that stretches it.
    pub(crate) fn material(&self) -> &Material {
        &self.material
    }

    /// Gives the bytes that SQLCipher takes as its key, in a buffer that is wiped.
    #[expect(clippy::disallowed_methods, reason = "the bytes go to sqlite3_key_v2")]
    pub(crate) fn to_sqlcipher_text(&self) -> Zeroizing<Vec<u8>> {
        match &self.material {
            Material::Passphrase(text) => Zeroizing::new(text.expose_secret().as_bytes().to_vec()),
            Material::RawKey(key) => raw_key_text(key.expose_secret(), &[]),
            Material::RawKeyWithSalt(key, salt) => raw_key_text(key.expose_secret(), salt),
        }
    }

    /// Copies the key for a blocking thread, which cannot borrow it. The copy wipes itself too.
    #[expect(
        clippy::disallowed_methods,
        reason = "copied from one wiping box into another"
    )]
    pub(crate) fn duplicate(&self) -> Self {
        let copy = |key: &SecretBox<[u8; RAW_KEY_BYTES]>| {
            SecretBox::init_with_mut(|bytes: &mut [u8; RAW_KEY_BYTES]| {
                bytes.copy_from_slice(key.expose_secret());
            })
        };
        let material = match &self.material {
            Material::Passphrase(text) => Material::Passphrase(text.clone()),
            Material::RawKey(key) => Material::RawKey(copy(key)),
            Material::RawKeyWithSalt(key, salt) => Material::RawKeyWithSalt(copy(key), *salt),
        };
        Self { material }
    }
}

impl fmt::Debug for CipherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CipherKey")
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

/// Writes key and salt as `x'<hex digits>'` into a buffer that never grows and is wiped.
pub(crate) fn raw_key_text(key: &[u8; RAW_KEY_BYTES], salt: &[u8]) -> Zeroizing<Vec<u8>> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Zeroizing::new(Vec::with_capacity(3 + 2 * (key.len() + salt.len())));
    text.extend_from_slice(b"x'");
    for byte in key.iter().chain(salt) {
        text.push(DIGITS[usize::from(byte >> 4)]);
        text.push(DIGITS[usize::from(byte & 15)]);
    }
    text.push(b'\'');
    text
}

/// Gives the digits of `x'<hex digits>'`, by the rules of SQLCipher; `None` if it is not that.
fn raw_digits(text: &[u8]) -> Option<&[u8]> {
    let [b'x' | b'X', b'\'', digits @ .., b'\''] = text else {
        return None;
    };
    digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)
}

fn decode(digits: &[u8]) -> SecretBox<[u8; RAW_KEY_BYTES]> {
    SecretBox::init_with_mut(|key: &mut [u8; RAW_KEY_BYTES]| decode_into(digits, key))
}

/// Turns pairs of hex digits into bytes. The caller has checked that they are digits.
fn decode_into(digits: &[u8], bytes: &mut [u8]) {
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0]) << 4 | nibble(pair[1]);
    }
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a' - 10) & 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(text: &str) -> Result<KeyKind, KeyError> {
        CipherKey::passphrase(text).map(|key| key.kind())
    }

    #[test]
    fn the_form_of_the_text_decides_what_it_is() {
        let hex = |digits: usize| format!("x'{}'", "aB".repeat(digits / 2));
        let table = [
            ("", Err(KeyError::Empty)),
            ("\0", Err(KeyError::ContainsNul)),
            ("a\0b", Err(KeyError::ContainsNul)),
            (" ", Ok(KeyKind::Passphrase)),
            ("k\n", Ok(KeyKind::Passphrase)),
            ("it's \u{430}", Ok(KeyKind::Passphrase)),
            ("x''", Ok(KeyKind::Passphrase)),
            ("x'", Ok(KeyKind::Passphrase)),
            ("'", Ok(KeyKind::Passphrase)),
            (&hex(62), Ok(KeyKind::Passphrase)),
            (&hex(64), Ok(KeyKind::RawKey)),
            (&hex(64).to_uppercase(), Ok(KeyKind::RawKey)),
            (&hex(64).replace('a', "g"), Ok(KeyKind::Passphrase)),
            (&format!(" {}", hex(64)), Ok(KeyKind::Passphrase)),
            (&hex(66), Ok(KeyKind::Passphrase)),
            (&hex(96), Ok(KeyKind::RawKeyWithSalt)),
            (&hex(160), Err(KeyError::RawHmacKey)),
        ];
        for (text, expected) in table {
            assert_eq!(kind(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_raw_key_keeps_its_digits() -> Result<(), KeyError> {
        let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
        let text = format!("x'{digits}'");
        let key = CipherKey::passphrase(text.as_str())?;
        assert_eq!(*key.to_sqlcipher_text(), text.to_lowercase().into_bytes());
        let salted = format!("x'{digits}ffeeddccbbaa99887766554433221100'");
        let key = CipherKey::passphrase(salted.as_str())?.duplicate();
        assert_eq!(*key.to_sqlcipher_text(), salted.to_lowercase().into_bytes());
        Ok(())
    }

    #[test]
    fn debug_shows_the_kind_only() -> Result<(), KeyError> {
        let shown = format!("{:?}", CipherKey::passphrase("canary-4711")?);
        assert_eq!(shown, "CipherKey { kind: Passphrase, .. }");
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_or_a_typed_error(text in any::<String>()) {
            let expected = !text.is_empty() && !text.contains('\0');
            prop_assert_eq!(CipherKey::passphrase(text.as_str()).is_ok(), expected);
        }

        #[test]
        fn any_text_in_raw_quotes_is_a_key_or_a_typed_error(text in "[xX]'[0-9a-fA-F]{0,170}'?") {
            let raw_hmac_key = text.len() == 163 && text.ends_with('\'');
            prop_assert_eq!(CipherKey::passphrase(text.as_str()).is_err(), raw_hmac_key);
        }
    }
}
