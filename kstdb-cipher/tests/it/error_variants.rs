//! Variants of errors that come of no behaviour with a module of its own.

use std::path::Path;

use kstdb_cipher::{
    CipherError, CipherKey, KeyError, KeySource, KeySourceError, PathProblem, SopsError,
    SopsSource, UnlockOptions, inspect,
};

use crate::support::{TestResult, child, is_child};

/// Runs a test of this module alone in a process of its own.
fn in_a_child(name: &str) -> TestResult {
    let output = child(name)?.output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let passed = output.status.success() && stdout.contains("1 passed");
    assert!(passed, "{stdout}{stderr}");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_relative_path_without_a_working_directory_names_no_file() -> TestResult {
    let name = "error_variants::a_relative_path_without_a_working_directory_names_no_file";
    if !is_child(name) {
        return in_a_child(name);
    }
    let gone = tempfile::tempdir()?;
    std::env::set_current_dir(gone.path())?;
    gone.close()?;
    let problem = match inspect(Path::new("app.db")) {
        Err(CipherError::InvalidPath { problem }) => problem,
        other => return Err(format!("{other:?}").into()),
    };
    assert_eq!(problem, PathProblem::NoWorkingDirectory);
    Ok(())
}

/// A source of the program's own, which has nothing.
#[derive(Debug)]
struct Nothing;

impl KeySource for Nothing {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        Err(KeySourceError::custom(self.describe(), "nobody answers"))
    }

    fn describe(&self) -> String {
        "the key server".to_owned()
    }
}

#[test]
fn a_source_of_the_programs_own_fails_in_its_own_words() {
    let failed = Nothing.resolve();
    let said = matches!(
        &failed,
        Err(KeySourceError::Custom { origin, source })
            if origin == "the key server" && source.to_string() == "nobody answers"
    );
    assert!(said, "{failed:?}");
}

/// What a file is refused for that is there.
#[cfg(unix)]
#[test]
fn a_file_with_other_names_neighbours_or_rights_is_refused_for_what_it_has() -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    std::fs::write(&path, [7; 4096])?;
    let options = UnlockOptions::new().require_private(true);
    let check = || options.check(&inspect(&path)?);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640))?;
    let open = check();
    assert!(
        matches!(open, Err(CipherError::OpenToOthers { mode: 0o640, .. })),
        "{open:?}"
    );
    std::os::unix::fs::symlink("nowhere", dir.path().join("app.db-wal"))?;
    let sidecar = check();
    assert!(
        matches!(sidecar, Err(CipherError::UnsafeSidecar { .. })),
        "{sidecar:?}"
    );
    std::fs::hard_link(&path, dir.path().join("other.db"))?;
    let linked = check();
    assert!(
        matches!(linked, Err(CipherError::HardLink { names: 2, .. })),
        "{linked:?}"
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_path_that_the_system_does_not_look_for_is_an_io_error() {
    // Longer than a name may be.
    let refused = inspect(Path::new(&"x".repeat(300)));
    let io = matches!(&refused, Err(error @ CipherError::Io { .. }) if error.is_retryable());
    assert!(io, "{refused:?}");
}

/// What `?` makes of a key that cannot be used, and of a source without one.
#[test]
fn keys_and_sources_fail_as_what_they_are_for() {
    let key = || -> Result<CipherKey, CipherError> { Ok(CipherKey::passphrase("")?) };
    assert!(matches!(key(), Err(CipherError::Key(KeyError::Empty))));
    let source = || -> Result<CipherKey, CipherError> { Ok(Nothing.resolve()?) };
    assert!(matches!(source(), Err(CipherError::Source(_))));
}

#[cfg(not(feature = "keyring"))]
#[test]
fn a_keyring_that_is_not_built_in_is_an_error() {
    let refused = kstdb_cipher::KeyringSource::new("app", "key").resolve();
    let not_built = matches!(
        refused,
        Err(KeySourceError::Keyring {
            source: kstdb_cipher::KeyringError::NotBuilt,
            ..
        })
    );
    assert!(not_built, "{refused:?}");
}

#[cfg(unix)]
#[test]
fn a_sops_file_that_the_system_does_not_look_for_is_an_io_error() {
    // Longer than a name may be. The program is there, and is not reached.
    let source = SopsSource::new("x".repeat(300)).program("/bin/sh");
    let refused = source.resolve();
    let io = matches!(refused, Err(KeySourceError::Sops(SopsError::Io { .. })));
    assert!(io, "{refused:?}");
}

/// sqlx takes paths that are text; SQLite takes any.
#[cfg(all(unix, feature = "sqlcipher"))]
#[test]
fn what_only_the_driver_refuses_is_an_error_of_the_driver() -> TestResult {
    use std::os::unix::ffi::OsStrExt as _;

    use crate::support::{block_on, create, raw_key};

    let dir = tempfile::tempdir()?;
    let directory = dir.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    std::fs::create_dir(&directory)?;
    let path = directory.join("app.db");
    create(&path, &raw_key(7))?;
    let options = UnlockOptions::new();
    let refused = block_on(kstdb_cipher::connect(&path, &raw_key(7), &options))?;
    let driver = matches!(refused, Err(CipherError::Driver { .. }));
    assert!(driver, "{refused:?}");
    Ok(())
}
