//! Files of SQLCipher 1, 2 and 3.

use kstdb_core::CipherCompatibility::{self, V1, V2, V3, V4};
use kstdb_core::CipherKey;
use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::maintenance::{MaintenanceOptions, upgrade};

use super::everything::{fill, told};
use crate::support::{Files, TestResult, builder, raw_key, refusal};

const PASSPHRASE: &str = "of 2015";

/// Writes a database as a program with an older SQLCipher would.
fn written_by(version: CipherCompatibility, files: &Files) -> TestResult<Vec<Vec<String>>> {
    let sql = Connection::open(files.db())?;
    sql.pragma_update(None, "key", PASSPHRASE)?;
    let version = version.version();
    sql.execute_batch(&format!("PRAGMA cipher_compatibility = {version}"))?;
    fill(&sql)?;
    Ok(told(&sql)?)
}

#[tokio::test]
async fn files_of_every_version_become_files_of_the_fourth() -> TestResult {
    let options = MaintenanceOptions::new();
    for version in [V1, V2, V3] {
        let files = Files::new()?;
        let before = written_by(version, &files)?;
        let key = CipherKey::passphrase(PASSPHRASE)?;
        assert_eq!(upgrade(files.db(), key, &options).await?, version);

        let sql = Connection::open(files.db())?;
        sql.pragma_update(None, "key", PASSPHRASE)?;
        assert!(told(&sql)? == before, "{version:?}");
        drop(sql);
        let key = CipherKey::passphrase(PASSPHRASE)?;
        assert_eq!(upgrade(files.db(), key, &options).await?, V4);
        let db = builder(files.db())
            .passphrase(PASSPHRASE)
            .key(CipherKey::passphrase(PASSPHRASE)?);
        db.connect().await?.close().await?;
        assert_eq!(files.dir().read_dir()?.count(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_leaves_an_old_file_as_it_is() -> TestResult {
    let files = Files::new()?;
    written_by(V3, &files)?;
    let before = std::fs::read(files.db())?;
    let error = refusal(upgrade(files.db(), raw_key(3), &MaintenanceOptions::new()).await)?;
    assert!(error.is_wrong_key(), "{error:?}");
    assert!(std::fs::read(files.db())? == before);
    Ok(())
}
