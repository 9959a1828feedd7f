//! A library that is not SQLCipher: no key is ever ignored, and the file stays as it is.

use kstdb_core::{AsyncDatabase, DatabaseBuilder, DbConfig, EncryptionError};

use crate::support::{Files, TestResult, raw_key, refusal};

fn keyed(files: &Files) -> [DatabaseBuilder; 2] {
    let bare = || AsyncDatabase::builder(files.db()).config(DbConfig::default());
    [bare().key(raw_key(7)), bare().passphrase("sesame")]
}

#[tokio::test]
async fn a_key_is_refused_before_there_is_a_file() -> TestResult {
    let files = Files::new()?;
    for builder in keyed(&files) {
        let error = refusal(builder.connect().await)?;
        let error = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
        assert!(matches!(error, Some(EncryptionError::NotSqlcipher)));
        assert!(files.dir().read_dir()?.next().is_none());
    }
    Ok(())
}

#[tokio::test]
async fn the_wrong_library_is_named_and_changes_no_file() -> TestResult {
    let plaintext = {
        let files = Files::new()?;
        let db = AsyncDatabase::builder(files.db())
            .config(DbConfig::default())
            .connect()
            .await?;
        db.execute("CREATE TABLE t (n)", ()).await?;
        db.close().await?;
        std::fs::read(files.db())?
    };
    for bytes in [plaintext, vec![0xa5; 8192], Vec::new()] {
        let files = Files::new()?;
        std::fs::write(files.db(), &bytes)?;
        let before = files.db().metadata()?.modified()?;
        for builder in keyed(&files) {
            let error = refusal(builder.connect().await)?;
            assert!(!error.is_wrong_key() && !error.is_retryable(), "{error:?}");
            let error = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
            assert!(matches!(error, Some(EncryptionError::NotSqlcipher)));
        }
        assert!(std::fs::read(files.db())? == bytes);
        assert_eq!(files.db().metadata()?.modified()?, before);
        assert_eq!(files.dir().read_dir()?.count(), 1);
    }
    Ok(())
}
