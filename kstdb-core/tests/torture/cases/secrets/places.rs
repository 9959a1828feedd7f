//! Where a secret could be, beside the place that it belongs to.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::needles::{self, Needle};
use super::search::{Found, Search};
use super::stages::Stage;
use crate::support::canary::Secret;

/// How many copies of the derived key an open database may have: one for new connections, and what
/// the library keeps for each connection.
const MOST_COPIES: u64 = 6;

/// The passphrases of a case. They are in no program: they follow from a seed.
#[derive(Debug)]
pub(super) struct Passphrases {
    pub(super) first: String,
    pub(super) next: String,
}

impl Passphrases {
    pub(super) fn of(rng: &mut fastrand::Rng) -> Self {
        let mut passphrase = || {
            let letters: String = std::iter::repeat_with(|| rng.alphanumeric())
                .take(40)
                .collect();
            format!("canary {letters}")
        };
        Self {
            first: passphrase(),
            next: passphrase(),
        }
    }

    /// Everything that opens the database with either, as bytes.
    pub(super) fn search(&self, database: &Path) -> anyhow::Result<Search> {
        let file = std::fs::read(database)?;
        let salt = file.first_chunk().context("no salt")?;
        let mut all = Vec::new();
        for (which, passphrase) in [("first", &self.first), ("next", &self.next)] {
            let of = needles::of(passphrase.as_bytes(), salt);
            all.extend(of.into_iter().map(|Needle { name, bytes }| Needle {
                name: format!("{which}: {name}"),
                bytes,
            }));
        }
        Ok(Search::of(all))
    }

    /// How often a text tells a part of either.
    pub(super) fn told(&self, text: &str) -> usize {
        let secrets = [&self.first, &self.next].map(|text| {
            // What all of them begin with is no secret.
            Secret::of("a passphrase", &text.as_bytes()["canary ".len()..])
        });
        secrets.iter().map(|secret| secret.times(text)).sum()
    }
}

/// What a process has in its memory at a stage: nothing of a passphrase, ever, and of a derived key
/// only what an open database needs.
pub(super) fn judge(stage: Stage, found: &Found) -> anyhow::Result<u64> {
    let mut copies = 0;
    for (name, count) in found {
        let key_in_use = match stage {
            Stage::Opened | Stage::Used => name.starts_with("first: the derived key"),
            Stage::Rekeyed => name.starts_with("next: the derived key"),
            Stage::Begun | Stage::Closed => false,
        };
        let hmac_in_use = stage.is_open() && name.contains("the HMAC key");
        ensure!(
            key_in_use || hmac_in_use,
            "{count} copies of {name} in memory when the database is {stage:?}: {found:?}"
        );
        copies += count;
        ensure!(*count <= MOST_COPIES, "{count} copies of {name}: {found:?}");
    }
    Ok(copies)
}

/// The variables and the arguments of a process.
pub(super) fn told_to(process: u32) -> anyhow::Result<[(&'static str, String); 2]> {
    let read = |name: &'static str| -> anyhow::Result<_> {
        let bytes = std::fs::read(format!("/proc/{process}/{name}"))?;
        Ok((name, String::from_utf8_lossy(&bytes).into_owned()))
    };
    Ok([read("environ")?, read("cmdline")?])
}

/// The core file that a process has left; `None` if the system keeps none there.
pub(super) fn core_file(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name.as_encoded_bytes().starts_with(b"core") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
