//! Points in time, as Go writes them: the MAC and its context are made of that text.

use chrono::{DateTime, NaiveDate, SecondsFormat};

/// Reads RFC 3339 and writes it with seconds; a fraction is dropped. This authenticates the MAC.
pub(super) fn to_seconds(text: &str) -> Option<String> {
    let time = strict(text)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Reads RFC 3339 and writes it with the shortest fraction that keeps its nanoseconds.
pub(super) fn to_nanoseconds(text: &str) -> Option<String> {
    let long = strict(text)?.to_rfc3339_opts(SecondsFormat::Nanos, true);
    // Always `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn` and the zone.
    let (time, zone) = (long.get(..29)?, long.get(29..)?);
    let time = time.trim_end_matches('0').trim_end_matches('.');
    Some(format!("{time}{zone}"))
}

/// Midnight of a date `YYYY-MM-DD`.
pub(super) fn date_to_nanoseconds(text: &str) -> Option<String> {
    let canonical = shape(text) == "0000-00-00";
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| canonical)
        .map(|date| format!("{}T00:00:00Z", date.format("%Y-%m-%d")))
}

/// RFC 3339 without what only one of Go and chrono accepts: leap seconds, lower case, odd fractions.
fn strict(text: &str) -> Option<DateTime<chrono::FixedOffset>> {
    let shape = shape(text);
    let after_seconds = shape.strip_prefix("0000-00-00T00:00:00")?;
    let zone = match after_seconds.strip_prefix('.') {
        None => after_seconds,
        Some(fraction) => {
            let zone = fraction.trim_start_matches('0');
            let digits = fraction.len() - zone.len();
            (1..=9).contains(&digits).then_some(zone)?
        }
    };
    let known = matches!(zone, "Z" | "+00:00" | "-00:00");
    let leap = text.get(17..19) == Some("60");
    DateTime::parse_from_rfc3339(text)
        .ok()
        .filter(|_| known && !leap)
}

/// The text with every digit replaced by `0`.
fn shape(text: &str) -> String {
    let digit = |letter: char| if letter.is_ascii_digit() { '0' } else { letter };
    text.chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_go_writes_it() {
        for (text, seconds, nanoseconds) in [
            (
                "2026-11-22T08:33:22Z",
                "2026-11-22T08:33:22Z",
                "2026-11-22T08:33:22Z",
            ),
            (
                "2026-11-22T08:33:22.120Z",
                "2026-11-22T08:33:22Z",
                "2026-11-22T08:33:22.12Z",
            ),
            (
                "2026-11-22T08:33:22.000Z",
                "2026-11-22T08:33:22Z",
                "2026-11-22T08:33:22Z",
            ),
            (
                "2026-11-22T08:33:20+00:00",
                "2026-11-22T08:33:20Z",
                "2026-11-22T08:33:20Z",
            ),
            (
                "2026-11-22T08:33:22+02:00",
                "2026-11-22T08:33:22+02:00",
                "2026-11-22T08:33:22+02:00",
            ),
        ] {
            assert_eq!(to_seconds(text).as_deref(), Some(seconds), "{text}");
            assert_eq!(to_nanoseconds(text).as_deref(), Some(nanoseconds), "{text}");
        }
        let midnight = date_to_nanoseconds("2024-02-29");
        assert_eq!(midnight.as_deref(), Some("2024-02-29T00:00:00Z"));
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "2026-11-22",
            "2026-11-22 08:33:22Z",
            "2026-11-22t08:33:22z",
            "2026-11-22T08:33:60Z",
            "2026-11-22T08:33:22",
            "2026-11-22T08:33:22.Z",
            "2026-11-22T08:33:22.0000000001Z",
            "2026-13-22T08:33:22Z",
            "+2026-11-22T08:33:22Z",
        ] {
            assert_eq!(to_seconds(text), None, "{text}");
            assert_eq!(to_nanoseconds(text), None, "{text}");
        }
        for text in ["2024-02-30", "2024-2-3", "24-02-03", "2024-02-03T"] {
            assert_eq!(date_to_nanoseconds(text), None, "{text}");
        }
    }
}
