//! New databases: whole, encrypted, private, and made once.

use std::process::Command;
use std::sync::Barrier;

use kstdb_cipher::{CipherError, FileState, UnlockOptions, inspect, unlock};

use crate::support::{TestResult, child, is_child, open, raw_key, rows, snapshot};

#[test]
fn a_new_database_is_encrypted_and_has_one_page() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let options = UnlockOptions::new().create_if_missing(true);
    let unlocked = unlock(&path, &raw_key(1), &options)?;
    assert!(unlocked.created);
    let report = inspect(&path)?;
    assert_eq!(
        report.state,
        FileState::Opaque {
            salt: unlocked.derived.salt()
        }
    );
    assert_eq!(report.size_bytes, 4096);
    let bytes = std::fs::read(&path)?;
    assert!(!bytes.windows(6).any(|window| window == b"SQLite"));
    // Nothing is left beside it.
    assert_eq!(snapshot(dir.path())?.len(), 1);
    assert!(!unlock(&path, &raw_key(1), &options)?.created);
    Ok(())
}

#[test]
fn a_new_database_is_in_wal_mode_without_auto_vacuum() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let options = UnlockOptions::new().create_if_missing(true);
    let connection = open(&path, &unlock(&path, &raw_key(1), &options)?.derived)?;
    let journal_mode: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let auto_vacuum: i64 = connection.pragma_query_value(None, "auto_vacuum", |row| row.get(0))?;
    assert_eq!((journal_mode.as_str(), auto_vacuum), ("wal", 0));
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_new_database_is_private_whatever_the_umask() -> TestResult {
    let name = "creation::a_new_database_is_private_whatever_the_umask";
    if is_child(name) {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        let options = UnlockOptions::new().create_if_missing(true);
        let connection = open(&path, &unlock(&path, &raw_key(1), &options)?.derived)?;
        connection.execute_batch("CREATE TABLE t (a)")?;
        let report = inspect(&path)?;
        assert_eq!(report.mode, Some(0o600));
        assert_eq!(report.sidecars.wal.mode, Some(0o600));
        assert_eq!(report.sidecars.shm.mode, Some(0o600));
        return Ok(());
    }
    let test = child(name)?;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(test.get_program());
    shell.args(test.get_args());
    for (variable, value) in test.get_envs() {
        shell.env(variable, value.unwrap_or_default());
    }
    let output = shell.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    Ok(())
}

#[test]
fn threads_that_create_the_same_file_share_one_database() -> TestResult {
    const THREADS: usize = 4;
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let barrier = Barrier::new(THREADS);
    let answers = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    barrier.wait();
                    unlock(
                        &path,
                        &raw_key(1),
                        &UnlockOptions::new().create_if_missing(true),
                    )
                })
            })
            .collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect::<Vec<_>>()
    });
    assert_eq!(answers.len(), THREADS);
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(
        answers.iter().filter(|unlocked| unlocked.created).count(),
        1
    );
    open(&path, &answers[0].derived)?.execute_batch("CREATE TABLE t (a)")?;
    for unlocked in &answers {
        assert_eq!(rows(&open(&path, &unlocked.derived)?)?, 0);
    }
    let others = |name: &String| !name.starts_with("app.db");
    assert_eq!(
        snapshot(dir.path())?
            .keys()
            .filter(|name| others(name))
            .count(),
        0
    );
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_followed_only_if_asked() -> TestResult {
    let dir = tempfile::tempdir()?;
    let (path, link) = (dir.path().join("app.db"), dir.path().join("link.db"));
    unlock(
        &path,
        &raw_key(1),
        &UnlockOptions::new().create_if_missing(true),
    )?;
    std::os::unix::fs::symlink(&path, &link)?;
    let refused = unlock(&link, &raw_key(1), &UnlockOptions::new());
    assert!(matches!(refused, Err(CipherError::Symlink { .. })));
    assert!(
        !unlock(
            &link,
            &raw_key(1),
            &UnlockOptions::new().follow_symlinks(true)
        )?
        .created
    );
    Ok(())
}
