//! Keys from files: a key file, and a credential of the service manager.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use kstdb_cipher::{
    CredentialSource, KeyError, KeyFileError, KeyFileSource, KeyKind, KeyRequest, KeySource,
    KeySourceError, SopsSource, resolve_cipher_key,
};

use crate::support::{TestResult, child, is_child};

/// A file of this content and mode.
fn file(directory: &Path, name: &str, bytes: &[u8], mode: u32) -> std::io::Result<PathBuf> {
    let path = directory.join(name);
    fs::write(&path, bytes)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    Ok(path)
}

fn refusal(source: &dyn KeySource) -> Result<KeySourceError, &'static str> {
    source.resolve().err().ok_or("a key was found")
}

fn file_error(source: &dyn KeySource) -> Result<KeyFileError, String> {
    match refusal(source)? {
        KeySourceError::File { source, .. } => Ok(source),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn one_newline_and_no_more_is_left_out() -> TestResult {
    let dir = tempfile::tempdir()?;
    let raw = format!("x'{}'", "0a".repeat(32));
    for (end, kind) in [
        ("", KeyKind::RawKey),
        ("\n", KeyKind::RawKey),
        ("\n\n", KeyKind::Passphrase),
        ("\r\n", KeyKind::Passphrase),
        (" ", KeyKind::Passphrase),
    ] {
        let text = format!("{raw}{end}");
        let path = file(dir.path(), "key", text.as_bytes(), 0o600)?;
        assert_eq!(KeyFileSource::new(path).resolve()?.kind(), kind, "{end:?}");
    }
    Ok(())
}

#[test]
fn a_file_without_a_usable_text_is_an_error() -> TestResult {
    let dir = tempfile::tempdir()?;
    let resolve = |bytes: &[u8]| {
        let path = file(dir.path(), "key", bytes, 0o600)?;
        Ok::<_, std::io::Error>(KeyFileSource::new(path).resolve())
    };
    assert!(resolve(&[b'a'; KeyFileSource::MAX_BYTES])?.is_ok());
    for (bytes, expected) in [
        (&b""[..], KeyError::Empty),
        (b"\n", KeyError::Empty),
        (b"a\0b", KeyError::ContainsNul),
    ] {
        assert!(
            matches!(resolve(bytes)?, Err(KeySourceError::Key { source, .. }) if source == expected),
            "{bytes:?}"
        );
    }
    for (bytes, expected) in [
        (&b"\xff"[..], "it is not UTF-8"),
        (
            &[b'a'; KeyFileSource::MAX_BYTES + 1],
            "it is longer than 65536 bytes",
        ),
    ] {
        let Err(KeySourceError::File { source, .. }) = resolve(bytes)? else {
            return Err(expected.into());
        };
        assert_eq!(source.to_string(), expected);
    }
    Ok(())
}

#[test]
fn a_file_that_others_have_access_to_is_refused() -> TestResult {
    let dir = tempfile::tempdir()?;
    for mode in [0o640, 0o604, 0o620, 0o601, 0o644, 0o777] {
        let path = file(dir.path(), "key", b"sesame", mode)?;
        let error = file_error(&KeyFileSource::new(path))?;
        assert!(matches!(error, KeyFileError::OpenToOthers { mode: found } if found == mode));
    }
    for mode in [0o600, 0o400, 0o700] {
        let path = file(dir.path(), "private", b"sesame", mode)?;
        KeyFileSource::new(path).resolve()?;
        fs::remove_file(dir.path().join("private"))?;
    }
    Ok(())
}

#[test]
fn a_link_is_followed_to_a_file_that_must_be_private() -> TestResult {
    let dir = tempfile::tempdir()?;
    let link = dir.path().join("link");
    symlink("key", &link)?;
    let source = KeyFileSource::new(&link);
    assert!(matches!(file_error(&source)?, KeyFileError::Read(error)
        if error.kind() == std::io::ErrorKind::NotFound));
    file(dir.path(), "key", b"sesame", 0o600)?;
    source.resolve()?;
    file(dir.path(), "key", b"sesame", 0o644)?;
    assert!(matches!(
        file_error(&source)?,
        KeyFileError::OpenToOthers { .. }
    ));
    Ok(())
}

#[test]
fn what_is_neither_file_nor_pipe_is_refused() -> TestResult {
    let dir = tempfile::tempdir()?;
    for path in [dir.path(), Path::new("/dev/null")] {
        let error = file_error(&KeyFileSource::new(path))?;
        assert!(
            matches!(error, KeyFileError::NotAFile),
            "{path:?}: {error:?}"
        );
    }
    Ok(())
}

#[test]
fn a_pipe_is_read_to_its_end() -> TestResult {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;

    // What a shell passes for `<(command)`.
    let (reader, mut writer) = std::io::pipe()?;
    let source = KeyFileSource::new(format!("/dev/fd/{}", reader.as_raw_fd()));
    let raw = format!("x'{}'\n", "0f".repeat(32));
    let writing = std::thread::spawn(move || {
        raw.as_bytes()
            .iter()
            .try_for_each(|byte| writer.write_all(&[*byte]))
    });
    assert_eq!(source.resolve()?.kind(), KeyKind::RawKey);
    writing.join().map_err(|_| "the writer panicked")??;
    Ok(())
}

#[test]
fn nobody_is_waited_for_at_a_pipe_without_a_writer() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, mode)?;
    assert!(matches!(
        refusal(&KeyFileSource::new(&path))?,
        KeySourceError::Key {
            source: KeyError::Empty,
            ..
        }
    ));
    Ok(())
}

#[test]
fn a_missing_file_is_named_and_the_next_source_is_not_tried() -> TestResult {
    let dir = tempfile::tempdir()?;
    let source = KeyFileSource::new(dir.path().join("missing"));
    let request = KeyRequest::new()
        .key_file(source)
        .credential(CredentialSource::new("not-tried"));
    assert!(request.names_a_source());
    let error = resolve_cipher_key(&request)
        .err()
        .ok_or("a key was found")?;
    assert!(error.to_string().contains("missing"), "{error}");
    // SOPS comes before a key file.
    let path = file(dir.path(), "key", b"sesame", 0o600)?;
    let request = KeyRequest::new().key_file(KeyFileSource::new(path));
    resolve_cipher_key(&request)?;
    let refused = resolve_cipher_key(&request.sops(SopsSource::new("no-such-file.yml")));
    assert!(matches!(refused, Err(KeySourceError::Sops(_))));
    Ok(())
}

#[test]
fn a_credential_is_a_file_of_the_directory_that_the_variable_names() -> TestResult {
    let name = "private_files::a_credential_is_a_file_of_the_directory_that_the_variable_names";
    let source = CredentialSource::new("db_key");
    if is_child(name) {
        assert_eq!(source.resolve()?.kind(), KeyKind::RawKey);
        // A list for the one user of the service shows as the rights of the group.
        assert!(CredentialSource::new("by_list").resolve().is_ok());
        let open = file_error(&CredentialSource::new("open"))?;
        assert!(matches!(open, KeyFileError::OpenToOthers { mode: 0o444 }));
        let missing = file_error(&CredentialSource::new("missing"))?;
        assert!(matches!(missing, KeyFileError::Read(_)));
        return Ok(());
    }
    let dir = tempfile::tempdir()?;
    file(
        dir.path(),
        "db_key",
        format!("x'{}'\n", "0f".repeat(32)).as_bytes(),
        0o400,
    )?;
    file(dir.path(), "by_list", b"sesame", 0o440)?;
    file(dir.path(), "open", b"sesame", 0o444)?;
    let output = child(name)?
        .env("CREDENTIALS_DIRECTORY", dir.path())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    Ok(())
}

#[test]
fn without_a_directory_there_is_no_credential() -> TestResult {
    let name = "private_files::without_a_directory_there_is_no_credential";
    if is_child(name) {
        let error = refusal(&CredentialSource::new("db_key"))?;
        assert!(
            matches!(error, KeySourceError::NoCredentials { .. }),
            "{error:?}"
        );
        return Ok(());
    }
    for directory in [None, Some(""), Some("relative/path")] {
        let mut command = child(name)?;
        match directory {
            Some(directory) => command.env("CREDENTIALS_DIRECTORY", directory),
            None => command.env_remove("CREDENTIALS_DIRECTORY"),
        };
        let output = command.output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
    }
    Ok(())
}

#[test]
fn the_name_of_a_credential_leads_nowhere_else() -> TestResult {
    for name in ["", ".", "..", "../key", "a/b", "/etc/key", "a\\b", "a\0b"] {
        let error = refusal(&CredentialSource::new(name))?;
        assert!(
            matches!(error, KeySourceError::CredentialName { .. }),
            "{name:?}: {error:?}"
        );
    }
    Ok(())
}
