//! The version of sops that a file says it was written by: sops refuses what is none.

/// Says whether sops takes the text for a version: `X.Y.Z` of [semver](https://semver.org), with a
/// `v` before it or not; anything that begins as the first versions did.
pub(super) fn is_version(text: &str) -> bool {
    if text.starts_with("1.") {
        return true;
    }
    let text = text.strip_prefix('v').unwrap_or(text);
    let (text, build) = split(text, '+');
    let (numbers, release) = split(text, '-');
    let is_word = |part: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !part.is_empty() && part.bytes().all(is_letter)
    };
    let is_release = |part: &str| {
        let is_digits = part.bytes().all(|byte| byte.is_ascii_digit());
        is_word(part) && (!is_digits || is_number(part))
    };
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && release.is_none_or(|release| release.split('.').all(is_release))
        && build.is_none_or(|build| build.split('.').all(is_word))
}

/// What stands before the first `mark`, and what stands behind it.
fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark)
        .map_or((text, None), |(before, behind)| (before, Some(behind)))
}

/// Digits without a zero before them, and no more than 64 bits.
fn is_number(text: &str) -> bool {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && (text == "0" || !text.starts_with('0')) && text.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_that_sops_takes() {
        for (text, expected) in [
            // Each was given to sops 3.11.
            ("3.11.0", true),
            ("v3.11.0", true),
            ("3.11.0-rc1", true),
            ("3.11.0-0a", true),
            ("3.11.0-a+b", true),
            ("3.11.0+b-c", true),
            ("3.11.0+01", true),
            ("1.x", true),
            ("1.", true),
            ("1.02", true),
            ("18446744073709551615.0.0", true),
            ("18446744073709551616.0.0", false),
            ("3.11", false),
            ("3", false),
            ("1", false),
            ("", false),
            ("03.11.0", false),
            ("3.011.0", false),
            ("3.11.0-01", false),
            ("3.11.0-", false),
            ("3.11.0+", false),
            ("3.11.0.1", false),
            (" 3.11.0", false),
            ("3.11.0-a..b", false),
            ("3.11.0-a_b", false),
            ("3.11.0-\u{e9}", false),
        ] {
            assert_eq!(is_version(text), expected, "{text:?}");
        }
    }
}
