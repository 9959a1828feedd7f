//! Damage to a database file that nobody has open.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

const PAGE_BYTES: u64 = 4096;
/// In the middle of what a page stores.
const OFFSET_BYTES: u64 = 1_500;

/// Flips one bit of the last page.
pub(crate) fn damage_last_page(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let place = file.metadata()?.len() - PAGE_BYTES + OFFSET_BYTES;
    let mut byte = [0];
    file.seek(SeekFrom::Start(place))?;
    file.read_exact(&mut byte)?;
    file.seek(SeekFrom::Start(place))?;
    file.write_all(&[byte[0] ^ 1])?;
    file.sync_all()
}
