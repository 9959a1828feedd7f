//! The stages of a database's life, each with a search.

use std::path::Path;
use std::sync::Barrier;

use kstdb_core::cipher::{
    DerivedKey, FileState, KeyFileSource, KeySource as _, KeySourceError, UnlockOptions, inspect,
    unlock,
};
use kstdb_core::{AsyncDatabase, CipherCompatibility, CipherKey, DatabaseBuilder, DbConfig};

use super::needles;
use super::search::{Found, Search};
use super::whole_files;
use crate::support::{Files, TestResult, child, is_child};

const NAME: &str = "key_memory::stages::nothing_of_a_key_is_left_after_close";
const DIRECTORY: &str = "KSTDB_CORE_TEST_KEY_MEMORY";

/// Not longer than a block of SHA-512, so that an HMAC takes it as it is.
const PASSPHRASE: &[u8] = b"correct horse battery staple, and a canary 0451";

/// Does something on a thread of its own and searches while that thread stands still, so that
/// nothing overwrites what was left on its stack.
pub(super) fn undisturbed(
    search: &Search,
    work: impl FnOnce() -> TestResult + Send,
) -> TestResult<Found> {
    let (done, go_on) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let worked = work();
            done.wait();
            go_on.wait();
            worked
        });
        done.wait();
        let found = search.run();
        go_on.wait();
        worker.join().map_err(|_| "the worker panicked")??;
        Ok(found?)
    })
}

/// The parent knows the key, makes the database, and says what to search for.
async fn prepare(files: &Files) -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;

    let key = CipherKey::passphrase(std::str::from_utf8(PASSPHRASE)?)?;
    let db = AsyncDatabase::builder(files.db())
        .config(DbConfig::default())
        .key(key);
    let db = db.connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.close().await?;
    let file = std::fs::read(files.db())?;
    let salt: &[u8; 16] = file.first_chunk().ok_or("no salt")?;
    let mut needles = needles::of(PASSPHRASE, salt);
    needles.push(needles::Needle {
        name: "the value of a SOPS file".to_owned(),
        bytes: whole_files::SOPS_VALUE.to_vec(),
    });
    whole_files::prepare(files.dir(), std::str::from_utf8(PASSPHRASE)?)?;
    let mut damaged = file.clone();
    damaged[1000] ^= 1;
    std::fs::write(files.path("damaged.db"), damaged)?;
    std::fs::write(files.path("needles"), needles::write(&needles))?;
    std::fs::write(files.path("key"), PASSPHRASE)?;
    let private = std::fs::Permissions::from_mode(0o600);
    Ok(std::fs::set_permissions(files.path("key"), private)?)
}

/// The key, from where nothing of it stays behind.
pub(super) fn key(directory: &Path) -> Result<CipherKey, KeySourceError> {
    KeyFileSource::new(directory.join("key")).resolve()
}

/// The database under that key.
pub(super) fn builder(directory: &Path) -> DatabaseBuilder {
    AsyncDatabase::builder(directory.join("app.db"))
        .config(DbConfig::default())
        .key_file(directory.join("key"))
}

/// What handles the key, each on a thread whose stack stays as it was left.
fn calls(search: &Search, directory: &Path) -> TestResult<Vec<(&'static str, Found)>> {
    let options = UnlockOptions::new();
    let derived = undisturbed(search, || {
        let FileState::Opaque { salt } = inspect(&directory.join("app.db"))?.state else {
            return Err("not encrypted".into());
        };
        drop(DerivedKey::derive(
            &key(directory)?,
            salt,
            CipherCompatibility::V4,
        ));
        Ok(())
    })?;
    let unlocked = undisturbed(search, || {
        drop(unlock(
            &directory.join("app.db"),
            &key(directory)?,
            &options,
        )?);
        Ok(())
    })?;
    let explained = undisturbed(search, || {
        let answer = unlock(&directory.join("damaged.db"), &key(directory)?, &options);
        assert!(answer.is_err_and(|error| error.is_damaged()));
        Ok(())
    })?;
    let created = undisturbed(search, || {
        let options = options.create_if_missing(true);
        drop(unlock(
            &directory.join("new.db"),
            &key(directory)?,
            &options,
        )?);
        Ok(())
    })?;
    Ok(vec![
        ("a key was derived", derived),
        ("a file was unlocked", unlocked),
        ("a damaged file was explained", explained),
        ("a file was created", created),
    ])
}

/// A pool is opened, used and closed.
async fn pool(search: &Search, directory: &Path) -> TestResult<Vec<(&'static str, Found)>> {
    let db = builder(directory).min_connections(3).connect().await?;
    let opened = search.run()?;
    db.execute("INSERT INTO t VALUES (1)", ()).await?;
    db.fetch_all::<(i64,)>("SELECT n FROM t", ()).await?;
    let used = search.run()?;
    // The one copy for new connections, and nothing of what it was derived from.
    for found in [&opened, &used] {
        assert!(found.contains_key("the derived key"), "{found:?}");
        assert!(
            found.keys().all(|name| !name.contains("passphrase")),
            "{found:?}"
        );
    }
    db.close().await?;
    let closed = search.run()?;
    Ok(vec![
        ("open (permitted)", opened),
        ("used (permitted)", used),
        ("closed", closed),
    ])
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the parent says where the files are"
)]
#[expect(clippy::print_stdout, reason = "the table is to be read")]
async fn nothing_of_a_key_is_left_after_close() -> TestResult {
    if !is_child(NAME) {
        let files = Files::new()?;
        prepare(&files).await?;
        let output = child(NAME)?.env(DIRECTORY, files.dir()).output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && stdout.contains("1 passed"),
            "{stdout}{stderr}"
        );
        for line in stdout.lines().filter(|line| line.starts_with('|')) {
            println!("{line}");
        }
        return Ok(());
    }
    let directory = std::env::var(DIRECTORY)?;
    let directory = Path::new(&directory);
    let masked = needles::read(&std::fs::read_to_string(directory.join("needles"))?)?;
    let search = Search::new(masked);
    let nothing = Found::new();

    assert_eq!(search.run()?, nothing, "before anything was opened");
    let planted = search.plant();
    let found = search.run()?;
    assert!(
        search.names().all(|name| found.contains_key(name)),
        "the search is blind: {found:?}"
    );
    drop(planted);
    assert_eq!(search.run()?, nothing, "the control is still there");

    println!("\n| after | found |\n|---|---|");
    let mut stages = calls(&search, directory)?;
    #[cfg(feature = "sops")]
    stages.push(("a SOPS file was read", whole_files::read_sops(&search)?));
    stages.extend(whole_files::cache(&search, directory)?);
    stages.extend(whole_files::calls(&search, directory).await?);
    stages.extend(pool(&search, directory).await?);
    for (stage, found) in &stages {
        println!("| {stage} | {found:?} |");
    }
    for (stage, found) in stages {
        assert!(
            found == nothing || stage.ends_with("(permitted)"),
            "{stage}: {found:?}"
        );
    }
    Ok(())
}
