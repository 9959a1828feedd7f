//! Files are their owner's alone under every umask. A umask is of a whole process: each has one.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use kstdb_core::{AsyncDatabase, DatabaseBuilder, DbConfig};
use rustix::fs::Mode;

use crate::support::{Files, TestResult, builder, is_child, unprivileged, writer_lock};

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
        let builder = if keyed {
            builder(files.db())
        } else {
            bare(&files.db())
        };
        use_every_file(builder, files.dir()).await?;
        rustix::process::umask(Mode::from_raw_mode(0o022));
    }
    Ok(())
}
