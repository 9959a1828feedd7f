//! The pages of a file, opened and sealed without SQLCipher: `kstdb-cipher/docs/cipher.md` has the
//! layout.

use std::num::NonZeroU32;

use aes::Aes256;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt as _, BlockEncrypt as _, KeyInit as _};
use ring::{hmac, pbkdf2};

const BLOCK_BYTES: usize = 16;
/// The salt in clear, in the place of SQLite's name.
const SALT_BYTES: usize = 16;
const NAME: &[u8; SALT_BYTES] = b"SQLite format 3\0";

/// The pages of a version of SQLCipher.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) page_bytes: usize,
    /// IV, HMAC and padding.
    pub(crate) reserve_bytes: usize,
    pub(crate) kdf: pbkdf2::Algorithm,
    pub(crate) hmac: Option<hmac::Algorithm>,
}

/// The keys of a file.
pub(crate) struct Codec {
    cipher: Aes256,
    hmac: Option<hmac::Key>,
    salt: [u8; SALT_BYTES],
    layout: Layout,
}

impl Layout {
    /// The pages of SQLCipher 4.
    pub(crate) fn v4() -> Self {
        Self {
            page_bytes: 4_096,
            reserve_bytes: 80,
            kdf: pbkdf2::PBKDF2_HMAC_SHA512,
            hmac: Some(hmac::HMAC_SHA512),
        }
    }

    /// What of a page is encrypted; the IV and the HMAC follow.
    pub(crate) fn body_bytes(self) -> usize {
        self.page_bytes - self.reserve_bytes
    }
}

impl Codec {
    pub(crate) fn new(layout: Layout, key: &[u8; 32], salt: [u8; SALT_BYTES]) -> Self {
        let hmac = layout.hmac.map(|algorithm| {
            let mut hmac_key = [0; 32];
            let rounds = NonZeroU32::MIN.saturating_add(1);
            let hmac_salt = salt.map(|byte| byte ^ 0x3a);
            pbkdf2::derive(layout.kdf, rounds, &hmac_salt, key, &mut hmac_key);
            hmac::Key::new(algorithm, &hmac_key)
        });
        Self {
            cipher: Aes256::new(GenericArray::from_slice(key)),
            hmac,
            salt,
            layout,
        }
    }

    /// Gives a page in clear.
    pub(crate) fn open(&self, number: u32, page: &[u8]) -> Vec<u8> {
        let (body, iv) = (self.layout.body_bytes(), self.iv());
        if let Some(tag) = self.tag(number, page) {
            assert!(page[iv.end..].starts_with(tag.as_ref()), "page {number}");
        }
        let mut clear = page.to_vec();
        let mut before = page[iv].to_vec();
        for block in (start(number)..body).step_by(BLOCK_BYTES) {
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
    pub(crate) fn seal(&self, number: u32, clear: &[u8]) -> Vec<u8> {
        let (body, iv) = (self.layout.body_bytes(), self.iv());
        let mut page = clear.to_vec();
        page[iv.clone()].fill(7);
        let mut before = page[iv.clone()].to_vec();
        for block in (start(number)..body).step_by(BLOCK_BYTES) {
            let range = block..block + BLOCK_BYTES;
            xor(&mut page[range.clone()], &before);
            self.cipher
                .encrypt_block(GenericArray::from_mut_slice(&mut page[range.clone()]));
            before.copy_from_slice(&page[range]);
        }
        if number == 1 {
            page[..SALT_BYTES].copy_from_slice(&self.salt);
        }
        if let Some(tag) = self.tag(number, &page) {
            let tag = tag.as_ref();
            page[iv.end..iv.end + tag.len()].copy_from_slice(tag);
        }
        page
    }

    fn tag(&self, number: u32, page: &[u8]) -> Option<hmac::Tag> {
        let mut context = hmac::Context::with_key(self.hmac.as_ref()?);
        context.update(&page[start(number)..self.iv().end]);
        context.update(&number.to_le_bytes());
        Some(context.sign())
    }

    /// Where the IV is; the HMAC follows.
    fn iv(&self) -> std::ops::Range<usize> {
        let body = self.layout.body_bytes();
        body..body + BLOCK_BYTES
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
