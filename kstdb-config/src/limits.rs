//! The hard limits of the numeric settings, and the clamp that keeps a value inside them.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::provenance::Limit;

/// Connections that a pool keeps open: 0 to 10, and never more than `max_size`.
pub const MIN_SIZE: RangeInclusive<u32> = 0..=10;

/// Connections that a pool may open: 1 to 100.
pub const MAX_SIZE: RangeInclusive<u32> = 1..=100;

/// Longest wait for a free connection: 1 s to 300 s.
pub const ACQUIRE_TIMEOUT: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(300);

/// Attempts to open a connection, the first included: 1 to 10.
pub const MAX_ATTEMPTS: RangeInclusive<u32> = 1..=10;

/// Pause between two attempts: 0.1 s to 60 s.
pub const DELAY: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(60);

/// Includes below one file, one inside the other: 10.
pub const INCLUDE_DEPTH: usize = 10;

/// Size of one settings file, in bytes: 10 MiB.
pub const FILE_BYTES: u64 = 10 * 1024 * 1024;

/// Moves a whole number into `range`, and says which end stopped it.
pub(crate) fn clamp_count(given: i64, range: &RangeInclusive<u32>) -> (u32, Option<Limit>) {
    let (lowest, highest) = (*range.start(), *range.end());
    if given < i64::from(lowest) {
        return (lowest, Some(Limit::Minimum));
    }
    match u32::try_from(given) {
        Ok(count) if count <= highest => (count, None),
        _ => (highest, Some(Limit::Maximum)),
    }
}

/// Moves a finite number of seconds into `range`, and says which end stopped it.
pub(crate) fn clamp_seconds(
    given: f64,
    range: &RangeInclusive<Duration>,
) -> (Duration, Option<Limit>) {
    let (lowest, highest) = (*range.start(), *range.end());
    if given < lowest.as_secs_f64() {
        (lowest, Some(Limit::Minimum))
    } else if given > highest.as_secs_f64() {
        (highest, Some(Limit::Maximum))
    } else {
        // Only a NaN fails here, and a NaN is refused where a value is read.
        (Duration::try_from_secs_f64(given).unwrap_or(lowest), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_stops_at_both_ends_and_nowhere_between() {
        for (given, used) in [
            (i64::MIN, (1, Some(Limit::Minimum))),
            (0, (1, Some(Limit::Minimum))),
            (1, (1, None)),
            (100, (100, None)),
            (101, (100, Some(Limit::Maximum))),
            (i64::MAX, (100, Some(Limit::Maximum))),
        ] {
            assert_eq!(clamp_count(given, &MAX_SIZE), used, "given {given}");
        }
    }

    #[test]
    fn seconds_stop_at_both_ends_and_nowhere_between() {
        let seconds = Duration::from_secs_f64;
        for (given, used) in [
            (f64::MIN, (seconds(0.1), Some(Limit::Minimum))),
            (0.099, (seconds(0.1), Some(Limit::Minimum))),
            (0.1, (seconds(0.1), None)),
            (60.0, (seconds(60.0), None)),
            (60.001, (seconds(60.0), Some(Limit::Maximum))),
            (f64::MAX, (seconds(60.0), Some(Limit::Maximum))),
        ] {
            assert_eq!(clamp_seconds(given, &DELAY), used, "given {given}");
        }
    }

    #[test]
    fn a_duration_survives_the_way_through_seconds() {
        let exact = Duration::from_nanos(12_345_678_901);
        assert_eq!(clamp_seconds(exact.as_secs_f64(), &DELAY), (exact, None));
    }
}
