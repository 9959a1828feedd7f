//! Reading a key out of a file, once it is known who else can read or change it.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::KeySourceError;
use crate::CipherKey;

/// No key is longer. Room is made at once: a buffer that grows leaves copies behind.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// Who but the owner may have access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Nobody.
    OwnerOnly,
    /// The group may read.
    GroupReads,
}

/// Says why a file gave no key. Never holds anything of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It is missing, or the system refused to open or read it.
    #[error("it cannot be read")]
    Read(#[from] io::Error),
    /// It is a directory, a device or a socket.
    #[error("it is neither a regular file nor a pipe")]
    NotAFile,
    /// Others than its owner can read or change it.
    #[error("its mode {mode:04o} lets others in: `chmod 600` it")]
    OpenToOthers {
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another user, who can read and change it.
    #[error("it belongs to the user {owner}, and neither to this user nor to root")]
    ForeignOwner {
        /// The number of the user.
        owner: u32,
    },
    /// It is longer than any key.
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// It is not text.
    #[error("it is not UTF-8")]
    NotUtf8,
}

/// Reads the text of a private file as a passphrase, without one newline at its end.
pub(super) fn read_key(
    path: &Path,
    access: Access,
    origin: impl Fn() -> String,
) -> Result<CipherKey, KeySourceError> {
    let text = open(path, access)
        .and_then(read)
        .map_err(|source| KeySourceError::File {
            origin: origin(),
            source,
        })?;
    CipherKey::passphrase(text).map_err(|source| KeySourceError::Key {
        origin: origin(),
        source,
    })
}

fn read(mut file: File) -> Result<SecretString, KeyFileError> {
    let mut buffer = Zeroizing::new(vec![0; MAX_BYTES + 1]);
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    if length > MAX_BYTES {
        return Err(KeyFileError::TooLong);
    }
    let text = std::str::from_utf8(&buffer[..length]).map_err(|_| KeyFileError::NotUtf8)?;
    Ok(text.strip_suffix('\n').unwrap_or(text).into())
}

/// Opens the file, then looks at what is open: a name can lead elsewhere a moment later.
#[cfg(unix)]
fn open(path: &Path, access: Access) -> Result<File, KeyFileError> {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

    use rustix::fs::{Mode, OFlags};

    // A pipe that nobody writes to must not keep the opening waiting.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).map_err(io::Error::from)?);
    let metadata = file.metadata()?;
    let kind = metadata.file_type();
    if !kind.is_file() && !kind.is_fifo() {
        return Err(KeyFileError::NotAFile);
    }
    let me = rustix::process::geteuid().as_raw();
    refuse_others(metadata.uid(), me, metadata.mode() & 0o7777, access)?;
    // From here on the writer of a pipe is waited for.
    rustix::fs::fcntl_setfl(&file, OFlags::empty()).map_err(io::Error::from)?;
    Ok(file)
}

#[cfg(unix)]
fn refuse_others(owner: u32, me: u32, mode: u32, access: Access) -> Result<(), KeyFileError> {
    const ROOT: u32 = 0;
    let refused = match access {
        Access::OwnerOnly => 0o077,
        Access::GroupReads => 0o037,
    };
    if owner != ROOT && owner != me {
        return Err(KeyFileError::ForeignOwner { owner });
    }
    if mode & refused != 0 {
        return Err(KeyFileError::OpenToOthers { mode });
    }
    Ok(())
}

#[cfg(not(unix))]
fn open(path: &Path, _: Access) -> Result<File, KeyFileError> {
    let file = File::open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(KeyFileError::NotAFile)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const ME: u32 = 1000;

    #[test]
    fn a_private_file_belongs_to_its_reader_or_to_root() {
        for access in [Access::OwnerOnly, Access::GroupReads] {
            for owner in [0, ME] {
                assert!(refuse_others(owner, ME, 0o400, access).is_ok(), "{owner}");
            }
            // Not even root reads what somebody else can change.
            for (owner, me) in [(1001, ME), (ME, 0)] {
                assert!(matches!(
                    refuse_others(owner, me, 0o600, access),
                    Err(KeyFileError::ForeignOwner { owner: found }) if found == owner
                ));
            }
        }
    }

    #[test]
    fn every_right_of_others_is_refused() {
        for bit in (0..6).map(|shift| 1 << shift) {
            let refused = |access| refuse_others(ME, ME, 0o600 | bit, access).is_err();
            assert!(refused(Access::OwnerOnly), "{bit:o}");
            assert_eq!(refused(Access::GroupReads), bit != 0o040, "{bit:o}");
        }
    }
}
