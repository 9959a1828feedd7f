//! The search for bytes, in files and in the memory of another process.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt as _;

use anyhow::Context as _;

use super::needles::Needle;

const CHUNK_BYTES: usize = 1 << 20;

/// How often each needle was found; what was found nowhere is left out.
pub(super) type Found = BTreeMap<String, u64>;

/// What is looked for.
pub(super) struct Search {
    needles: Vec<Needle>,
    /// Whether a needle begins with these two bytes: only then is it compared.
    starts: Vec<bool>,
    longest: usize,
}

impl Search {
    pub(super) fn of(needles: Vec<Needle>) -> Self {
        let mut starts = vec![false; 1 << 16];
        for needle in &needles {
            starts[start(&needle.bytes)] = true;
        }
        let longest = needles.iter().map(|needle| needle.bytes.len()).max();
        Self {
            longest: longest.unwrap_or(0),
            needles,
            starts,
        }
    }

    /// Looks through all memory of a process that can be written to.
    pub(super) fn memory(&self, process: u32) -> anyhow::Result<Found> {
        let mut found = Found::new();
        let memory = File::open(format!("/proc/{process}/mem")).context("no memory")?;
        let maps = std::fs::read_to_string(format!("/proc/{process}/maps"))?;
        let mut chunk = vec![0; CHUNK_BYTES + self.longest];
        for line in maps.lines() {
            let mut fields = line.split(' ');
            let range = fields.next().and_then(|range| range.split_once('-'));
            let writable = fields.next().is_some_and(|mode| mode.starts_with("rw"));
            let Some((start, end)) = range.filter(|_| writable) else {
                continue;
            };
            let (start, end) = (
                u64::from_str_radix(start, 16)?,
                u64::from_str_radix(end, 16)?,
            );
            for at in (start..end).step_by(CHUNK_BYTES) {
                let length = usize::try_from(end - at)?.min(chunk.len());
                if memory.read_exact_at(&mut chunk[..length], at).is_ok() {
                    self.look(&chunk[..length], &mut found);
                }
            }
        }
        Ok(found)
    }

    /// Looks through a file or anything else that is read to its end.
    pub(super) fn read(&self, mut from: impl Read) -> anyhow::Result<Found> {
        let mut found = Found::new();
        let mut chunk = Vec::new();
        loop {
            let limit = u64::try_from(CHUNK_BYTES)?;
            if from.by_ref().take(limit).read_to_end(&mut chunk)? == 0 {
                return Ok(found);
            }
            self.look(&chunk, &mut found);
            // What begins at the end of this piece is found in the next one.
            let keep = self.longest.saturating_sub(1).min(chunk.len());
            chunk.drain(..chunk.len() - keep);
        }
    }

    fn look(&self, chunk: &[u8], found: &mut Found) {
        const PAGE_BYTES: usize = 4_096;
        static ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];
        for page in (0..chunk.len()).step_by(PAGE_BYTES) {
            let end = chunk.len().min(page + PAGE_BYTES);
            if chunk[page..end] == ZEROS[..end - page] {
                continue;
            }
            for at in page..end {
                let rest = &chunk[at..];
                if rest.len() < 2 || !self.starts[start(rest)] {
                    continue;
                }
                for needle in &self.needles {
                    if rest.starts_with(&needle.bytes) {
                        *found.entry(needle.name.clone()).or_default() += 1;
                    }
                }
            }
        }
    }
}

fn start(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}
