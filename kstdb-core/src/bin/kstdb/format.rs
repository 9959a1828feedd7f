//! The format of an encrypted file, where it is not that of SQLCipher 4: it stands nowhere in the
//! file.

use std::num::NonZeroU32;

use clap::Args;
use kstdb_core::{CipherCompatibility, CipherProfile, PageSize};

const PAGE_SIZES: [PageSize; 8] = [
    PageSize::Bytes512,
    PageSize::Bytes1024,
    PageSize::Bytes2048,
    PageSize::Bytes4096,
    PageSize::Bytes8192,
    PageSize::Bytes16384,
    PageSize::Bytes32768,
    PageSize::Bytes65536,
];

/// What every verb takes.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Format of the encrypted file")]
pub(crate) struct FormatFlags {
    /// The version of SQLCipher whose format it has, 1 to 4 [default: 4]
    #[arg(long, global = true, value_name = "VERSION", value_parser = compatibility)]
    pub(crate) compatibility: Option<CipherCompatibility>,

    /// The size of its pages, in bytes [default: that of the version]
    #[arg(long, global = true, value_name = "BYTES", value_parser = page_size)]
    pub(crate) cipher_page_size: Option<PageSize>,

    /// The rounds of its key derivation [default: those of the version]
    #[arg(long, global = true, value_name = "ROUNDS")]
    pub(crate) kdf_iter: Option<NonZeroU32>,
}

/// The format that `rekey` gives a file; what is not named stays.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "New format")]
pub(crate) struct NewFormatFlags {
    /// The new size of pages, in bytes: all is copied into a new file
    #[arg(long, value_name = "BYTES", value_parser = page_size)]
    pub(crate) new_cipher_page_size: Option<PageSize>,

    /// The new rounds of the key derivation
    #[arg(long, value_name = "ROUNDS")]
    pub(crate) new_kdf_iter: Option<NonZeroU32>,
}

impl FormatFlags {
    pub(crate) fn profile(self) -> CipherProfile {
        let version = self.compatibility.unwrap_or_default();
        with(version.profile(), self.cipher_page_size, self.kdf_iter)
    }
}

impl NewFormatFlags {
    /// The new format of a file that has another one; `None` if nothing changes.
    pub(crate) fn profile(self, old: CipherProfile) -> Option<CipherProfile> {
        let new = with(old, self.new_cipher_page_size, self.new_kdf_iter);
        (new != old).then_some(new)
    }
}

fn with(
    profile: CipherProfile,
    page_size: Option<PageSize>,
    rounds: Option<NonZeroU32>,
) -> CipherProfile {
    let profile = page_size.map_or(profile, |size| profile.page_size(size));
    rounds.map_or(profile, |rounds| profile.kdf_iterations(rounds))
}

fn compatibility(version: &str) -> Result<CipherCompatibility, &'static str> {
    use CipherCompatibility::{V1, V2, V3, V4};

    let mut versions = [V1, V2, V3, V4].into_iter();
    let known = versions.find(|known| known.version().to_string() == version);
    known.ok_or("SQLCipher has the versions 1 to 4")
}

fn page_size(bytes: &str) -> Result<PageSize, &'static str> {
    let mut sizes = PAGE_SIZES.into_iter();
    let size = sizes.find(|size| size.bytes().to_string() == bytes);
    size.ok_or("pages have 512, 1024, 2048, 4096, 8192, 16384, 32768 or 65536 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_that_of_the_version() {
        let flags = FormatFlags {
            compatibility: compatibility("3").ok(),
            ..FormatFlags::default()
        };
        assert_eq!(flags.profile(), CipherCompatibility::V3.profile());
        assert!(compatibility("5").is_err());
    }

    #[test]
    fn a_new_format_is_one_only_if_it_is_another() {
        let old = CipherProfile::default();
        let flags = |size| NewFormatFlags {
            new_cipher_page_size: Some(size),
            new_kdf_iter: None,
        };
        assert_eq!(flags(PageSize::Bytes4096).profile(old), None);
        let new = flags(PageSize::Bytes8192).profile(old);
        assert_eq!(new, Some(old.page_size(PageSize::Bytes8192)));
    }

    #[test]
    fn a_page_has_a_size_that_pages_can_have() {
        assert_eq!(page_size("65536"), Ok(PageSize::Bytes65536));
        assert!(page_size("1000").is_err() && page_size("04096").is_err());
    }
}
