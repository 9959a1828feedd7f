//! Where an identity was looked for, and what came of it.

use std::fmt;

/// Says what came of one source of age identities. Never contains an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentityAttempt {
    /// The variable, the file, or both.
    pub origin: String,
    /// What was found there.
    pub outcome: IdentityOutcome,
}

/// Says what was found in a source of age identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityOutcome {
    /// So many identities, and none of them fits.
    NoneFits(usize),
    /// The file cannot be read, is too large, or is not text.
    NotReadable,
    /// Something that is not an identity.
    NotAnIdentity,
    /// An identity that is protected by a passphrase.
    Passphrase,
    /// A post-quantum identity.
    PostQuantum,
    /// An identity of a plugin.
    Plugin,
    /// An SSH key of a kind that opens nothing.
    SshKind,
    /// A command, and commands are not allowed.
    CommandNotAllowed,
    /// A command that failed, did not end in time, or cannot be started.
    CommandFailed,
}

impl IdentityOutcome {
    /// Says whether the program may be able to use what was found.
    #[cfg(feature = "sops")]
    pub(super) fn needs_program(self) -> bool {
        matches!(self, Self::Passphrase | Self::PostQuantum | Self::Plugin)
    }
}

impl fmt::Display for IdentityAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.origin, self.outcome)
    }
}

impl fmt::Display for IdentityOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoneFits(0) => "empty",
            Self::NoneFits(1) => "does not fit",
            Self::NoneFits(count) => return write!(f, "{count} identities, none fits"),
            Self::NotReadable => "not readable",
            Self::NotAnIdentity => "not an identity",
            Self::Passphrase => "protected by a passphrase",
            Self::PostQuantum => "post-quantum",
            Self::Plugin => "of a plugin",
            Self::SshKind => "an SSH key of another kind",
            Self::CommandNotAllowed => "commands are not allowed",
            Self::CommandFailed => "the command failed",
        })
    }
}
