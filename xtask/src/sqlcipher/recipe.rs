//! Everything that decides what a build of SQLCipher is, in one text.

use std::borrow::Cow;
use std::path::Path;

use super::Provider;
use crate::machine::Machine;

/// The `-D` flags of libsqlite3-sys 0.37's own `bundled-sqlcipher`, so that both libraries can do
/// the same, and unlock-notify for sqlx.
pub(super) const SQLITE_DEFINES: &[(&str, Option<&str>)] = &[
    ("SQLITE_CORE", None),
    ("SQLITE_DEFAULT_FOREIGN_KEYS", Some("1")),
    ("SQLITE_ENABLE_API_ARMOR", None),
    ("SQLITE_ENABLE_COLUMN_METADATA", None),
    ("SQLITE_ENABLE_DBSTAT_VTAB", None),
    ("SQLITE_ENABLE_FTS3", None),
    ("SQLITE_ENABLE_FTS3_PARENTHESIS", None),
    ("SQLITE_ENABLE_FTS5", None),
    ("SQLITE_ENABLE_JSON1", None),
    ("SQLITE_ENABLE_LOAD_EXTENSION", Some("1")),
    ("SQLITE_ENABLE_MEMORY_MANAGEMENT", None),
    ("SQLITE_ENABLE_RTREE", None),
    ("SQLITE_ENABLE_STAT4", None),
    ("SQLITE_ENABLE_UNLOCK_NOTIFY", None),
    ("SQLITE_SOUNDEX", None),
    ("SQLITE_THREADSAFE", Some("1")),
    ("SQLITE_USE_URI", None),
    ("HAVE_USLEEP", Some("1")),
    ("HAVE_ISNAN", None),
    ("HAVE_LOCALTIME_R", None),
    ("HAVE_STDINT_H", Some("1")),
    ("SQLITE_HAS_CODEC", None),
    ("SQLITE_TEMP_STORE", Some("2")),
    ("SQLITE_EXTRA_INIT", Some("sqlcipher_extra_init")),
    ("SQLITE_EXTRA_SHUTDOWN", Some("sqlcipher_extra_shutdown")),
];

/// LibTomCrypt without anything that SQLCipher does not call: AES-CBC, HMAC, PBKDF2 over three
/// hashes, and Fortuna seeded from the system. `ARGTYPE` 4: a bad argument is an error for
/// SQLCipher to handle; the default kills the process.
pub(super) const LIBTOMCRYPT_DEFINES: &[(&str, Option<&str>)] = &[
    ("LTC_NO_TEST", None),
    ("LTC_NOTHING", None),
    ("LTC_RIJNDAEL", None),
    ("LTC_CBC_MODE", None),
    ("LTC_SHA1", None),
    ("LTC_SHA256", None),
    ("LTC_SHA512", None),
    ("LTC_HASH_HELPERS", None),
    ("LTC_HMAC", None),
    ("LTC_PKCS_5", None),
    ("LTC_FORTUNA", None),
    ("LTC_RNG_GET_BYTES", None),
    ("LTC_RNG_MAKE_PRNG", None),
    ("LTC_DEVRANDOM", None),
    ("LTC_TRY_URANDOM_FIRST", None),
    ("ARGTYPE", Some("4")),
];

/// What OpenSSL leaves out: programs, protocols, message formats, plug-ins, and the search for a
/// configuration file, which could replace the cryptography of an encrypted database.
pub(super) const OPENSSL_OPTIONS: &[&str] = &[
    "no-apps",
    "no-autoload-config",
    "no-cmp",
    "no-cms",
    "no-comp",
    "no-ct",
    "no-deprecated",
    "no-docs",
    "no-dtls",
    "no-engine",
    "no-legacy",
    "no-module",
    "no-ocsp",
    "no-quic",
    "no-shared",
    "no-srp",
    "no-ssl",
    "no-tests",
    "no-tls",
    "no-ts",
    "no-zlib",
];

/// What a build is made of. Two builds with the same text are the same build.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recipe {
    text: String,
}

impl Recipe {
    /// Describes a build; `arguments` are what the compiler is called with.
    pub(super) fn new(provider: Provider, machine: &Machine, arguments: &str) -> Self {
        let cryptography = match provider {
            Provider::Openssl => format!("{:?}", machine.openssl),
            Provider::VendoredOpenssl => format!("{} {OPENSSL_OPTIONS:?}", openssl_src::version()),
            Provider::Libtomcrypt => {
                format!(
                    "{} {LIBTOMCRYPT_DEFINES:?}",
                    sqlcipher_src::LIBTOMCRYPT_VERSION
                )
            }
        };
        let lines = [
            "recipe 1".to_owned(),
            format!("source {}", source_crate()),
            format!("sqlcipher {}", sqlcipher_src::SQLCIPHER_VERSION),
            format!(
                "sqlite {} {SQLITE_DEFINES:?}",
                sqlcipher_src::SQLITE_VERSION
            ),
            format!("provider {} {cryptography}", provider.name()),
            format!("target {}", machine.host),
            format!("compiler {}", machine.compiler.as_deref().unwrap_or("none")),
            format!("arguments {arguments}"),
        ];
        Self {
            text: lines.join("\n") + "\n",
        }
    }

    /// The recipe in words, which is kept beside the build.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The name of the build's directory.
    pub(super) fn directory(&self) -> String {
        format!(
            "{}-{:016x}",
            sqlcipher_src::SQLCIPHER_VERSION,
            fnv1a(self.text.as_bytes())
        )
    }
}

/// The name of the crate with its full version: the sources can change without SQLCipher's number.
fn source_crate() -> Cow<'static, str> {
    let source_dir = sqlcipher_src::source_dir();
    source_dir
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default()
        .to_string_lossy()
}

/// FNV-1a: 64 bits that are the same on every machine and with every Rust. It keeps builds apart;
/// nothing relies on it against an attacker, and the text itself is compared too.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine {
            host: "host".to_owned(),
            compiler: Some("cc 12".to_owned()),
            ..Machine::default()
        }
    }

    #[test]
    fn hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn same_inputs_are_the_same_build() {
        let recipe = || Recipe::new(Provider::Openssl, &machine(), "-O3");
        assert_eq!(recipe(), recipe());
        assert_eq!(recipe().directory(), recipe().directory());
    }

    #[test]
    fn every_input_makes_another_build() {
        let base = Recipe::new(Provider::Openssl, &machine(), "-O3");
        let compiler = Machine {
            compiler: Some("cc 13".to_owned()),
            ..machine()
        };
        let host = Machine {
            host: "other".to_owned(),
            ..machine()
        };
        let openssl = crate::machine::OpenSsl {
            version: "3.0.19".to_owned(),
            include_dirs: Vec::new(),
            libs: "-lcrypto".to_owned(),
        };
        let openssl = Machine {
            openssl: Some(openssl),
            ..machine()
        };
        for other in [
            Recipe::new(Provider::Libtomcrypt, &machine(), "-O3"),
            Recipe::new(Provider::Openssl, &machine(), "-O2"),
            Recipe::new(Provider::Openssl, &compiler, "-O3"),
            Recipe::new(Provider::Openssl, &host, "-O3"),
            Recipe::new(Provider::Openssl, &openssl, "-O3"),
        ] {
            assert_ne!(base.directory(), other.directory(), "{}", other.text());
        }
    }
}
