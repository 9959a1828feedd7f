//! Whether one page of an encrypted file fits a key, found out without SQLCipher.
//!
//! ```text
//! page 1:       salt (16)  ciphertext  IV (16)  HMAC  padding
//! other pages:             ciphertext  IV (16)  HMAC  padding
//!                          |--- authenticated ---|    IV, HMAC and padding are the reserve
//! ```
//! The HMAC covers ciphertext, IV and the page number (32 bits, little endian). Its key is PBKDF2
//! of the encryption key with two rounds, salted with the file's salt XOR `0x3a`.

use std::num::NonZeroU32;

use ring::{hmac, pbkdf2};
use zeroize::Zeroizing;

use crate::{CipherProfile, DerivedKey, RAW_KEY_BYTES, SALT_BYTES};

const HMAC_SALT_MASK: u8 = 0x3a;
const IV_BYTES: usize = 16;
const HMAC_KEY_ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);

/// Checks the pages of one file against one key.
pub(crate) struct PageVerifier {
    key: hmac::Key,
    salt: [u8; SALT_BYTES],
    page_size_bytes: usize,
    reserve_bytes: usize,
}

impl PageVerifier {
    /// Derives the HMAC key; `None` if pages of this profile have no HMAC.
    pub(crate) fn new(derived: &DerivedKey, profile: CipherProfile) -> Option<Self> {
        let algorithm = profile.hmac_algorithm?;
        let salt = derived.salt().map(|byte| byte ^ HMAC_SALT_MASK);
        let mut key = Zeroizing::new([0; RAW_KEY_BYTES]);
        let kdf = profile.kdf_algorithm.pbkdf2();
        pbkdf2::derive(kdf, HMAC_KEY_ROUNDS, &salt, derived.key(), &mut *key);
        Some(Self {
            key: hmac::Key::new(algorithm.hmac(), &*key),
            salt: derived.salt(),
            page_size_bytes: profile.page_size_bytes,
            reserve_bytes: profile.reserve_bytes,
        })
    }

    /// Gives the size of the pages that are checked, in bytes.
    pub(crate) fn page_size_bytes(&self) -> usize {
        self.page_size_bytes
    }

    /// Gives the salt that the first page begins with.
    pub(crate) fn salt(&self) -> [u8; SALT_BYTES] {
        self.salt
    }

    /// Says whether a page was written under the key, at this place of the file. The first page is
    /// number 1.
    pub(crate) fn page_is_authentic(&self, page: &[u8], page_number: u32) -> bool {
        if page.len() != self.page_size_bytes {
            return false;
        }
        let start = if page_number == 1 { SALT_BYTES } else { 0 };
        let (authenticated, rest) = page.split_at(page.len() - self.reserve_bytes + IV_BYTES);
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&authenticated[start..]);
        context.update(&page_number.to_le_bytes());
        rest.starts_with(context.sign().as_ref())
    }
}
