//! The four generations of SQLCipher files and what differs between them.

use std::num::NonZeroU32;

use ring::{hmac, pbkdf2};

/// Names the generation of SQLCipher whose file format a database has.
///
/// The default is [`V4`](Self::V4); the others are for files that older programs wrote. It is what
/// SQLCipher sets with
/// [`PRAGMA cipher_compatibility`](https://www.zetetic.net/sqlcipher/sqlcipher-api/#cipher_compatibility).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum CipherCompatibility {
    /// SQLCipher 1: pages are encrypted but not authenticated.
    V1,
    /// SQLCipher 2: HMAC-SHA1 and 4 000 rounds of PBKDF2.
    V2,
    /// SQLCipher 3: HMAC-SHA1 and 64 000 rounds of PBKDF2.
    V3,
    /// SQLCipher 4: HMAC-SHA512 and 256 000 rounds of PBKDF2.
    #[default]
    V4,
}

/// Names a hash function that SQLCipher uses for PBKDF2 and HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-1, in files of SQLCipher 1 to 3.
    Sha1,
    /// SHA-512, in files of SQLCipher 4.
    Sha512,
}

/// Names the size of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is its number of bytes")]
pub enum PageSize {
    Bytes512,
    Bytes1024,
    Bytes2048,
    Bytes4096,
    Bytes8192,
    Bytes16384,
    Bytes32768,
    Bytes65536,
}

/// Describes the pages and the key derivation of a file.
///
/// [`CipherCompatibility::profile`] gives the one that every tool expects. A file whose page size
/// or rounds are others opens only if they are said, here as in every SQLCipher tool: they stand
/// nowhere in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CipherProfile {
    /// The generation that everything else comes from.
    pub compatibility: CipherCompatibility,
    /// The size of a page, in bytes.
    pub page_size_bytes: usize,
    /// The end of each page that holds IV, HMAC and padding, in bytes.
    pub reserve_bytes: usize,
    /// The number of PBKDF2 rounds that turn a passphrase into a key.
    pub kdf_iterations: NonZeroU32,
    /// The hash function of PBKDF2.
    pub kdf_algorithm: HashAlgorithm,
    /// The hash function of each page's HMAC; `None` if pages are not authenticated.
    pub hmac_algorithm: Option<HashAlgorithm>,
}

impl CipherCompatibility {
    /// Gives the page layout and the key derivation of this generation.
    ///
    /// # Example
    ///
    /// ```
    /// use kstdb_cipher::CipherCompatibility;
    ///
    /// assert_eq!(CipherCompatibility::V4.profile().kdf_iterations.get(), 256_000);
    /// assert!(!CipherCompatibility::V1.profile().uses_hmac());
    /// ```
    #[must_use]
    pub const fn profile(self) -> CipherProfile {
        let (kdf_iterations, hmac_algorithm) = match self {
            Self::V1 => (4_000, None),
            Self::V2 => (4_000, Some(HashAlgorithm::Sha1)),
            Self::V3 => (64_000, Some(HashAlgorithm::Sha1)),
            Self::V4 => (256_000, Some(HashAlgorithm::Sha512)),
        };
        let (page_size_bytes, kdf_algorithm) = match self {
            Self::V1 | Self::V2 | Self::V3 => (1024, HashAlgorithm::Sha1),
            Self::V4 => (4096, HashAlgorithm::Sha512),
        };
        // IV of 16 bytes, then the HMAC (20 or 64 bytes), rounded up to whole AES blocks.
        let reserve_bytes = match hmac_algorithm {
            None => 16,
            Some(HashAlgorithm::Sha1) => 48,
            Some(HashAlgorithm::Sha512) => 80,
        };
        CipherProfile {
            compatibility: self,
            page_size_bytes,
            reserve_bytes,
            kdf_iterations: rounds(kdf_iterations),
            kdf_algorithm,
            hmac_algorithm,
        }
    }

    /// Gives the number that `PRAGMA cipher_compatibility` takes.
    #[must_use]
    pub const fn version(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }
}

impl PageSize {
    /// Gives the size, in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bytes512 => 512,
            Self::Bytes1024 => 1024,
            Self::Bytes2048 => 2048,
            Self::Bytes4096 => 4096,
            Self::Bytes8192 => 8192,
            Self::Bytes16384 => 16384,
            Self::Bytes32768 => 32768,
            Self::Bytes65536 => 65536,
        }
    }
}

impl CipherProfile {
    /// Sets the number of PBKDF2 rounds that turn a passphrase into a key. Default: that of the
    /// generation. Fewer rounds make a passphrase easier to guess.
    ///
    /// # Example
    ///
    /// ```
    /// use std::num::NonZeroU32;
    ///
    /// use kstdb_cipher::{CipherCompatibility, PageSize};
    ///
    /// let rounds = NonZeroU32::MIN.saturating_add(999_999);
    /// let profile = CipherCompatibility::V4.profile();
    /// let profile = profile.kdf_iterations(rounds).page_size(PageSize::Bytes8192);
    /// assert_eq!(profile.kdf_iterations.get(), 1_000_000);
    /// assert_eq!(profile.page_size_bytes, 8192);
    /// ```
    #[must_use]
    pub const fn kdf_iterations(mut self, iterations: NonZeroU32) -> Self {
        self.kdf_iterations = iterations;
        self
    }

    /// Sets the size of a page. Default: that of the generation. Only existing files of
    /// [`CipherCompatibility::V1`] can have pages of 512 bytes.
    #[must_use]
    pub const fn page_size(mut self, size: PageSize) -> Self {
        self.page_size_bytes = size.bytes();
        self
    }

    /// Says whether each page carries an HMAC.
    #[must_use]
    pub const fn uses_hmac(&self) -> bool {
        self.hmac_algorithm.is_some()
    }
}

impl From<CipherCompatibility> for CipherProfile {
    fn from(compatibility: CipherCompatibility) -> Self {
        compatibility.profile()
    }
}

impl Default for CipherProfile {
    /// The profile of [`CipherCompatibility::V4`].
    fn default() -> Self {
        CipherCompatibility::default().profile()
    }
}

impl HashAlgorithm {
    pub(crate) fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    pub(crate) fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }
}

/// Makes a round count; zero, which no caller passes, would count as one.
const fn rounds(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}
