//! Dotenv: `KEY=value` lines, the metadata in keys that begin with `sops_`.

use super::super::refusal::{Malformed, Refusal};
use super::flatten::unflatten;
use super::map_builder::MapBuilder;
use super::tree::Tree;

const METADATA_PREFIX: &str = "sops_";

/// Reads a file. As in sops, nothing is trimmed or unquoted, and `\n` in a value is a line break.
pub(super) fn parse(text: &str) -> Result<Tree, Refusal> {
    let mut values = MapBuilder::default();
    let mut metadata = MapBuilder::default();
    for line in text.split('\n') {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once('=').ok_or(Malformed::Syntax)?;
        let value = value.replace("\\n", "\n");
        match name.strip_prefix(METADATA_PREFIX) {
            Some(name) => metadata.text(name, value)?,
            None => values.text(name, value)?,
        }
    }
    let metadata = metadata.finish();
    if metadata.is_empty() {
        return Err(Refusal::NotEncrypted);
    }
    Ok(Tree {
        documents: vec![values.finish()],
        metadata: unflatten(metadata)?,
        doubt: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Node, get};
    use super::*;

    #[test]
    fn values_are_taken_as_they_stand() -> Result<(), Refusal> {
        let tree = parse("# no\nA=b=c\n\nfoo =\" x \"\nN=a\\nb\r\nsops_version=3.11.0\n")?;
        let value = |name| get(&tree.documents[0], name).and_then(Node::as_text);
        assert_eq!(value("A"), Some("b=c"));
        assert_eq!(value("foo "), Some("\" x \""));
        assert_eq!(value("N"), Some("a\nb\r"));
        assert_eq!(tree.documents[0].len(), 3);
        assert_eq!(
            get(&tree.metadata, "version").and_then(Node::as_text),
            Some("3.11.0")
        );
        Ok(())
    }

    #[test]
    fn what_is_no_sops_file_is_refused() {
        assert!(matches!(parse("A=b\n"), Err(Refusal::NotEncrypted)));
        for (text, expected) in [
            ("A\nsops_a=b", Malformed::Syntax),
            ("A=1\nA=2\nsops_a=b", Malformed::DuplicateKey),
            ("sops_a=1\nsops_a=2", Malformed::DuplicateKey),
        ] {
            assert!(
                matches!(parse(text), Err(Refusal::Malformed { problem }) if problem == expected),
                "{text}"
            );
        }
    }
}
