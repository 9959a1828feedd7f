//! The age file that holds a data key, or a part of one, for one recipient.

use std::io::Read;

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor, Identity};
use zeroize::Zeroizing;

/// Why an age file gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotOpened {
    /// It is for somebody else.
    NoMatch,
    /// It is damaged, or holds something else than a key of this length.
    Damaged,
}

/// An identity in memory.
pub(super) type BoxedIdentity = Box<dyn Identity>;

/// Opens an armored age file that holds `N` bytes.
pub(super) fn open<const N: usize>(
    file: &str,
    identities: &[BoxedIdentity],
) -> Result<Zeroizing<[u8; N]>, NotOpened> {
    let decryptor = Decryptor::new_buffered(ArmoredReader::new(file.as_bytes()))
        .map_err(|_| NotOpened::Damaged)?;
    let identities = identities
        .iter()
        .map(|identity| &**identity as &dyn Identity);
    let mut plain = decryptor.decrypt(identities).map_err(|error| match error {
        DecryptError::NoMatchingKeys => NotOpened::NoMatch,
        _ => NotOpened::Damaged,
    })?;
    let mut key = Zeroizing::new([0; N]);
    plain
        .read_exact(&mut *key)
        .map_err(|_| NotOpened::Damaged)?;
    match plain.read(&mut [0]) {
        Ok(0) => Ok(key),
        _ => Err(NotOpened::Damaged),
    }
}
