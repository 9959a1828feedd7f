//! Damage to a database file that nobody has open.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::TestResult;
use crate::fuzz_corpus::pages_codec::{Codec, Layout};

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

/// Makes the first page of a file under [`raw_key(7)`](super::raw_key) say that pages have 512 bytes,
/// and fit its HMAC.
pub(crate) fn name_smaller_pages(path: &Path) -> TestResult {
    let mut file = std::fs::read(path)?;
    let codec = Codec::new(Layout::v4(), &[7; 32], file[..16].try_into()?);
    let page = &mut file[..Layout::v4().page_bytes];
    let mut clear = codec.open(1, page);
    clear[16..18].copy_from_slice(&512_u16.to_be_bytes());
    page.copy_from_slice(&codec.seal(1, &clear));
    Ok(std::fs::write(path, file)?)
}
