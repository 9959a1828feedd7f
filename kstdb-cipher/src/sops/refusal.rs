//! Why a SOPS file was refused, or handed to the `sops` program.

use std::fmt;

use super::IdentityAttempt;

/// Says why a SOPS file is not read. Nothing in it is a value of the file.
///
/// A refusal is final: the `sops` program is not asked for a second opinion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The file is larger than any file of keys.
    #[error("it has more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit_bytes: usize,
    },

    /// The file has more values, or more text, than any file of keys; aliases count as often as
    /// they are used.
    #[error("it has more than {limit} values, or repeats too much")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },

    /// Lists and maps nest deeper than in any file of keys.
    #[error("it nests deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },

    /// The file is not well-formed in the format that its name promises.
    #[error("it {problem}")]
    Malformed {
        /// What is wrong with it.
        problem: Malformed,
    },

    /// The file has no metadata of SOPS.
    #[error("it is not encrypted by sops")]
    NotEncrypted,

    /// A part of the metadata is missing or not understood.
    #[error("the field `{field}` of its metadata is missing or not understood")]
    Metadata {
        /// The field.
        field: &'static str,
    },

    /// The metadata names nobody who could open the file.
    #[error("its metadata names no recipient")]
    NoRecipients,

    /// None of the age identities opens the data key.
    #[error(
        "no identity opens it: it is for {}; tried {}",
        list(recipients),
        list(tried)
    )]
    NoIdentity {
        /// For whom the file is encrypted, each kind once.
        recipients: Vec<RecipientKind>,
        /// Where identities were looked for.
        tried: Vec<IdentityAttempt>,
    },

    /// An identity fits, but what it opens is damaged.
    #[error("its data key is damaged")]
    DataKeyDamaged,

    /// An encrypted value is damaged, or stands in another place than it was encrypted for.
    #[error("the value at {at:?} does not decrypt: it was changed or moved")]
    ValueDamaged {
        /// The names on the way to the value, joined with colons.
        at: String,
    },

    /// A value stands in clear where only an encrypted one may stand.
    #[error("the value at {at:?} should be encrypted and is not")]
    ValueInClear {
        /// The names on the way to the value, joined with colons.
        at: String,
    },

    /// The metadata has no message authentication code.
    #[error("it has no message authentication code")]
    MacMissing,

    /// The message authentication code is not that of the file.
    #[error("it was changed after it was encrypted")]
    MacMismatch,
}

impl Refusal {
    /// Says whether somebody changed the file after it was encrypted.
    #[must_use]
    pub fn is_tampered(&self) -> bool {
        matches!(
            self,
            Self::DataKeyDamaged
                | Self::ValueDamaged { .. }
                | Self::ValueInClear { .. }
                | Self::MacMissing
                | Self::MacMismatch
        )
    }
}

/// Says why the text of a file is not well-formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The bytes are not UTF-8.
    #[error("is not UTF-8")]
    NotUtf8,
    /// The text breaks the rules of its format.
    #[error("breaks the rules of its format")]
    Syntax,
    /// There is something else than a map at its top.
    #[error("has no map at its top")]
    NotAMap,
    /// A map has a key that is not text.
    #[error("has a key that is not text")]
    KeyNotText,
    /// A map has a key twice: two readers could see two files.
    #[error("has a key twice")]
    DuplicateKey,
}

impl From<Malformed> for Refusal {
    fn from(problem: Malformed) -> Self {
        Self::Malformed { problem }
    }
}

/// Names the kind of a recipient of a SOPS file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecipientKind {
    /// An age key: `age1..`.
    Age,
    /// An SSH key.
    Ssh,
    /// An age key that also withstands quantum computers: `age1pq1..`.
    AgePostQuantum,
    /// An age plugin, such as one for a hardware key.
    AgePlugin,
    /// A PGP key.
    Pgp,
    /// AWS KMS.
    AwsKms,
    /// Google Cloud KMS.
    GcpKms,
    /// Huawei Cloud KMS.
    HuaweiKms,
    /// Azure Key Vault.
    AzureKeyVault,
    /// HashiCorp Vault.
    HashicorpVault,
}

impl RecipientKind {
    /// Says whether only the program can open such a recipient.
    #[cfg(feature = "sops")]
    pub(super) fn needs_program(self) -> bool {
        !matches!(self, Self::Age | Self::Ssh)
    }
}

impl fmt::Display for RecipientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Age => "age",
            Self::Ssh => "SSH",
            Self::AgePostQuantum => "post-quantum age",
            Self::AgePlugin => "an age plugin",
            Self::Pgp => "PGP",
            Self::AwsKms => "AWS KMS",
            Self::GcpKms => "Google Cloud KMS",
            Self::HuaweiKms => "Huawei Cloud KMS",
            Self::AzureKeyVault => "Azure Key Vault",
            Self::HashicorpVault => "HashiCorp Vault",
        })
    }
}

/// Says why the `sops` program has to read a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgramReason {
    /// The file is for recipients that only the program can open.
    Recipients(Vec<RecipientKind>),
    /// An identity is protected by a passphrase, is post-quantum, or belongs to a plugin.
    Identity(Vec<IdentityAttempt>),
    /// Comments decide what is encrypted.
    CommentRule,
    /// A regular expression decides what is encrypted, in a dialect that is not known here.
    Expression,
    /// The file has something that sops may read in another way.
    Spelling(&'static str),
}

impl fmt::Display for ProgramReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recipients(kinds) => write!(f, "it is for {}", list(kinds)),
            Self::Identity(tried) => write!(f, "an identity needs it: {}", list(tried)),
            Self::CommentRule => f.write_str("comments decide what is encrypted"),
            Self::Expression => f.write_str("its regular expression is not understood here"),
            Self::Spelling(what) => write!(f, "it has {what}"),
        }
    }
}

/// Joins names with commas.
fn list(items: &[impl fmt::Display]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    if items.is_empty() {
        return "nothing".to_owned();
    }
    items.join(", ")
}
