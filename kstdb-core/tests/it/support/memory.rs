//! The search for a key in the memory of this process.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use kstdb_core::CipherKey;
use kstdb_core::secrecy::SecretBox;

/// One byte of the key. The whole is nowhere in memory but in the boxes that hold it.
fn byte(index: usize) -> u8 {
    u8::try_from((index * 73 + 41) % 251).unwrap_or_default() ^ 0x5c
}

/// A raw key that the search knows.
pub(crate) fn key() -> CipherKey {
    CipherKey::raw_key(SecretBox::init_with_mut(|key: &mut [u8; 32]| {
        for (index, place) in key.iter_mut().enumerate() {
            *place = byte(index);
        }
    }))
}

/// One character of the key as SQLCipher's text has it.
fn digit(index: usize) -> u8 {
    let byte = byte(index / 2);
    let nibble = if index.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 15
    };
    b"0123456789abcdef"[usize::from(nibble)]
}

fn occurrences(chunk: &[u8]) -> usize {
    let raw = |window: &[u8]| window.iter().enumerate().all(|(at, it)| *it == byte(at));
    let hex = |window: &[u8]| {
        let lower = window.iter().map(u8::to_ascii_lowercase);
        lower.enumerate().all(|(at, it)| it == digit(at))
    };
    chunk.windows(32).filter(|window| raw(window)).count()
        + chunk.windows(64).filter(|window| hex(window)).count()
}

/// Counts the copies in all memory that can be written to.
pub(crate) fn copies() -> std::io::Result<usize> {
    let mut found = 0;
    scan(64, |chunk| found += occurrences(chunk))?;
    Ok(found)
}

/// Shows all memory of this process that can be written to, piece by piece; pieces overlap by so
/// many bytes, which is for the longest thing that is looked for.
pub(crate) fn scan(overlap: usize, mut look: impl FnMut(&[u8])) -> std::io::Result<()> {
    const CHUNK_BYTES: u16 = 32 * 1024;
    let memory = File::open("/proc/self/mem")?;
    let mut chunk = vec![0; usize::from(CHUNK_BYTES) + overlap];
    for line in std::fs::read_to_string("/proc/self/maps")?.lines() {
        let mut fields = line.split(' ');
        let range = fields.next().and_then(|range| range.split_once('-'));
        let writable = fields.next().is_some_and(|mode| mode.starts_with("rw"));
        let Some((start, end)) = range.filter(|_| writable) else {
            continue;
        };
        let address = |text| u64::from_str_radix(text, 16).unwrap_or_default();
        let (mut at, end) = (address(start), address(end));
        while at < end {
            let length = usize::try_from(end - at).unwrap_or(usize::MAX);
            let length = length.min(chunk.len());
            if memory.read_exact_at(&mut chunk[..length], at).is_ok() {
                look(&chunk[..length]);
            }
            // The search must not find itself.
            chunk.fill(0);
            at += u64::from(CHUNK_BYTES);
        }
    }
    Ok(())
}
