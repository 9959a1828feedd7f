//! Without SQLCipher every key is refused, and nothing is written.

use kstdb_core::{DatabaseError, is_sqlcipher_available};

use crate::support::{Files, TestResult, raw_key, refusal};

#[tokio::test]
async fn a_key_is_refused_where_the_library_cannot_encrypt() -> TestResult {
    let files = Files::new()?;
    assert!(!is_sqlcipher_available());
    let keyed = files.builder().key(raw_key(1)).connect().await;
    let error = refusal(keyed)?;
    assert!(matches!(error, DatabaseError::Encryption(error) if error.is_not_sqlcipher()));
    assert!(!files.db().exists());
    Ok(())
}
