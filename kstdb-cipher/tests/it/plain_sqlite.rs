//! With plain SQLite every use of a key is refused, before anything is written.

use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{
    CipherCompatibility, CipherKey, DerivedKey, UnlockOptions, apply_cipher_key, apply_derived_key,
    connect, is_sqlcipher_available, library, unlock,
};

use crate::support::{TestResult, raw_key, snapshot};

#[test]
fn every_use_of_a_key_is_refused() -> TestResult {
    assert!(!is_sqlcipher_available());
    assert_eq!(library().cipher_version, None);
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let options = UnlockOptions::new().create_if_missing(true);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for key in [CipherKey::passphrase("sesame")?, raw_key(1)] {
        assert!(unlock(&path, &key, &options).is_err_and(|error| error.is_not_sqlcipher()));
        for database in [path.as_path(), ":memory:".as_ref()] {
            let refused = runtime.block_on(connect(database, &key, &options));
            assert!(refused.is_err_and(|error| error.is_not_sqlcipher()));
        }
        let connection = Connection::open_in_memory()?;
        let refused = apply_cipher_key(&connection, &key);
        assert!(refused.is_err_and(|error| error.is_not_sqlcipher()));
        let derived = DerivedKey::derive(&raw_key(1), [0; 16], CipherCompatibility::V4);
        let refused = apply_derived_key(&connection, &derived, CipherCompatibility::V4);
        assert!(refused.is_err_and(|error| error.is_not_sqlcipher()));
    }
    assert!(snapshot(dir.path())?.is_empty());
    Ok(())
}
