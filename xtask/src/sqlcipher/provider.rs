//! The cryptography below SQLCipher.

use clap::ValueEnum;

/// Where AES, HMAC, PBKDF2 and random numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Provider {
    /// The system's libcrypto (needs its headers: libssl-dev, openssl-devel)
    Openssl,
    /// libcrypto built from source and linked statically (needs perl and make; a minute more)
    VendoredOpenssl,
    /// LibTomCrypt, linked statically (needs nothing but a C compiler; slower)
    Libtomcrypt,
}

impl Provider {
    /// The value of `--provider` that names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Openssl => "openssl",
            Self::VendoredOpenssl => "vendored-openssl",
            Self::Libtomcrypt => "libtomcrypt",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_flag_takes() {
        for provider in Provider::value_variants() {
            assert_eq!(Provider::from_str(provider.name(), false), Ok(*provider));
        }
    }
}
