//! Which values of a file are encrypted.

use regex::{Regex, RegexBuilder};

use super::go_regex::to_rust;

/// Bytes that a compiled expression of a file may take.
const REGEX_BYTES: usize = 1 << 20;

/// Says by the names on the way to a value whether it is encrypted.
///
/// A list has no name, and one name that matches decides for everything below it.
#[derive(Debug)]
pub(super) enum Rule {
    UnencryptedSuffix(String),
    EncryptedSuffix(String),
    UnencryptedRegex(Regex),
    EncryptedRegex(Regex),
}

impl Rule {
    /// Says whether one name matches.
    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::UnencryptedSuffix(suffix) | Self::EncryptedSuffix(suffix) => {
                name.ends_with(suffix.as_str())
            }
            Self::UnencryptedRegex(regex) | Self::EncryptedRegex(regex) => regex.is_match(name),
        }
    }

    /// Says whether a value is encrypted when some name on its way matches, or none.
    pub(super) fn encrypts(&self, matched: bool) -> bool {
        match self {
            Self::UnencryptedSuffix(_) | Self::UnencryptedRegex(_) => !matched,
            Self::EncryptedSuffix(_) | Self::EncryptedRegex(_) => matched,
        }
    }
}

/// Compiles an expression in Go's syntax; `None` if it could mean something else here.
pub(super) fn compile(expression: &str) -> Option<Regex> {
    RegexBuilder::new(&to_rust(expression)?)
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(REGEX_BYTES)
        .build()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_and_expressions_match_names() -> Result<(), &'static str> {
        let suffix = Rule::UnencryptedSuffix("_unencrypted".to_owned());
        assert!(suffix.matches("a_unencrypted") && !suffix.matches("_unencrypted_a"));
        assert!(suffix.encrypts(false) && !suffix.encrypts(true));
        let regex = compile("^(data|stringData)$").ok_or("not compiled")?;
        let regex = Rule::EncryptedRegex(regex);
        assert!(regex.matches("data") && !regex.matches("metadata"));
        assert!(regex.encrypts(true) && !regex.encrypts(false));
        Ok(())
    }

    #[test]
    fn a_class_knows_ascii_only_as_in_go() -> Result<(), &'static str> {
        let regex = compile(r"^\w+$").ok_or("not compiled")?;
        assert!(regex.is_match("key") && !regex.is_match("cl\u{e9}"));
        let regex = compile(r"\bx\b").ok_or("not compiled")?;
        assert!(regex.is_match("\u{e9}x"));
        Ok(())
    }

    #[test]
    fn expressions_that_are_too_large_or_unknown_are_not_compiled() {
        for expression in ["(", "\\Qa\\E", "(?:a{1000}){1000}", "a{100000}"] {
            assert!(compile(expression).is_none(), "{expression}");
        }
    }
}
