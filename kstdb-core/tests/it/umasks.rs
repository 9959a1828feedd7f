//! Files are their owner's alone under every umask. A umask is of a whole process: each has one.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use kstdb_core::maintenance::{
    BackupOptions, MaintenanceOptions, Progress, RekeyOptions, decrypt, encrypt, restore,
};
use kstdb_core::{AsyncDatabase, CipherProfile, DatabaseBuilder, DbConfig, PageSize};
use rustix::fs::Mode;

use crate::support::{Files, TestResult, builder, is_child, raw_key, unprivileged, writer_lock};

const NAME: &str = "umasks::every_file_is_for_its_owner_alone_under_every_umask";
const VARIABLE: &str = "KSTDB_CORE_TEST_UMASK";

/// The permission bits of every entry of a directory.
fn modes(directory: &Path) -> std::io::Result<BTreeMap<String, u32>> {
    let mut modes = BTreeMap::new();
    for entry in directory.read_dir()? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        modes.insert(name, entry.metadata()?.permissions().mode() & 0o7777);
    }
    Ok(modes)
}

fn expect(directory: &Path, names: &[&str]) -> TestResult {
    let expected: BTreeMap<_, _> = names
        .iter()
        .map(|name| ((*name).to_owned(), 0o600))
        .collect();
    assert_eq!(modes(directory)?, expected);
    Ok(())
}

async fn use_every_file(builder: DatabaseBuilder, directory: &Path) -> TestResult {
    let db = builder.connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.migrate(&kstdb_core::migrate!()).await?;
    let mut names = vec!["app.db", "app.db-migrate-lock", "app.db-shm", "app.db-wal"];
    names.extend(writer_lock());
    expect(directory, &names)?;
    // A rollback journal in the place of the log, in the middle of a transaction.
    let mut connection = db.connection().await?;
    connection
        .execute("PRAGMA journal_mode = DELETE", ())
        .await?;
    connection.execute("BEGIN IMMEDIATE", ()).await?;
    connection.execute("INSERT INTO t VALUES (1)", ()).await?;
    let with_journal = modes(directory)?;
    assert_eq!(
        with_journal.get("app.db-journal"),
        Some(&0o600),
        "{with_journal:?}"
    );
    connection.execute("ROLLBACK", ()).await?;
    drop(connection);
    db.close().await?;
    expect(directory, &["app.db", "app.db-migrate-lock"])
}

/// Notes every file with another mode, at each step of a call.
fn watching(directory: &Path) -> (Arc<Mutex<Vec<String>>>, Listener) {
    let open = Arc::new(Mutex::new(Vec::new()));
    let (noted, directory) = (Arc::clone(&open), directory.to_owned());
    let listener = move |_| {
        let modes = modes(&directory).unwrap_or_default();
        let others = modes.into_iter().filter(|(_, mode)| *mode != 0o600);
        if let Ok(mut noted) = noted.lock() {
            noted.extend(others.map(|(name, mode)| format!("{name}: {mode:o}")));
        }
        ControlFlow::Continue(())
    };
    (open, Arc::new(listener))
}

type Listener = Arc<dyn Fn(Progress) -> ControlFlow<()> + Send + Sync>;

/// Backs up and restores, and changes key, pages and encryption, with a look at every step.
async fn maintain(builder: DatabaseBuilder, directory: &Path, key: Option<u8>) -> TestResult {
    let (backup, restored) = (directory.join("b.db"), directory.join("r.db"));
    let (open, listener) = watching(directory);
    let tell = || {
        let listener = Arc::clone(&listener);
        move |progress| listener(progress)
    };
    let options = MaintenanceOptions::new().on_progress(tell());
    let db = builder.connect().await?;
    let to_back_up = BackupOptions::new().overwrite(true).on_progress(tell());
    for _ in 0..2 {
        db.backup_with(&backup, &to_back_up).await?;
    }
    if key.is_some() {
        let large = CipherProfile::default().page_size(PageSize::Bytes8192);
        let to_rekey = RekeyOptions::new().profile(large).on_progress(tell());
        db.rekey_with(raw_key(8), &to_rekey).await?;
    }
    db.close().await?;
    let key = key.map(|byte| Arc::new(raw_key(byte)));
    for _ in 0..2 {
        restore(&backup, &restored, key.clone(), &options).await?;
    }
    match key {
        Some(key) => {
            decrypt(&restored, Arc::clone(&key), &options).await?;
            encrypt(&restored, key, &options).await?;
        }
        None => encrypt(&restored, raw_key(7), &options).await?,
    }
    let open = open.lock().map_err(|error| error.to_string())?;
    assert!(open.is_empty(), "{open:?}");
    expect(
        directory,
        &["app.db", "app.db-migrate-lock", "b.db", "r.db"],
    )
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the parent says which umask to have"
)]
async fn every_file_is_for_its_owner_alone_under_every_umask() -> TestResult {
    if !is_child(NAME) {
        for umask in ["000", "022", "027", "077", "177", "277", "777"] {
            let output = unprivileged(NAME)?.env(VARIABLE, umask).output()?;
            let stdout = String::from_utf8_lossy(&output.stdout);
            let passed = output.status.success() && stdout.contains("1 passed");
            assert!(
                passed,
                "{umask}: {stdout}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        return Ok(());
    }
    let umask = u32::from_str_radix(&std::env::var(VARIABLE)?, 8)?;
    let bare = |path: &Path| AsyncDatabase::builder(path).config(DbConfig::default());
    for keyed in [true, false] {
        // Made before the umask is set: a directory without rights would be of no use.
        let files = Files::new()?;
        rustix::process::umask(Mode::from_raw_mode(umask));
        let builder = || match keyed {
            true => builder(files.db()),
            false => bare(&files.db()),
        };
        use_every_file(builder(), files.dir()).await?;
        // Without a cipher there is nothing to encrypt, and nothing to decrypt.
        if cfg!(feature = "sqlcipher") {
            maintain(builder(), files.dir(), keyed.then_some(7)).await?;
        }
        rustix::process::umask(Mode::from_raw_mode(0o022));
    }
    Ok(())
}
