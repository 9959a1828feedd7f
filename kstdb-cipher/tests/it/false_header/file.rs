//! The first page of the file itself.

use std::fs;
use std::path::Path;

use kstdb_cipher::CipherCompatibility::{V1, V2, V3, V4};
use kstdb_cipher::{CipherCompatibility, CipherProfile, Damage, PageSize, UnlockOptions, unlock};

use super::forge::{Claim, claiming, create, layout, lies, truth};
use super::ways::{damage, keyed, refused, user_version};
use crate::support::{TestResult, raw_key, snapshot};

/// Puts another first page into a file.
fn replace(path: &Path, page: &[u8]) -> TestResult {
    let mut file = fs::read(path)?;
    file[..page.len()].copy_from_slice(page);
    Ok(fs::write(path, file)?)
}

fn said(claim: Claim) -> Damage {
    let page_size_bytes = match claim.page_size {
        1 => 65_536,
        size => size.into(),
    };
    Damage::FalseHeader {
        page_size_bytes,
        reserve_bytes: claim.reserve,
    }
}

#[test]
fn a_first_page_that_names_other_pages_is_refused_by_all_that_opens_it() -> TestResult {
    for version in [V1, V2, V3, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        let honest = fs::read(&path)?;
        for lie in lies(version) {
            replace(&path, &claiming(&honest, version, lie)?)?;
            for (way, error) in refused(&path, version)? {
                let expected = Some(said(lie));
                assert_eq!(
                    damage(&error),
                    expected,
                    "{version:?} {lie:?} {way}: {error}"
                );
            }
            let connection = keyed(&path, version)?.err();
            assert_eq!(connection.as_ref().and_then(damage), Some(said(lie)));
        }
    }
    Ok(())
}

#[test]
fn a_first_page_that_was_sealed_anew_opens() -> TestResult {
    for version in [V1, V2, V3, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        let honest = fs::read(&path)?;
        replace(&path, &claiming(&honest, version, truth(version))?)?;
        assert_eq!(user_version(&path, version)?, 0);
    }
    Ok(())
}

#[test]
fn files_with_pages_of_every_size_open() -> TestResult {
    for size in [
        PageSize::Bytes1024,
        PageSize::Bytes8192,
        PageSize::Bytes65536,
    ] {
        for version in [V1, V2, V3, V4] {
            let dir = tempfile::tempdir()?;
            let path = dir.path().join("app.db");
            let profile = CipherProfile::from(version).page_size(size);
            let options = UnlockOptions::new()
                .profile(profile)
                .create_if_missing(true);
            assert!(unlock(&path, &raw_key(1), &options)?.created);
            assert!(!unlock(&path, &raw_key(1), &options)?.created, "{size:?}");
        }
    }
    Ok(())
}

/// Changes bits of the header, of which nothing has to be known for that but what they are.
fn flip(path: &Path, version: CipherCompatibility, at: usize, bits: u8) -> TestResult {
    let layout = layout(version);
    let mut file = fs::read(path)?;
    // The first block is XORed with the IV.
    file[layout.page_bytes - layout.reserve_bytes + at - 16] ^= bits;
    Ok(fs::write(path, file)?)
}

#[test]
fn bits_that_are_flipped_without_the_key_are_seen_by_the_hmac_or_by_what_they_say() -> TestResult {
    for version in [V1, V2, V3, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        // From 4096 to 8192, or from 1024 to 512.
        flip(&path, version, 16, if version == V4 { 0x30 } else { 0x06 })?;
        for (way, error) in refused(&path, version)? {
            if way == "apply_cipher_key" {
                assert!(error.is_wrong_key(), "{error:?}");
                continue;
            }
            let expected = match version {
                // SQLCipher 4 reserves as much in it as in its own files.
                V1 => said(Claim {
                    page_size: 512,
                    reserve: 80,
                }),
                _ => Damage::FirstPage,
            };
            assert_eq!(damage(&error), Some(expected), "{version:?} {way}: {error}");
        }
    }
    Ok(())
}

#[test]
fn another_key_than_that_of_the_false_page_is_a_wrong_key() -> TestResult {
    for version in [V1, V4] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, version)?;
        let honest = fs::read(&path)?;
        replace(&path, &claiming(&honest, version, lies(version)[0])?)?;
        let before = snapshot(dir.path())?;
        let options = UnlockOptions::new().compatibility(version);
        let refused = unlock(&path, &raw_key(1), &options);
        assert!(refused.is_err_and(|error| error.is_wrong_key()));
        assert!(snapshot(dir.path())? == before, "a file was changed");
    }
    Ok(())
}
