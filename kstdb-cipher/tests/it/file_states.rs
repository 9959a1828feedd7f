//! What `inspect` says of every kind of file, and that `unlock` refuses without touching it.

use std::path::Path;

use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{CipherError, FileState, PathProblem, UnlockOptions, inspect, unlock};

use crate::support::{TestResult, raw_key, snapshot};

fn refusal(path: &Path) -> Result<CipherError, &'static str> {
    let create = UnlockOptions::new().create_if_missing(true);
    match unlock(path, &raw_key(1), &create) {
        Ok(_) => Err("the file was opened"),
        Err(CipherError::NotSqlcipher) if cfg!(not(feature = "sqlcipher")) => {
            Err("covered by plain_sqlite")
        }
        Err(error) => Ok(error),
    }
}

/// Checks that unlocking is refused as expected and changes no byte beside or in the file.
fn check_refusal(path: &Path, expected: impl FnOnce(&CipherError) -> bool) -> TestResult {
    if cfg!(not(feature = "sqlcipher")) {
        return Ok(());
    }
    let directory = path.parent().ok_or("no parent")?;
    let before = snapshot(directory)?;
    let error = refusal(path)?;
    assert!(expected(&error), "{error:?}");
    assert!(snapshot(directory)? == before, "a file was changed");
    Ok(())
}

#[test]
fn a_missing_file_is_missing_and_not_created_unasked() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let report = inspect(&path)?;
    assert_eq!(
        (report.state, report.size_bytes, report.mode),
        (FileState::Missing, 0, None)
    );
    assert!(!report.symlink && !report.sidecars.wal.present);
    if cfg!(feature = "sqlcipher") {
        let refused = unlock(&path, &raw_key(1), &UnlockOptions::new());
        assert!(matches!(refused, Err(CipherError::NotFound { .. })));
    }
    assert!(snapshot(dir.path())?.is_empty());
    Ok(())
}

#[test]
fn an_empty_file_is_never_turned_into_a_database() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    std::fs::write(&path, b"")?;
    assert_eq!(inspect(&path)?.state, FileState::Empty);
    check_refusal(&path, |error| {
        matches!(error, CipherError::EmptyFile { .. })
    })
}

#[test]
fn a_plaintext_database_is_refused() -> TestResult {
    for page_size_bytes in [512, 4096, 65_536] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        Connection::open(&path)?.execute_batch(&format!(
            "PRAGMA page_size = {page_size_bytes}; CREATE TABLE t (a)"
        ))?;
        let report = inspect(&path)?;
        assert_eq!(report.state, FileState::Plaintext { page_size_bytes });
        assert_eq!(report.size_bytes, 2 * u64::from(page_size_bytes));
        check_refusal(&path, |error| {
            matches!(error, CipherError::PlaintextFile { .. })
        })?;
    }
    Ok(())
}

#[test]
fn a_file_of_a_few_bytes_is_not_a_database() -> TestResult {
    for length in [1, 15, 16, 100, 511] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        std::fs::write(&path, vec![b'x'; length])?;
        assert_eq!(inspect(&path)?.state, FileState::TooSmall, "{length}");
        check_refusal(&path, |error| {
            matches!(error, CipherError::NotADatabase { .. })
        })?;
    }
    Ok(())
}

#[test]
fn other_bytes_are_opaque_and_fit_no_key() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    std::fs::write(&path, vec![b'x'; 8192])?;
    assert_eq!(
        inspect(&path)?.state,
        FileState::Opaque { salt: [b'x'; 16] }
    );
    check_refusal(&path, CipherError::is_wrong_key)?;
    std::fs::write(&path, vec![b'x'; 8200])?;
    check_refusal(&path, |error| {
        matches!(
            error,
            CipherError::NotADatabase {
                size_bytes: 8200,
                ..
            }
        )
    })
}

#[test]
fn a_directory_is_not_a_file() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    std::fs::create_dir(&path)?;
    assert_eq!(inspect(&path)?.state, FileState::Directory);
    check_refusal(&path, |error| matches!(error, CipherError::NotAFile { .. }))
}

#[cfg(unix)]
#[test]
fn a_socket_is_not_a_file() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let _listener = std::os::unix::net::UnixListener::bind(&path)?;
    assert_eq!(inspect(&path)?.state, FileState::Special);
    check_refusal(&path, |error| matches!(error, CipherError::NotAFile { .. }))
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_seen_and_refused() -> TestResult {
    let dir = tempfile::tempdir()?;
    let (target, link) = (dir.path().join("target.db"), dir.path().join("link.db"));
    std::os::unix::fs::symlink("target.db", &link)?;
    let report = inspect(&link)?;
    assert_eq!((report.state, report.symlink), (FileState::Missing, true));
    check_refusal(&link, |error| matches!(error, CipherError::Symlink { .. }))?;
    std::fs::write(&target, vec![b'x'; 4096])?;
    std::fs::write(dir.path().join("target.db-wal"), b"wal")?;
    let report = inspect(&link)?;
    assert!(report.state.is_opaque() && report.symlink);
    assert_eq!(report.sidecars.wal.size_bytes, 3);
    check_refusal(&link, |error| matches!(error, CipherError::Symlink { .. }))
}

#[test]
fn modes_links_and_sidecars_are_reported() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    std::fs::write(&path, vec![b'x'; 1024])?;
    std::fs::hard_link(&path, dir.path().join("other.db"))?;
    std::fs::write(dir.path().join("app.db-journal"), b"12345")?;
    let report = inspect(&path)?;
    assert_eq!(report.hard_links, 2);
    let journal = report.sidecars.journal;
    assert!(journal.present && journal.size_bytes == 5 && !report.sidecars.shm.present);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640))?;
        assert_eq!(inspect(&path)?.mode, Some(0o640));
        assert!(journal.mode.is_some());
    }
    Ok(())
}

#[test]
fn a_missing_directory_is_named() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("~").join("app.db");
    assert_eq!(inspect(&path)?.state, FileState::Missing);
    if cfg!(feature = "sqlcipher") {
        let error = refusal(&path)?;
        assert!(matches!(error, CipherError::ParentNotFound { .. }));
        assert!(error.to_string().contains("`~` is not expanded"));
    }
    Ok(())
}

#[test]
fn impossible_paths_are_typed_errors() {
    for (path, expected) in [("", PathProblem::Empty), ("a\0b", PathProblem::ContainsNul)] {
        let refused = inspect(Path::new(path));
        assert!(
            matches!(refused, Err(CipherError::InvalidPath { problem }) if problem == expected)
        );
    }
}

#[test]
fn names_that_mean_something_to_sqlite_are_names_of_files() -> TestResult {
    for name in [":memory:", "file:app.db?mode=memory"] {
        assert_eq!(
            inspect(Path::new(name))?.state,
            FileState::Missing,
            "{name}"
        );
    }
    Ok(())
}
