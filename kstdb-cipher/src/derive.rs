//! One key derivation for any number of connections: the raw key and salt that PBKDF2 gives.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use crate::key::{Material, raw_key_text};
use crate::stack::on_wiped_stack;
use crate::{
    CipherCompatibility, CipherError, CipherKey, CipherProfile, RAW_KEY_BYTES, SALT_BYTES,
};

static FULL_DERIVATIONS: AtomicU64 = AtomicU64::new(0);

/// Holds the raw key of one database: what PBKDF2 makes of a passphrase and the file's salt.
///
/// Deriving costs 0.1 to 0.2 s of CPU time, using the result costs nothing: derive once, then give
/// it to every connection with [`apply_derived_key`](crate::apply_derived_key). Files written with
/// it are ordinary SQLCipher files, which open elsewhere with the passphrase.
///
/// # Security
///
/// The key is wiped from memory when it is dropped. The salt is no secret: it is the start of the
/// file.
pub struct DerivedKey {
    key: SecretBox<[u8; RAW_KEY_BYTES]>,
    salt: [u8; SALT_BYTES],
}

impl DerivedKey {
    /// Derives the raw key of a database whose file starts with `salt`, with the rounds of a
    /// [`CipherProfile`] or of a [`CipherCompatibility`].
    ///
    /// A raw key is taken as it is. One that brings its own salt keeps it, and `salt` is ignored.
    ///
    /// This blocks: a passphrase costs 0.1 to 0.2 s with [`CipherCompatibility::V4`]. Run it on a
    /// blocking thread.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the secret goes into PBKDF2")]
    pub fn derive(
        key: &CipherKey,
        salt: [u8; SALT_BYTES],
        profile: impl Into<CipherProfile>,
    ) -> Self {
        let profile = profile.into();
        let copy = |raw: &SecretBox<[u8; RAW_KEY_BYTES]>| {
            SecretBox::init_with_mut(|out: &mut [u8; RAW_KEY_BYTES]| {
                out.copy_from_slice(raw.expose_secret());
            })
        };
        match key.material() {
            Material::RawKey(raw) => Self {
                key: copy(raw),
                salt,
            },
            Material::RawKeyWithSalt(raw, own_salt) => Self {
                key: copy(raw),
                salt: *own_salt,
            },
            Material::Passphrase(text) => {
                if profile.compatibility == CipherCompatibility::V4 {
                    FULL_DERIVATIONS.fetch_add(1, Ordering::Relaxed);
                }
                let key = SecretBox::init_with_mut(|out: &mut [u8; RAW_KEY_BYTES]| {
                    let text = text.expose_secret().as_bytes();
                    let algorithm = profile.kdf_algorithm.pbkdf2();
                    on_wiped_stack(|| {
                        pbkdf2::derive(algorithm, profile.kdf_iterations, &salt, text, out);
                    });
                });
                Self { key, salt }
            }
        }
    }

    /// Gives the salt that belongs to the key: the first 16 bytes of the file.
    #[must_use]
    pub fn salt(&self) -> [u8; SALT_BYTES] {
        self.salt
    }

    /// Says whether both open the same file: the same key with the same salt.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        // Every byte is looked at, so that the time tells nothing.
        let pairs = self.key().iter().zip(other.key());
        let difference = pairs.fold(0, |found, (a, b)| found | (a ^ b));
        difference == 0 && self.salt == other.salt
    }

    /// Copies the key for a call of its own, such as a backup. The copy wipes itself too.
    #[must_use]
    pub(crate) fn duplicate(&self) -> Self {
        Self {
            key: SecretBox::init_with_mut(|out: &mut [u8; RAW_KEY_BYTES]| {
                out.copy_from_slice(self.key());
            }),
            salt: self.salt,
        }
    }

    /// Lends the raw key to the code that checks pages.
    #[expect(clippy::disallowed_methods, reason = "the HMAC key is derived from it")]
    pub(crate) fn key(&self) -> &[u8; RAW_KEY_BYTES] {
        self.key.expose_secret()
    }

    /// Gives `x'<64 hex digits of key><32 of salt>'` in a buffer that is wiped.
    pub(crate) fn to_sqlcipher_text(&self) -> Zeroizing<Vec<u8>> {
        raw_key_text(self.key(), &self.salt)
    }
}

impl fmt::Debug for DerivedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DerivedKey").finish_non_exhaustive()
    }
}

/// Gives a new random salt from the operating system.
///
/// # Errors
///
/// - [`CipherError::Random`]: the operating system gave no random bytes
pub fn random_salt() -> Result<[u8; SALT_BYTES], CipherError> {
    let mut salt = [0; SALT_BYTES];
    SystemRandom::new()
        .fill(&mut salt)
        .map_err(|_| CipherError::Random)?;
    Ok(salt)
}

/// Counts the full-strength key derivations of this process since it started.
///
/// A metric: it grows by one whenever a passphrase is stretched with the rounds of
/// [`CipherCompatibility::V4`] (256 000 unless a profile says otherwise) in this crate. Raw keys and the
/// cheaper derivations of older files do not count, nor does what SQLCipher itself derives for a new
/// file after [`apply_cipher_key`](crate::apply_cipher_key).
#[must_use]
pub fn key_derivations() -> u64 {
    FULL_DERIVATIONS.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_derives_what_another_pbkdf2_derives() -> Result<(), crate::KeyError> {
        // python3: hashlib.pbkdf2_hmac(hash, b"sesame", bytes(range(16)), rounds, 32).hex()
        let salt: [u8; SALT_BYTES] = std::array::from_fn(|i| u8::try_from(i).unwrap_or_default());
        let key = CipherKey::passphrase("sesame")?;
        for (compatibility, expected) in [
            (
                CipherCompatibility::V2,
                "853a3eeca6ccbb97a61ae1507661281de0e59103eba4c165a8c2be410767b43f",
            ),
            (
                CipherCompatibility::V3,
                "f0fe570c17e6b1b82aac3e3f64c901e6e6454c6ec53db4022848bc6d7d11c1da",
            ),
            (
                CipherCompatibility::V4,
                "488397651a22adc4f4289da3b2dbaa5e90a2a43dcfa674212d960e722c784cef",
            ),
        ] {
            let derived = DerivedKey::derive(&key, salt, compatibility);
            let expected = format!("x'{expected}000102030405060708090a0b0c0d0e0f'");
            assert_eq!(
                *derived.to_sqlcipher_text(),
                expected.into_bytes(),
                "{compatibility:?}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_raw_key_is_not_stretched_and_keeps_its_own_salt() {
        let raw = || SecretBox::new(Box::new([7; RAW_KEY_BYTES]));
        let derived = DerivedKey::derive(
            &CipherKey::raw_key(raw()),
            [1; 16],
            CipherProfile::default(),
        );
        assert_eq!((derived.key(), derived.salt()), (&[7; 32], [1; 16]));
        let salted = CipherKey::raw_key_with_salt(raw(), [2; 16]);
        let derived = DerivedKey::derive(&salted, [1; 16], CipherCompatibility::V4);
        assert_eq!((derived.key(), derived.salt()), (&[7; 32], [2; 16]));
    }

    #[test]
    fn salts_are_random() -> Result<(), CipherError> {
        assert_ne!(random_salt()?, random_salt()?);
        Ok(())
    }
}
