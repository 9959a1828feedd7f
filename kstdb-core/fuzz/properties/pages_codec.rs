//! The pages of a file, opened and sealed without SQLCipher: `kstdb-cipher/docs/cipher.md` has the
//! layout.

use std::num::NonZeroU32;

use aes_gcm::aes::Aes256;
use aes_gcm::aes::cipher::generic_array::GenericArray;
use aes_gcm::aes::cipher::{BlockDecrypt as _, BlockEncrypt as _, KeyInit as _};
use ring::{hmac, pbkdf2};

pub(super) const PAGE_BYTES: usize = 4_096;
/// What of a page is encrypted; the IV and the HMAC follow.
pub(super) const BODY_BYTES: usize = 4_016;
const BLOCK_BYTES: usize = 16;
/// Where the HMAC begins.
const TAG: usize = BODY_BYTES + BLOCK_BYTES;
/// The salt in clear, in the place of SQLite's name.
const SALT_BYTES: usize = 16;
const NAME: &[u8; SALT_BYTES] = b"SQLite format 3\0";

/// The keys of a file.
pub(super) struct Codec {
    cipher: Aes256,
    hmac: hmac::Key,
    salt: [u8; SALT_BYTES],
}

impl Codec {
    pub(super) fn new(key: &[u8; 32], salt: [u8; SALT_BYTES]) -> Self {
        let mut hmac_key = [0; 32];
        let rounds = NonZeroU32::MIN.saturating_add(1);
        let hmac_salt = salt.map(|byte| byte ^ 0x3a);
        let algorithm = pbkdf2::PBKDF2_HMAC_SHA512;
        pbkdf2::derive(algorithm, rounds, &hmac_salt, key, &mut hmac_key);
        Self {
            cipher: Aes256::new(GenericArray::from_slice(key)),
            hmac: hmac::Key::new(hmac::HMAC_SHA512, &hmac_key),
            salt,
        }
    }

    /// Gives a page in clear.
    pub(super) fn open(&self, number: u32, page: &[u8]) -> Vec<u8> {
        let hmac = self.tag(number, &page[start(number)..TAG]);
        assert_eq!(hmac.as_ref(), &page[TAG..], "page {number}");
        let mut clear = page.to_vec();
        let mut before = page[BODY_BYTES..TAG].to_vec();
        for block in (start(number)..BODY_BYTES).step_by(BLOCK_BYTES) {
            let range = block..block + BLOCK_BYTES;
            self.cipher
                .decrypt_block(GenericArray::from_mut_slice(&mut clear[range.clone()]));
            xor(&mut clear[range.clone()], &before);
            before.copy_from_slice(&page[range]);
        }
        if number == 1 {
            clear[..SALT_BYTES].copy_from_slice(NAME);
        }
        clear
    }

    /// Encrypts a page and authenticates it.
    pub(super) fn seal(&self, number: u32, clear: &[u8]) -> Vec<u8> {
        let mut page = clear.to_vec();
        page[BODY_BYTES..TAG].fill(7);
        let mut before = page[BODY_BYTES..TAG].to_vec();
        for block in (start(number)..BODY_BYTES).step_by(BLOCK_BYTES) {
            let range = block..block + BLOCK_BYTES;
            xor(&mut page[range.clone()], &before);
            self.cipher
                .encrypt_block(GenericArray::from_mut_slice(&mut page[range.clone()]));
            before.copy_from_slice(&page[range]);
        }
        if number == 1 {
            page[..SALT_BYTES].copy_from_slice(&self.salt);
        }
        let tag = self.tag(number, &page[start(number)..TAG]);
        page[TAG..].copy_from_slice(tag.as_ref());
        page
    }

    fn tag(&self, number: u32, sealed: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.hmac);
        context.update(sealed);
        context.update(&number.to_le_bytes());
        context.sign()
    }
}

/// Where the ciphertext of a page begins.
fn start(number: u32) -> usize {
    if number == 1 { SALT_BYTES } else { 0 }
}

fn xor(bytes: &mut [u8], with: &[u8]) {
    for (byte, with) in bytes.iter_mut().zip(with) {
        *byte ^= with;
    }
}
