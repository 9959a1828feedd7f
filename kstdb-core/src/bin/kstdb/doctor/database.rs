//! What a file is, who can read it, and whether the key opens it.

use std::path::Path;

use kstdb_core::cipher::{FileReport, FileState, UnlockOptions, inspect, unlock};
use kstdb_core::{CipherKey, CipherProfile};

use super::report::{Mark, Report};
use super::settings::KeyState;
use crate::error::chain;
use crate::info::octal;

/// Permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;
/// Permission bits that let others put another file in the place of this one.
const OTHERS_WRITE: u32 = 0o022;
/// The bit of a directory in which everybody may remove only what is theirs.
const STICKY: u32 = 0o1000;

pub(super) fn examine(path: &Path, key: KeyState, profile: CipherProfile, report: &mut Report) {
    let file = match inspect(path) {
        Ok(file) => file,
        Err(error) => return report.add(Mark::Wrong, "file", chain(&error)),
    };
    examine_state(&file, &key, report);
    examine_access(&file, report);
    if let KeyState::Present(key) = key
        && file.state.is_opaque()
    {
        examine_key(&file, &key, profile, report);
    }
}

fn examine_state(file: &FileReport, key: &KeyState, report: &mut Report) {
    let keyed = !matches!(key, KeyState::Unnamed);
    let (mark, state) = match file.state {
        FileState::Missing => (Mark::Wrong, "there is no such file"),
        FileState::Empty if keyed => (Mark::Wrong, "an empty file, and a key: remove the file"),
        FileState::Empty => (Mark::Warning, "an empty file"),
        FileState::Plaintext { .. } if keyed => {
            (Mark::Wrong, "a database that is not encrypted, and a key")
        }
        FileState::Plaintext { .. } => (Mark::Warning, "a database that is not encrypted"),
        FileState::Opaque { .. } if keyed => (Mark::Ok, "an encrypted database, or no database"),
        FileState::Opaque { .. } => (
            Mark::Warning,
            "an encrypted database, or no database: only a key can tell",
        ),
        FileState::TooSmall => (Mark::Wrong, "too small for a database"),
        FileState::Directory => (Mark::Wrong, "a directory"),
        _ => (Mark::Wrong, "not a regular file"),
    };
    let size = file.size_bytes;
    report.add(
        mark,
        "file",
        format!("{}: {state} ({size} bytes)", file.path.display()),
    );
}

fn examine_access(file: &FileReport, report: &mut Report) {
    if file.symlink {
        report.add(
            Mark::Wrong,
            "link",
            "a symbolic link, which kstdb does not follow",
        );
    }
    if file.hard_links > 1 {
        let names = file.hard_links;
        let seen = format!("{names} names: opened by two of them, the file would be damaged");
        report.add(Mark::Wrong, "link", seen);
    }
    for path in file.unsafe_sidecars() {
        let seen = format!("{}: a link or no regular file", path.display());
        report.add(Mark::Wrong, "link", seen);
    }
    let sidecars = [
        ("-wal", file.sidecars.wal.mode),
        ("-shm", file.sidecars.shm.mode),
        ("-journal", file.sidecars.journal.mode),
    ];
    for (name, mode) in std::iter::once(("the file", file.mode)).chain(sidecars) {
        let Some(mode) = mode else { continue };
        let seen = format!("{name} has {}", octal(mode));
        match mode & OTHERS {
            0 => report.add(Mark::Ok, "mode", seen),
            _ => report.add(Mark::Warning, "mode", format!("{seen}: others have access")),
        }
    }
    if let Some(mode) = file.path.parent().and_then(directory_mode) {
        let seen = format!("the directory has {}", octal(mode));
        if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
            let seen = format!("{seen}: others can replace the file");
            report.add(Mark::Warning, "mode", seen);
        } else {
            report.add(Mark::Ok, "mode", seen);
        }
    }
}

/// Like any first connection, this recovers what a crash has left in the write-ahead log, unless
/// nothing can be created beside the file.
fn examine_key(file: &FileReport, key: &CipherKey, profile: CipherProfile, report: &mut Report) {
    let as_it_lies = !file.may_create_sidecars && !file.sidecars.wal.present;
    let options = UnlockOptions::new().profile(profile).immutable(as_it_lies);
    match unlock(&file.path, key, &options) {
        Ok(_) => report.add(Mark::Ok, "unlock", "the key opens the database"),
        Err(error) => report.add(Mark::Wrong, "unlock", chain(&error)),
    }
}

#[cfg(unix)]
fn directory_mode(directory: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = directory.metadata().ok()?.permissions().mode();
    Some(mode & 0o7777)
}

#[cfg(not(unix))]
fn directory_mode(_: &Path) -> Option<u32> {
    None
}
