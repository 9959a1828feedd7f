//! INI, by the rules of go-ini, which sops reads with; the metadata is the section `sops`.

use std::collections::HashMap;

use super::super::refusal::{Malformed, Refusal};
use super::flatten::unflatten;
use super::map_builder::MapBuilder;
use super::tree::{Map, Node, Scalar, Tree, take};

/// The section of the keys that stand before any section.
const DEFAULT_SECTION: &str = "DEFAULT";

/// Reads a file. Its top level has sections only; values are text.
pub(super) fn parse(text: &str) -> Result<Tree, Refusal> {
    let (text, doubt) = match text.strip_prefix('\u{feff}') {
        Some(text) => (text, Some("a byte order mark")),
        None => (text, None),
    };
    let mut reader = Reader {
        rest: text,
        doubt,
        sections: Vec::new(),
        numbers: HashMap::new(),
        current: 0,
    };
    reader.open(DEFAULT_SECTION);
    reader.read()?;
    let mut document = MapBuilder::default();
    for (name, section) in reader.sections {
        document.node(&name, Node::Map(section.finish()))?;
    }
    let mut document = document.finish();
    let Some(Node::Map(metadata)) = take(&mut document, "sops") else {
        return Err(Refusal::NotEncrypted);
    };
    Ok(Tree {
        documents: vec![document],
        metadata: unflatten(with_line_breaks(metadata))?,
        doubt: reader.doubt,
    })
}

/// In the metadata `\n` stands for a line break.
fn with_line_breaks(metadata: Map) -> Map {
    let unescape = |node| match node {
        Node::Scalar(Scalar::Text(text)) => Node::Scalar(Scalar::Text(text.replace("\\n", "\n"))),
        other => other,
    };
    let entries = metadata.into_iter();
    entries.map(|(name, node)| (name, unescape(node))).collect()
}

struct Reader<'t> {
    rest: &'t str,
    doubt: Option<&'static str>,
    sections: Vec<(String, MapBuilder)>,
    /// Where a section stands in `sections`.
    numbers: HashMap<String, usize>,
    /// The section that is open, in `sections`.
    current: usize,
}

impl<'t> Reader<'t> {
    fn read(&mut self) -> Result<(), Refusal> {
        while let Some(line) = self.line() {
            let line = line.trim_start();
            match line.as_bytes() {
                [] | [b'#' | b';', ..] => {}
                [b'[', ..] => {
                    let (name, _) = line[1..].rsplit_once(']').ok_or(Malformed::Syntax)?;
                    if name.is_empty() {
                        return Err(Malformed::Syntax.into());
                    }
                    self.open(name);
                }
                _ => {
                    let (name, value) = split(line)?;
                    if name.is_empty() {
                        return Err(Malformed::Syntax.into());
                    }
                    if name == "-" {
                        self.doubt = Some("numbered INI keys");
                    }
                    let value = self.value(value)?;
                    self.sections[self.current].1.text(name, value)?;
                }
            }
        }
        Ok(())
    }

    /// The next line, with its line break.
    fn line(&mut self) -> Option<&'t str> {
        let end = self.rest.find('\n').map_or(self.rest.len(), |end| end + 1);
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!line.is_empty()).then_some(line)
    }

    /// Opens a section: a new one, or one more part of one that is there.
    fn open(&mut self, name: &str) {
        let known = self.numbers.get(name).copied();
        self.current = known.unwrap_or_else(|| {
            self.sections.push((name.to_owned(), MapBuilder::default()));
            self.numbers
                .insert(name.to_owned(), self.sections.len() - 1);
            self.sections.len() - 1
        });
    }

    /// The value behind the delimiter; it can go on for lines.
    fn value(&mut self, raw: &'t str) -> Result<String, Refusal> {
        let raw = raw.trim_start();
        for quote in ["\"\"\"", "`"] {
            // go-ini counts the line break in: three quotes and nothing else open a value.
            let opens = raw.starts_with(quote) && raw.len() > quote.len();
            if opens || (raw == quote && quote == "`") {
                return self.quoted(&raw[quote.len()..], quote);
            }
        }
        let mut value = raw.trim();
        if value.ends_with('\\') {
            self.doubt = Some("INI lines that continue");
        }
        if let Some(comment) = value.find(['#', ';']) {
            value = value[..comment].trim();
        }
        for quote in ['\'', '"'] {
            let inner = value
                .strip_prefix(quote)
                .and_then(|value| value.strip_suffix(quote));
            if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
                return Ok(inner.to_owned());
            }
        }
        Ok(value.to_owned())
    }

    /// A value up to its closing quotes, which may be lines away.
    fn quoted(&mut self, first: &'t str, quote: &str) -> Result<String, Refusal> {
        if let Some((value, _)) = first.rsplit_once(quote) {
            return Ok(value.to_owned());
        }
        let mut value = first.to_owned();
        loop {
            let line = self.line().ok_or(Malformed::Syntax)?;
            match line.rsplit_once(quote) {
                Some((end, _)) => {
                    value.push_str(end);
                    return Ok(value);
                }
                None => value.push_str(line),
            }
        }
    }
}

/// Splits a line at its delimiter. A name with delimiters in it stands in quotes.
fn split(line: &str) -> Result<(&str, &str), Refusal> {
    let quote = match line.as_bytes() {
        [b'"', b'"', b'"', _, _, _, _, ..] => Some("\"\"\""),
        [b'"', ..] => Some("\""),
        [b'`', ..] => Some("`"),
        _ => None,
    };
    let (name, rest) = match quote {
        Some(quote) => line[quote.len()..]
            .split_once(quote)
            .and_then(|(name, rest)| Some((name, rest.split_once(['=', ':'])?.1))),
        None => line.split_once(['=', ':']),
    }
    .ok_or(Malformed::Syntax)?;
    Ok((name.trim(), rest))
}

#[cfg(test)]
mod tests {
    use super::super::tree::get;
    use super::*;

    fn section(text: &str, name: &str) -> Result<Map, Refusal> {
        let mut tree = parse(&format!("{text}\n[sops]\nversion=3\n"))?;
        match take(&mut tree.documents[0], name) {
            Some(Node::Map(map)) => Ok(map),
            _ => Err(Refusal::NotEncrypted),
        }
    }

    #[test]
    fn values_are_read_as_go_ini_reads_them() -> Result<(), Refusal> {
        for (line, expected) in [
            ("a=b", "b"),
            ("a = b ", "b"),
            ("a: b", "b"),
            ("a=", ""),
            ("a = b ; no", "b"),
            ("a = b#no", "b"),
            ("a = `b # c`", "b # c"),
            ("a = \" b \"", " b "),
            ("a = 'b'", "b"),
            ("a = 'b\"", "'b\""),
            ("a = \"b\"c\"", "\"b\"c\""),
            ("a = \"\"\"b\nc\"\"\"", "b\nc"),
            ("a = \"\"\"b\"\"\"", "b"),
            ("a = `b\nc`", "b\nc"),
            ("  a = b=c", "b=c"),
            ("`a` = b", "b"),
            ("\"a\" = b", "b"),
            ("a = x\r", "x"),
        ] {
            let section = section(&format!("[s]\n{line}\n"), "s")?;
            let value = get(&section, "a").and_then(Node::as_text);
            assert_eq!(value, Some(expected), "{line:?}");
        }
        let quoted = section("[s]\n`a=b:c` = d", "s")?;
        assert_eq!(get(&quoted, "a=b:c").and_then(Node::as_text), Some("d"));
        Ok(())
    }

    #[test]
    fn keys_before_any_section_are_in_the_default_section() -> Result<(), Refusal> {
        let default = section("a = b\n# c\n; d\n\n[e]\n", DEFAULT_SECTION)?;
        assert_eq!(default.len(), 1);
        assert_eq!(section("a = b\n[e]", "e")?, []);
        let parts = section("a = b\n[e]\n[DEFAULT]\nc = d\n", DEFAULT_SECTION)?;
        assert_eq!(parts.len(), 2);
        Ok(())
    }

    #[test]
    fn metadata_has_line_breaks_in_both_spellings() -> Result<(), Refusal> {
        for text in ["[sops]\nenc=a\\nb\n", "[sops]\nenc=\"\"\"a\nb\"\"\"\n"] {
            let tree = parse(text)?;
            assert_eq!(
                get(&tree.metadata, "enc").and_then(Node::as_text),
                Some("a\nb")
            );
        }
        Ok(())
    }

    #[test]
    fn what_go_ini_refuses_is_refused_and_the_odd_is_in_doubt() {
        for text in ["[s", "[]", "a", "=b", "`a = b", "a = `b", "a = \"\"\"b"] {
            assert!(
                matches!(parse(text), Err(Refusal::Malformed { .. })),
                "{text:?}"
            );
        }
        assert!(matches!(parse("[s]\na = b"), Err(Refusal::NotEncrypted)));
        for text in ["a = b \\\n c = d\n", "- = b\n", "\u{feff}a = b\n"] {
            let tree = parse(&format!("{text}[sops]\nversion=3\n"));
            assert!(tree.is_ok_and(|tree| tree.doubt.is_some()), "{text:?}");
        }
    }
}
