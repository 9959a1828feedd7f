//! The name of one value in a document: `prod.db_key` or `["prod"]["db.key"]`.

/// Names one value. A dotted name has a second reading: one key with dots in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyPath {
    /// The keys from the top of the document down.
    pub(super) segments: Vec<String>,
    /// The whole name as one key of the top level, if it differs from `segments`.
    pub(super) literal: Option<String>,
}

/// Says what is wrong with the name of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyPathProblem {
    /// It has no characters: the whole document is not a key.
    #[error("is empty")]
    Empty,
    /// There is nothing before, between or after dots.
    #[error("has an empty part")]
    EmptyPart,
    /// It starts with `[` and is not of the form `["a"]["b"]`.
    #[error("is not of the form [\"a\"][\"b\"]")]
    Brackets,
}

impl KeyPath {
    /// Reads a name. There are no escapes: a key that contains `"]` cannot be named.
    pub(super) fn parse(text: &str) -> Result<Self, KeyPathProblem> {
        if text.is_empty() {
            return Err(KeyPathProblem::Empty);
        }
        if text.starts_with('[') {
            return Ok(Self {
                segments: parse_brackets(text)?,
                literal: None,
            });
        }
        let segments: Vec<_> = text.split('.').map(str::to_owned).collect();
        if segments.iter().any(String::is_empty) {
            return Err(KeyPathProblem::EmptyPart);
        }
        let literal = (segments.len() > 1).then(|| text.to_owned());
        Ok(Self { segments, literal })
    }
}

fn parse_brackets(text: &str) -> Result<Vec<String>, KeyPathProblem> {
    let mut segments = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (segment, after) = rest
            .strip_prefix("[\"")
            .and_then(|rest| rest.split_once("\"]"))
            .ok_or(KeyPathProblem::Brackets)?;
        if segment.is_empty() {
            return Err(KeyPathProblem::EmptyPart);
        }
        segments.push(segment.to_owned());
        rest = after;
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(segments: &[&str], literal: Option<&str>) -> Result<KeyPath, KeyPathProblem> {
        Ok(KeyPath {
            segments: segments.iter().map(|&segment| segment.to_owned()).collect(),
            literal: literal.map(str::to_owned),
        })
    }

    #[test]
    fn names_are_read_as_written() {
        for (text, expected) in [
            ("db_key", path(&["db_key"], None)),
            (
                "prod.db_key",
                path(&["prod", "db_key"], Some("prod.db_key")),
            ),
            ("a b", path(&["a b"], None)),
            ("[\"a.b\"]", path(&["a.b"], None)),
            ("[\"a.b\"][\"c]\"]", path(&["a.b", "c]"], None)),
            ("", Err(KeyPathProblem::Empty)),
            (".", Err(KeyPathProblem::EmptyPart)),
            ("a.", Err(KeyPathProblem::EmptyPart)),
            (".a", Err(KeyPathProblem::EmptyPart)),
            ("a..b", Err(KeyPathProblem::EmptyPart)),
            ("[\"\"]", Err(KeyPathProblem::EmptyPart)),
            ("[0]", Err(KeyPathProblem::Brackets)),
            ("[\"a\"", Err(KeyPathProblem::Brackets)),
            ("[\"a\"].b", Err(KeyPathProblem::Brackets)),
            ("[", Err(KeyPathProblem::Brackets)),
        ] {
            assert_eq!(KeyPath::parse(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_name_or_a_typed_error(text in r#"[\[\]".a]{0,12}"#) {
            if let Ok(path) = KeyPath::parse(&text) {
                prop_assert!(!path.segments.is_empty());
                prop_assert!(path.segments.iter().all(|segment| !segment.is_empty()));
            }
        }
    }
}
