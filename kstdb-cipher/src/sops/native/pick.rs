//! Finds the wanted value in a tree and keeps it, and nothing else, when it is decrypted.

use secrecy::SecretString;

use super::super::JsonKind;
use super::super::key_path::KeyPath;
use super::Stop;
use super::tree::{Map, Node, Scalar, get};
use super::walk::{Plain, Sink};

/// What stands under a name.
#[derive(Debug)]
pub(super) enum Found<'t> {
    Scalar(&'t Scalar),
    Map,
    List,
    Absent,
    /// The name fits two values.
    Ambiguous,
}

/// Looks a name up in both of its readings.
pub(super) fn find<'t>(document: &'t Map, path: &KeyPath) -> Found<'t> {
    let nested = follow(document, &path.segments);
    let literal = match &path.literal {
        Some(name) => follow(document, std::slice::from_ref(name)),
        None => Found::Absent,
    };
    match (nested, literal) {
        (found, Found::Absent) | (Found::Absent, found) => found,
        _ => Found::Ambiguous,
    }
}

fn follow<'t>(mut map: &'t Map, segments: &[String]) -> Found<'t> {
    let Some((last, way)) = segments.split_last() else {
        return Found::Map;
    };
    for name in way {
        match get(map, name) {
            Some(Node::Map(inner)) => map = inner,
            _ => return Found::Absent,
        }
    }
    match get(map, last) {
        None => Found::Absent,
        Some(Node::Map(_)) => Found::Map,
        Some(Node::List(_)) => Found::List,
        Some(Node::Scalar(scalar)) => Found::Scalar(scalar),
    }
}

/// Why a value that was found is not a key.
#[derive(Debug)]
pub(super) enum Unfit {
    Empty,
    NotEncrypted,
    NotUtf8,
    Other(JsonKind),
}

/// Keeps the value that stands at one place.
pub(super) struct Keep<'t> {
    place: &'t Scalar,
    kept: Option<Result<SecretString, Unfit>>,
}

impl<'t> Keep<'t> {
    pub(super) fn new(place: &'t Scalar) -> Self {
        Self { place, kept: None }
    }

    /// Gives what was kept; the walk has passed every place of the first document.
    pub(super) fn into_kept(self) -> Result<SecretString, Unfit> {
        self.kept.unwrap_or(Err(Unfit::Empty))
    }
}

impl Sink for Keep<'_> {
    fn value(&mut self, at: &Scalar, plain: Plain<'_>, encrypted: bool) -> Result<(), Stop> {
        if std::ptr::eq(at, self.place) {
            self.kept = Some(fit(plain, encrypted));
        }
        Ok(())
    }
}

fn fit(plain: Plain<'_>, encrypted: bool) -> Result<SecretString, Unfit> {
    let kind = match plain {
        Plain::Text(b"") => return Err(Unfit::Empty),
        Plain::Text(bytes) if encrypted => {
            let text = std::str::from_utf8(bytes).map_err(|_| Unfit::NotUtf8)?;
            return Ok(SecretString::from(text));
        }
        Plain::Text(_) => return Err(Unfit::NotEncrypted),
        Plain::Null => JsonKind::Null,
        Plain::Bool(_) => JsonKind::Boolean,
        Plain::Int(_) | Plain::Float(_) => JsonKind::Number,
        Plain::Time(_) => JsonKind::Time,
    };
    Err(Unfit::Other(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_no_key() {
        assert!(matches!(
            fit(Plain::Text(b"\xff"), true),
            Err(Unfit::NotUtf8)
        ));
    }
}
