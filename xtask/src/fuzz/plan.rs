//! What a run of the torture programme wants of the fuzzing.

use std::path::PathBuf;
use std::time::Duration;

/// With five targets and two at a time: three minutes.
const SHORT: Duration = Duration::from_secs(60);

/// An hour.
const LONG: Duration = Duration::from_secs(20 * 60);

/// How long, from where, and what is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) long: bool,
    /// Where libFuzzer's choices begin.
    pub(crate) seed: Option<u32>,
    /// At most so many inputs of each target.
    pub(crate) cases: Option<usize>,
    /// A line for each target.
    pub(crate) json: Option<PathBuf>,
    /// Nothing else has begun the file.
    pub(crate) alone: bool,
}

impl Plan {
    /// For how long each target is run.
    pub(super) const fn time(&self) -> Duration {
        if self.long { LONG } else { SHORT }
    }

    /// Whether lines of an earlier run count.
    pub(super) const fn resumes(&self) -> bool {
        self.long
    }
}

/// A seed of the programme in the size that libFuzzer takes, which is never 0.
pub(crate) fn seed(text: &str) -> Option<u32> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => text.parse().ok()?,
    };
    let [high, low] = [number >> 32, number & 0xffff_ffff];
    u32::try_from(high ^ low).ok().map(|seed| seed.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_of_any_size_is_folded() {
        assert_eq!(seed("0x24003"), Some(0x24003));
        assert_eq!(seed("7"), Some(7));
        assert_eq!(seed("0"), Some(1));
        assert_eq!(seed("0x1_0000"), None);
        assert_eq!(seed("0xffffffff00000001"), Some(0xffff_fffe));
    }
}
