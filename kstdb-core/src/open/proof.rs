//! The proof: the key opens the file, or the file needs none.

use std::path::Path;

use kstdb_cipher::{CipherKey, CipherProfile, DerivedKey, KeyCache, UnlockOptions};

use super::refused::refused;
use super::{FileKey, OpenMode, Target, plaintext};
use crate::error::{DatabaseError, EncryptionError};
use crate::maintenance;
use crate::pool::sweep_writer_lock;

/// How a file may be opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileRules {
    pub(crate) mode: OpenMode,
    pub(crate) create_if_missing: bool,
    pub(crate) follow_symlinks: bool,
    pub(crate) allow_hard_links: bool,
    pub(crate) require_private: bool,
    pub(crate) profile: CipherProfile,
}

impl FileRules {
    /// Tells whether a missing file becomes a database.
    pub(super) fn creates(self) -> bool {
        self.create_if_missing && !self.mode.only_reads()
    }

    pub(super) fn unlock_options(self) -> UnlockOptions {
        UnlockOptions::new()
            .profile(self.profile)
            .create_if_missing(self.creates())
            .immutable(self.mode == OpenMode::Immutable)
            .follow_symlinks(self.follow_symlinks)
            .allow_hard_links(self.allow_hard_links)
            .require_private(self.require_private)
    }
}

/// What was proved: what to open, and with which key.
pub(crate) struct Proof {
    /// A file by its own name, with no symbolic link in the path; or memory.
    pub(crate) target: Target,
    pub(crate) key: Option<FileKey>,
}

/// Proves that the key opens the file, or that the file needs none. Blocks.
///
/// **Invariant:** this comes before the pool: a wrong key is found once and by name, where sqlx
/// would try it again until its timeout.
pub(crate) fn prove(
    target: &Target,
    key: Option<&CipherKey>,
    rules: FileRules,
    cache: Option<&KeyCache>,
    attempts: u32,
) -> Result<Proof, DatabaseError> {
    // Beside a database that is not there, nothing is removed: who knows what became of it.
    if let Target::File(path) = target {
        rules.mode.check(path)?;
        if !rules.mode.only_reads()
            && let Ok(file) = path.canonicalize()
        {
            maintenance::sweep(&file);
            sweep_writer_lock(&file);
        }
    }
    let proof = prove_key(target, key, rules, cache)
        .map_err(|error| refused(&target.path(), attempts, error))?;
    if let Target::File(file) = &proof.target
        && !rules.mode.only_reads()
    {
        maintenance::sweep_journal(file, proof.key.as_ref());
    }
    Ok(proof)
}

fn prove_key(
    target: &Target,
    key: Option<&CipherKey>,
    rules: FileRules,
    cache: Option<&KeyCache>,
) -> Result<Proof, EncryptionError> {
    let Some(key) = key else {
        let target = match target {
            Target::File(path) => {
                let file = plaintext::look_or_create(path, rules)?;
                warn_of_others(&file);
                Target::File(file)
            }
            Target::Memory => Target::Memory,
        };
        return Ok(Proof { target, key: None });
    };
    if !kstdb_cipher::is_sqlcipher_available() {
        return Err(EncryptionError::NotSqlcipher);
    }
    let (target, key) = match target {
        Target::File(path) => {
            let unlocked = kstdb_cipher::unlock_with(path, key, &rules.unlock_options(), cache)?;
            warn_of_others(&unlocked.target);
            (Target::File(unlocked.target), unlocked.derived)
        }
        Target::Memory => {
            let salt = kstdb_cipher::random_salt()?;
            let derived = DerivedKey::derive(key, salt, rules.profile);
            (Target::Memory, derived)
        }
    };
    Ok(Proof {
        target,
        key: Some(FileKey::new(key, rules.profile)),
    })
}

/// Warns of a file that others have access to. Its mode is its owner's affair: a group can share a
/// database on purpose.
fn warn_of_others(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let mode = file.metadata().map_or(0, |file| file.permissions().mode());
        if mode & 0o077 != 0 {
            let mode = format!("{:04o}", mode & 0o7777);
            tracing::warn!(path = %file.display(), mode, "others have access to the database");
        }
    }
    #[cfg(not(unix))]
    let _ = file;
}
