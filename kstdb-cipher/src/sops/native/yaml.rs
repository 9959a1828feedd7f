//! YAML, read as events: nesting, aliases and duplicate keys are checked before a tree exists.

use std::collections::{HashMap, HashSet};
use std::str::Chars;

use yaml_rust2::Event;
use yaml_rust2::parser::{Parser, Tag};
use yaml_rust2::scanner::TScalarStyle;

use super::super::refusal::{Malformed, Refusal};
use super::scalar::resolve;
use super::tree::{Budget, Cost, MAX_DEPTH, Map, Node, Scalar, Tree, take};

/// Reads all documents of a file. The metadata is that of the first one.
pub(super) fn parse(text: &str) -> Result<Tree, Refusal> {
    let (text, mut doubt) = match text.strip_prefix('\u{feff}') {
        Some(text) => (text, Some("a byte order mark")),
        None => (text, None),
    };
    if !text.chars().all(is_printable) {
        return Err(Malformed::Syntax.into());
    }
    if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        // Line breaks to YAML 1.1, which sops speaks, and letters to YAML 1.2.
        doubt = Some("line breaks of Unicode");
    }
    let mut reader = Reader {
        parser: Parser::new(text.chars()),
        open: Vec::new(),
        anchors: HashMap::new(),
        budget: Budget::default(),
        documents: Vec::new(),
        doubt,
    };
    reader.read()?;
    let mut metadata = None;
    for (number, document) in reader.documents.iter_mut().enumerate() {
        let found = take(document, "sops");
        if number == 0 {
            metadata = found;
        }
    }
    let Some(Node::Map(metadata)) = metadata else {
        return Err(Refusal::NotEncrypted);
    };
    Ok(Tree {
        documents: reader.documents,
        metadata,
        doubt: reader.doubt,
    })
}

struct Reader<'t> {
    parser: Parser<Chars<'t>>,
    /// The lists and maps that are not closed yet, outermost first.
    open: Vec<Collection>,
    anchors: HashMap<usize, Built>,
    budget: Budget,
    documents: Vec<Map>,
    doubt: Option<&'static str>,
}

/// A finished value, what it costs and how deep it nests.
#[derive(Clone)]
struct Built {
    node: Node,
    cost: Cost,
    height: usize,
}

struct Collection {
    anchor: usize,
    cost: Cost,
    height: usize,
    entries: Entries,
}

enum Entries {
    List(Vec<Node>),
    Map {
        entries: Map,
        names: HashSet<String>,
        /// The key whose value comes next.
        key: Option<String>,
    },
}

impl Reader<'_> {
    fn read(&mut self) -> Result<(), Refusal> {
        loop {
            let (event, _) = self.parser.next_token().map_err(|_| Malformed::Syntax)?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::DocumentStart => self.documents.push(Map::new()),
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::SequenceStart(anchor, _) => self.open(anchor, Entries::List(Vec::new()))?,
                Event::MappingStart(anchor, _) => self.open(
                    anchor,
                    Entries::Map {
                        entries: Map::new(),
                        names: HashSet::new(),
                        key: None,
                    },
                )?,
                Event::SequenceEnd | Event::MappingEnd => self.close()?,
                Event::Scalar(text, style, anchor, tag) => {
                    let cost = Cost::of(&text);
                    self.budget.spend(cost)?;
                    let scalar = self.scalar(text, style, tag.as_ref());
                    let built = Built {
                        node: Node::Scalar(scalar),
                        cost,
                        height: 0,
                    };
                    self.attach(built, anchor)?;
                }
                Event::Alias(anchor) => self.repeat(anchor)?,
            }
        }
    }

    fn open(&mut self, anchor: usize, entries: Entries) -> Result<(), Refusal> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Refusal::TooDeep { limit: MAX_DEPTH });
        }
        let cost = Cost::of("");
        self.budget.spend(cost)?;
        self.open.push(Collection {
            anchor,
            cost,
            height: 0,
            entries,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Refusal> {
        let Some(Collection {
            anchor,
            cost,
            height,
            entries,
        }) = self.open.pop()
        else {
            return Err(Malformed::Syntax.into());
        };
        let node = match entries {
            Entries::List(nodes) => Node::List(nodes),
            Entries::Map { entries, .. } => Node::Map(entries),
        };
        let height = height + 1;
        self.attach(Built { node, cost, height }, anchor)
    }

    /// Repeats a value: sops expands aliases when it encrypts, and so does its MAC.
    fn repeat(&mut self, anchor: usize) -> Result<(), Refusal> {
        let Some(known) = self.anchors.get(&anchor) else {
            // An alias inside the very value that it names.
            return Err(Malformed::Syntax.into());
        };
        if self.open.len() + known.height > MAX_DEPTH {
            return Err(Refusal::TooDeep { limit: MAX_DEPTH });
        }
        self.budget.spend(known.cost)?;
        let built = known.clone();
        self.attach(built, 0)
    }

    /// Puts a finished value where it belongs; anchors count from 1, 0 is none.
    fn attach(&mut self, built: Built, anchor: usize) -> Result<(), Refusal> {
        if anchor > 0 {
            self.budget.spend(built.cost)?;
            self.anchors.insert(anchor, built.clone());
        }
        let Built { node, cost, height } = built;
        let Some(parent) = self.open.last_mut() else {
            return self.finish(node);
        };
        parent.cost.add(cost);
        parent.height = parent.height.max(height);
        match &mut parent.entries {
            Entries::List(nodes) => nodes.push(node),
            Entries::Map {
                entries,
                names,
                key,
            } => match key.take() {
                Some(name) => entries.push((name, node)),
                None => {
                    let Node::Scalar(Scalar::Text(name)) = node else {
                        return Err(Malformed::KeyNotText.into());
                    };
                    if !names.insert(name.clone()) {
                        return Err(Malformed::DuplicateKey.into());
                    }
                    *key = Some(name);
                }
            },
        }
        Ok(())
    }

    /// Ends a document: a map, or nothing at all.
    fn finish(&mut self, root: Node) -> Result<(), Refusal> {
        let document = match root {
            Node::Map(entries) => entries,
            Node::Scalar(Scalar::Null) => return Ok(()),
            Node::List(_) | Node::Scalar(_) => return Err(Malformed::NotAMap.into()),
        };
        if let Some(last) = self.documents.last_mut() {
            *last = document;
        }
        Ok(())
    }

    fn scalar(&mut self, text: String, style: TScalarStyle, tag: Option<&Tag>) -> Scalar {
        if tag.is_some() {
            self.doubt = Some("YAML tags");
        }
        if style == TScalarStyle::Plain && tag.is_none() {
            resolve(&text)
        } else {
            Scalar::Text(text)
        }
    }
}

/// What go-yaml reads at all.
fn is_printable(letter: char) -> bool {
    matches!(letter,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}'
        | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Result<Map, Refusal> {
        let mut tree = parse(&format!("{text}\nsops: {{}}\n"))?;
        Ok(tree.documents.swap_remove(0))
    }

    #[test]
    fn an_alias_repeats_its_anchor_and_merges_nothing() -> Result<(), Refusal> {
        let shared = document("a: &x {n: [1, yes, ~]}\nb: *x\nc: {<<: *x}")?;
        let plain =
            document("a: {n: [1, yes, ~]}\nb: {n: [1, yes, ~]}\nc: {<<: {n: [1, yes, ~]}}")?;
        assert_eq!(shared, plain);
        Ok(())
    }

    #[test]
    fn an_alias_bomb_is_cut_off() {
        let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..32 {
            let below = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        assert!(matches!(
            document(&text),
            Err(Refusal::TooManyValues { .. })
        ));
        let long = "x".repeat(1_000_000);
        let text = format!("a: &a {long}\nb: [{}]", vec!["*a"; 1000].join(", "));
        assert!(matches!(
            document(&text),
            Err(Refusal::TooManyValues { .. })
        ));
    }

    #[test]
    fn nesting_has_a_limit_also_through_aliases() {
        let nested = |depth: usize| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(document(&nested(MAX_DEPTH - 1)).is_ok());
        let too_deep = |text: &str| matches!(document(text), Err(Refusal::TooDeep { .. }));
        assert!(too_deep(&nested(MAX_DEPTH)));
        assert!(too_deep(&"- ".repeat(100_000)));
        let chain = format!(
            "a0: &a0 {}{}\na1: {}*a0{}\n",
            "[".repeat(60),
            "]".repeat(60),
            "[".repeat(60),
            "]".repeat(60)
        );
        assert!(too_deep(&chain));
    }

    #[test]
    fn what_sops_does_not_read_is_refused() {
        for (text, expected) in [
            ("a: &a [*a]", Malformed::Syntax),
            ("a: [", Malformed::Syntax),
            ("a: \u{1}", Malformed::Syntax),
            ("a: b\u{feff}", Malformed::Syntax),
            ("a: 1\na: 2", Malformed::DuplicateKey),
            ("1: a", Malformed::KeyNotText),
            ("true: a", Malformed::KeyNotText),
            ("? [a]\n: b", Malformed::KeyNotText),
        ] {
            let refused = document(text);
            assert!(
                matches!(&refused, Err(Refusal::Malformed { problem }) if *problem == expected),
                "{text:?}: {refused:?}"
            );
        }
        assert!(matches!(parse("- a"), Err(Refusal::Malformed { .. })));
        for text in ["", "a: b", "sops: 5", "a: b\n---\nsops: {}"] {
            assert!(matches!(parse(text), Err(Refusal::NotEncrypted)), "{text}");
        }
    }

    #[test]
    fn what_sops_may_read_otherwise_is_in_doubt() -> Result<(), Refusal> {
        for (text, doubtful) in [
            ("sops: {}", false),
            ("a: !!str 5\nsops: {}", true),
            ("a: '\u{2028}'\nsops: {}", true),
            ("\u{feff}sops: {}", true),
        ] {
            assert_eq!(parse(text)?.doubt.is_some(), doubtful, "{text:?}");
        }
        Ok(())
    }

    #[test]
    fn documents_stay_apart_and_lose_their_metadata() -> Result<(), Refusal> {
        let tree = parse("a: 1\nsops: {x: y}\n---\n---\nb: 2\nsops: {}\n")?;
        let names: Vec<Vec<_>> = tree
            .documents
            .iter()
            .map(|document| document.iter().map(|(name, _)| name.as_str()).collect())
            .collect();
        assert_eq!(names, [vec!["a"], vec![], vec!["b"]]);
        assert_eq!(tree.metadata.len(), 1);
        Ok(())
    }
}
