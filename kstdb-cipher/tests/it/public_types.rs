//! The public types can be shared between threads.

use kstdb_cipher::{
    CipherError, CipherKey, CipherProfile, CredentialSource, DerivedKey, EnvSource, FileReport,
    KeyCache, KeyFileSource, KeyRequest, KeySource, KeyringSource, LibraryInfo, PageCheck,
    PageReport, PageSize, PassphraseSource, SopsSource, UnlockOptions, Unlocked,
};

#[test]
fn public_types_are_send_and_sync() {
    fn check<T: Send + Sync + ?Sized>() {}
    check::<CipherError>();
    check::<CipherKey>();
    check::<DerivedKey>();
    check::<dyn KeySource>();
    check::<EnvSource>();
    check::<PassphraseSource>();
    check::<SopsSource>();
    check::<KeyFileSource>();
    check::<CredentialSource>();
    check::<KeyringSource>();
    check::<KeyRequest>();
    check::<FileReport>();
    check::<KeyCache>();
    check::<PageCheck>();
    check::<PageReport>();
    check::<LibraryInfo>();
    check::<CipherProfile>();
    check::<PageSize>();
    check::<UnlockOptions>();
    check::<Unlocked>();
}
