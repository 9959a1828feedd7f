//! Keys that were derived before, for programs that close a database and open it again.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use crate::key::Material;
use crate::stack::on_wiped_stack;
use crate::{CipherError, CipherKey, CipherProfile, DerivedKey, HashAlgorithm, SALT_BYTES};

/// Keys that are kept; a new one takes the place of the oldest.
const CAPACITY: usize = 32;

/// The rounds that a passphrase is stretched with to be recognised: 1 ms.
const TAG_ROUNDS: std::num::NonZeroU32 = match std::num::NonZeroU32::new(2_000) {
    Some(rounds) => rounds,
    None => std::num::NonZeroU32::MIN,
};

const SECRET_BYTES: usize = 32;
const TAG_BYTES: usize = 32;

/// Remembers derived keys, so that opening a database again costs 1 ms in place of 0.1 to 0.2 s.
///
/// Nothing is remembered unless a program makes a cache and gives it to
/// [`unlock_with`](crate::unlock_with): it trades secrecy in memory for speed. Clones share the
/// cache; the keys are wiped when the last clone is dropped, by [`clear`](Self::clear), or when 32
/// newer ones have come. Only a key that has opened its file is remembered, and it is found again
/// by the passphrase, the salt of the file and the settings of the derivation together: another
/// passphrase or a file with another salt is derived as ever. Raw keys need no derivation and are
/// not kept.
///
/// # Security
///
/// While the cache lives, a reader of this process's memory finds the raw keys of databases that
/// are closed already, and can test guesses of their passphrases a hundred times faster than with
/// the files alone. The passphrases themselves are not kept, nor a fast hash of them: they are
/// recognised by PBKDF2-HMAC-SHA-512 with 2 000 rounds and a secret of the cache's own as salt.
///
/// # Example
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if !kstdb_cipher::is_sqlcipher_available() { return Ok(()) }
/// use kstdb_cipher::{CipherKey, KeyCache, UnlockOptions, unlock_with};
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("app.db");
/// let cache = KeyCache::new()?;
/// let options = UnlockOptions::new().create_if_missing(true);
/// let key = CipherKey::passphrase("correct horse battery staple")?;
/// unlock_with(&path, &key, &options, Some(&cache))?;
/// assert_eq!(cache.len(), 1);
/// unlock_with(&path, &key, &options, Some(&cache))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct KeyCache(Arc<Inner>);

struct Inner {
    secret: SecretBox<[u8; SECRET_BYTES]>,
    entries: Mutex<VecDeque<Entry>>,
}

struct Entry {
    tag: Tag,
    key: DerivedKey,
}

/// What a passphrase is recognised by, with one salt and one derivation.
pub(crate) struct Tag(Zeroizing<[u8; TAG_BYTES]>);

impl KeyCache {
    /// Makes an empty cache.
    ///
    /// # Errors
    ///
    /// - [`CipherError::Random`]: the operating system gave no random bytes
    pub fn new() -> Result<Self, CipherError> {
        let mut drawn = Ok(());
        let secret = SecretBox::init_with_mut(|secret: &mut [u8; SECRET_BYTES]| {
            drawn = SystemRandom::new().fill(secret);
        });
        drawn.map_err(|_| CipherError::Random)?;
        Ok(Self(Arc::new(Inner {
            secret,
            entries: Mutex::default(),
        })))
    }

    /// Forgets and wipes all keys.
    pub fn clear(&self) {
        self.entries().clear();
    }

    /// Counts the keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Says whether there is no key in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes what a passphrase is recognised by; `None` for a raw key.
    #[expect(clippy::disallowed_methods, reason = "both secrets go into PBKDF2")]
    pub(crate) fn tag(
        &self,
        key: &CipherKey,
        salt: [u8; SALT_BYTES],
        profile: CipherProfile,
    ) -> Option<Tag> {
        let Material::Passphrase(text) = key.material() else {
            return None;
        };
        let algorithm = match profile.kdf_algorithm {
            HashAlgorithm::Sha1 => 1,
            HashAlgorithm::Sha512 => 2,
        };
        let mut context = Zeroizing::new(Vec::with_capacity(SECRET_BYTES + SALT_BYTES + 5));
        context.extend_from_slice(self.0.secret.expose_secret());
        context.extend_from_slice(&salt);
        context.extend_from_slice(&profile.kdf_iterations.get().to_le_bytes());
        context.push(algorithm);
        let mut tag = Zeroizing::new([0; TAG_BYTES]);
        let text = text.expose_secret().as_bytes();
        let out = &mut *tag;
        on_wiped_stack(|| {
            pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, TAG_ROUNDS, &context, text, out);
        });
        Some(Tag(tag))
    }

    /// Gives a copy of the key that was remembered.
    pub(crate) fn recall(&self, tag: &Tag) -> Option<DerivedKey> {
        let entries = self.entries();
        let entry = entries.iter().find(|entry| *entry.tag.0 == *tag.0)?;
        Some(entry.key.duplicate())
    }

    /// Remembers a key that has opened its file.
    pub(crate) fn remember(&self, tag: Tag, key: &DerivedKey) {
        let mut entries = self.entries();
        entries.retain(|entry| *entry.tag.0 != *tag.0);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        let key = key.duplicate();
        entries.push_back(Entry { tag, key });
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCache")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CipherCompatibility::{V3, V4};

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn tag(cache: &KeyCache, text: &str, salt: u8, profile: CipherProfile) -> Option<Vec<u8>> {
        let key = CipherKey::passphrase(text).ok()?;
        let tag = cache.tag(&key, [salt; SALT_BYTES], profile)?;
        Some(tag.0.to_vec())
    }

    #[test]
    fn a_tag_is_of_one_passphrase_one_salt_one_derivation_and_one_cache() -> TestResult {
        let (one, two) = (KeyCache::new()?, KeyCache::new()?);
        let (v4, v3) = (V4.profile(), V3.profile());
        let of = tag(&one, "sesame", 1, v4);
        assert!(of.is_some() && of == tag(&one.clone(), "sesame", 1, v4));
        for other in [
            tag(&one, "sesam", 1, v4),
            tag(&one, "sesame", 2, v4),
            tag(&one, "sesame", 1, v3),
            tag(&two, "sesame", 1, v4),
        ] {
            assert!(other.is_some() && other != of);
        }
        assert_eq!(tag(&one, &format!("x'{}'", "00".repeat(32)), 1, v4), None);
        Ok(())
    }

    #[test]
    fn the_oldest_key_makes_room() -> TestResult {
        let cache = KeyCache::new()?;
        let remember = |salt: u8| -> TestResult {
            let key = CipherKey::passphrase("sesame")?;
            let tag = cache.tag(&key, [salt; SALT_BYTES], V4.profile());
            let raw = CipherKey::raw_key(SecretBox::new(Box::new([salt; 32])));
            let derived = DerivedKey::derive(&raw, [salt; SALT_BYTES], V4);
            cache.remember(tag.ok_or("no tag")?, &derived);
            Ok(())
        };
        let recall = |salt: u8| -> Option<DerivedKey> {
            let key = CipherKey::passphrase("sesame").ok()?;
            cache.recall(&cache.tag(&key, [salt; SALT_BYTES], V4.profile())?)
        };
        for salt in 0..=u8::try_from(CAPACITY)? {
            remember(salt)?;
        }
        assert_eq!(cache.len(), CAPACITY);
        assert!(recall(0).is_none());
        assert!(recall(1).is_some_and(|key| key.salt() == [1; SALT_BYTES]));
        cache.clear();
        assert!(cache.is_empty() && recall(1).is_none());
        Ok(())
    }

    #[test]
    fn debug_shows_the_number_only() -> TestResult {
        let shown = format!("{:?}", KeyCache::new()?);
        assert_eq!(shown, "KeyCache { len: 0, .. }");
        Ok(())
    }
}
