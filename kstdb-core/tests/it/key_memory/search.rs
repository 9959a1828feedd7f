//! The search for masked needles.

use std::collections::BTreeMap;
use std::io;

use super::needles::{Needle, mask};
use crate::support::memory;

/// How often each needle was found.
pub(super) type Found = BTreeMap<String, usize>;

/// Searches all memory of this process that can be written to.
pub(super) struct Search {
    masked: Vec<Needle>,
    /// Whether a needle begins with these two bytes: only then is it compared.
    starts: Vec<bool>,
}

impl Search {
    pub(super) fn new(masked: Vec<Needle>) -> Self {
        let mut starts = vec![false; 1 << 16];
        for needle in &masked {
            let start = [mask(0, needle.bytes[0]), mask(1, needle.bytes[1])];
            starts[usize::from(u16::from_le_bytes(start))] = true;
        }
        Self { masked, starts }
    }

    /// Counts the copies of each needle; what is found nowhere is left out.
    pub(super) fn run(&self) -> io::Result<Found> {
        let mut found = Found::new();
        let longest = self.masked.iter().map(|needle| needle.bytes.len()).max();
        memory::scan(longest.unwrap_or_default(), |chunk| {
            self.look(chunk, &mut found)
        })?;
        Ok(found)
    }

    fn look(&self, chunk: &[u8], found: &mut Found) {
        for at in 0..chunk.len().saturating_sub(1) {
            if !self.starts[usize::from(u16::from_le_bytes([chunk[at], chunk[at + 1]]))] {
                continue;
            }
            for needle in &self.masked {
                let length = needle.bytes.len();
                let here = chunk.get(at..at + length);
                let equal = |here: &[u8]| {
                    let mut pairs = here.iter().zip(&needle.bytes).enumerate();
                    pairs.all(|(index, (byte, masked))| *byte == mask(index, *masked))
                };
                if here.is_some_and(equal) {
                    *found.entry(needle.name.clone()).or_default() += 1;
                }
            }
        }
    }

    /// Puts a copy of each needle into memory, for as long as the result lives.
    pub(super) fn plant(&self) -> Vec<Planted> {
        self.masked.iter().map(Planted::new).collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.masked.iter().map(|needle| needle.name.as_str())
    }
}

/// A copy that wipes itself.
pub(super) struct Planted(Vec<u8>);

impl Planted {
    fn new(needle: &Needle) -> Self {
        let masked = needle.bytes.iter().enumerate();
        Self(masked.map(|(index, byte)| mask(index, *byte)).collect())
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}
