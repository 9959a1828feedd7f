//! YAML, read as events: nesting, aliases and duplicate keys are checked before a tree exists.

use std::str::Chars;

use config::{Map, Value, ValueKind};
use yaml_rust2::parser::{Parser, Tag};
use yaml_rust2::scanner::{Marker, TScalarStyle};
use yaml_rust2::{Event, Yaml};

use super::{Fault, FileFormat, MAX_DEPTH};
use crate::error::{FileProblem, Position};

/// Bytes of values that anchors and aliases may copy: a bomb is cut off, a template is not.
const COPY_BUDGET_BYTES: usize = 16 * 1024 * 1024;

/// What a value costs beside its text, in bytes.
const VALUE_BYTES: usize = 64;

/// The names at the top that are read: below them nothing may stand twice.
const READ: [&str; 2] = ["db", "include"];

/// The key whose value is merged into the table around it.
const MERGE: &str = "<<";

/// The handle that `!!` stands for.
const CORE_SCHEMA: &str = "tag:yaml.org,2002:";

/// Reads one YAML document; no document at all is `Nil`.
pub(super) fn parse(text: &str) -> Result<Value, Fault> {
    Reader {
        parser: Parser::new(text.chars()),
        open: Vec::new(),
        anchors: Map::new(),
        budget: COPY_BUDGET_BYTES,
        root: Value::new(None, ValueKind::Nil),
    }
    .read()
}

struct Reader<'t> {
    parser: Parser<Chars<'t>>,
    /// The lists and tables that are not closed yet, outermost first.
    open: Vec<Collection>,
    anchors: Map<usize, Node>,
    budget: usize,
    root: Value,
}

/// A finished value, how much it weighs in bytes and how deep it nests.
#[derive(Clone)]
struct Node {
    value: Value,
    weight: usize,
    height: usize,
}

struct Collection {
    anchor: usize,
    weight: usize,
    height: usize,
    entries: Entries,
}

enum Entries {
    List(Vec<Value>),
    /// With the key whose value comes next.
    Table(Map<String, Value>, Option<String>),
}

impl Reader<'_> {
    fn read(mut self) -> Result<Value, Fault> {
        let mut documents = 0;
        loop {
            let (event, mark) = self.parser.next_token().map_err(|error| {
                let position = position(error.marker());
                FileFormat::Yaml.syntax(Some(position))
            })?;
            match event {
                Event::StreamEnd => return Ok(self.root),
                Event::DocumentStart => {
                    documents += 1;
                    if documents > 1 {
                        return Err(fault(&mark, FileProblem::SeveralDocuments));
                    }
                }
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::SequenceStart(anchor, _) => {
                    self.open(anchor, Entries::List(Vec::new()), &mark)?;
                }
                Event::MappingStart(anchor, _) => {
                    self.open(anchor, Entries::Table(Map::new(), None), &mark)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(&mark)?,
                Event::Scalar(text, style, anchor, tag) => {
                    let weight = VALUE_BYTES + text.len();
                    let value = scalar(text, style, tag.as_ref());
                    self.attach(
                        Node {
                            value,
                            weight,
                            height: 0,
                        },
                        anchor,
                        &mark,
                    )?;
                }
                Event::Alias(anchor) => self.repeat(anchor, &mark)?,
            }
        }
    }

    fn open(&mut self, anchor: usize, entries: Entries, mark: &Marker) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(fault(mark, FileProblem::TooDeep));
        }
        self.open.push(Collection {
            anchor,
            weight: VALUE_BYTES,
            height: 0,
            entries,
        });
        Ok(())
    }

    fn close(&mut self, mark: &Marker) -> Result<(), Fault> {
        let Some(Collection {
            anchor,
            weight,
            height,
            entries,
        }) = self.open.pop()
        else {
            return Err(FileFormat::Yaml.syntax(Some(position(mark))));
        };
        let kind = match entries {
            Entries::List(values) => ValueKind::Array(values),
            Entries::Table(table, _) => match merged(table) {
                Some(table) => ValueKind::Table(table),
                None => return Err(FileFormat::Yaml.syntax(Some(position(mark)))),
            },
        };
        let node = Node {
            value: Value::new(None, kind),
            weight,
            height: height + 1,
        };
        self.attach(node, anchor, mark)
    }

    fn repeat(&mut self, anchor: usize, mark: &Marker) -> Result<(), Fault> {
        let Some(known) = self.anchors.get(&anchor) else {
            // An alias inside the very value that it names.
            return Err(FileFormat::Yaml.syntax(Some(position(mark))));
        };
        if self.open.len() + known.height > MAX_DEPTH {
            return Err(fault(mark, FileProblem::TooDeep));
        }
        spend(&mut self.budget, known.weight, mark)?;
        let node = known.clone();
        self.attach(node, 0, mark)
    }

    /// Tells whether what is being read can become a setting: it is below one of the names that are
    /// read, or has a name by which it can be repeated there.
    fn is_strict(&self) -> bool {
        let below = match self.open.first() {
            Some(Collection {
                entries: Entries::Table(_, Some(name)),
                ..
            }) => READ.contains(&name.as_str()),
            _ => false,
        };
        below || self.open.iter().any(|collection| collection.anchor > 0)
    }

    /// Puts a finished value where it belongs; anchors count from 1, 0 is none.
    fn attach(&mut self, node: Node, anchor: usize, mark: &Marker) -> Result<(), Fault> {
        if anchor > 0 {
            spend(&mut self.budget, node.weight, mark)?;
            self.anchors.insert(anchor, node.clone());
        }
        let strict = self.is_strict();
        let at_top = self.open.len() == 1;
        let Some(parent) = self.open.last_mut() else {
            self.root = node.value;
            return Ok(());
        };
        parent.weight = parent.weight.saturating_add(node.weight);
        parent.height = parent.height.max(node.height);
        match &mut parent.entries {
            Entries::List(values) => values.push(node.value),
            Entries::Table(table, key @ None) => {
                let name = key_text(node.value, mark);
                // As kstlib reads it, the last one counts where nothing is a setting.
                let strict = if at_top {
                    READ.contains(&&*name)
                } else {
                    strict
                };
                if strict && table.contains_key(&name) {
                    let Position { line, column } = position(mark);
                    return Err(Fault::duplicate(line, column, &name));
                }
                *key = Some(name);
            }
            Entries::Table(table, key) => {
                table.insert(key.take().unwrap_or_default(), node.value);
            }
        }
        Ok(())
    }
}

/// A table with the tables of its [merge key](https://yaml.org/type/merge.html): what stands in it
/// wins, then the first of several. `None` if there is something else than tables.
fn merged(mut table: Map<String, Value>) -> Option<Map<String, Value>> {
    let Some(merge) = table.remove(MERGE) else {
        return Some(table);
    };
    let sources = match merge.kind {
        ValueKind::Array(sources) => sources,
        source => vec![Value::new(None, source)],
    };
    for source in sources {
        let ValueKind::Table(source) = source.kind else {
            return None;
        };
        for (name, value) in source {
            table.entry(name).or_insert(value);
        }
    }
    Some(table)
}

fn spend(budget: &mut usize, weight: usize, mark: &Marker) -> Result<(), Fault> {
    *budget = budget
        .checked_sub(weight)
        .ok_or_else(|| fault(mark, FileProblem::TooManyAliases))?;
    Ok(())
}

/// The value of a scalar by YAML's core schema: quoted is text, a foreign tag makes text.
fn scalar(text: String, style: TScalarStyle, tag: Option<&Tag>) -> Value {
    let foreign = tag.is_some_and(|tag| tag.handle != CORE_SCHEMA || tag.suffix == "str");
    if style != TScalarStyle::Plain || foreign {
        return Value::new(None, ValueKind::String(text));
    }
    let plain = Yaml::from_str(&text);
    let kind = match plain {
        Yaml::Null => ValueKind::Nil,
        Yaml::Boolean(flag) => ValueKind::Boolean(flag),
        Yaml::Integer(number) => ValueKind::I64(number),
        Yaml::Real(_) => match plain.as_f64() {
            Some(number) => ValueKind::Float(number),
            None => ValueKind::String(text),
        },
        _ => ValueKind::String(text),
    };
    Value::new(None, kind)
}

/// A key as text. A list or table as key is legal YAML and no setting: it only stays distinct.
fn key_text(key: Value, mark: &Marker) -> String {
    match key.kind {
        ValueKind::String(text) => text,
        ValueKind::Boolean(flag) => flag.to_string(),
        ValueKind::I64(number) => number.to_string(),
        ValueKind::Float(number) => number.to_string(),
        ValueKind::Nil => "null".to_owned(),
        _ => format!("? {}", mark.index()),
    }
}

fn fault(mark: &Marker, problem: FileProblem) -> Fault {
    Fault {
        position: Some(position(mark)),
        problem,
    }
}

/// The scanner counts lines from 1 and columns from 0.
fn position(mark: &Marker) -> Position {
    Position {
        line: mark.line(),
        column: mark.col() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<FileProblem> {
        parse(text).err().map(|fault| fault.problem)
    }

    #[test]
    fn an_alias_repeats_its_anchor() -> Result<(), Fault> {
        let shared = parse("a: &x {n: [1, 2.5, yes, ~, true, '3']}\nb: *x\n")?;
        let plain =
            parse("a: {n: [1, 2.5, yes, ~, true, '3']}\nb: {n: [1, 2.5, yes, ~, true, '3']}")?;
        assert_eq!(shared, plain);
        Ok(())
    }

    #[test]
    fn a_merge_key_brings_what_is_not_there() -> Result<(), Fault> {
        let shared = parse(
            "a: &a {n: 1, m: 1}\nb: &b {m: 2, k: 2}\none: {n: 3, <<: *a}\ntwo: {<<: [*b, *a]}\n",
        )?;
        let plain = parse(
            "a: {n: 1, m: 1}\nb: {m: 2, k: 2}\none: {n: 3, m: 1}\ntwo: {m: 2, k: 2, n: 1}\n",
        )?;
        assert_eq!(shared, plain);
        for wrong in ["a: {<<: 1}", "a: {<<: [1]}", "a: {<<: }"] {
            let syntax = FileProblem::Syntax { format: "YAML" };
            assert_eq!(problem(wrong), Some(syntax), "{wrong}");
        }
        Ok(())
    }

    #[test]
    fn a_key_stands_twice_only_where_nothing_is_a_setting() -> Result<(), Fault> {
        let last = parse("log: {level: 1, level: 2}\nlog: {level: 3, level: 4}\n")?;
        assert_eq!(last, parse("log: {level: 4}")?);
        for twice in [
            "db: {a: 1}\ndb: {a: 1}",
            "db: {pool: {a: 1, a: 2}}",
            "include: a.yml\ninclude: b.yml",
            "x: &x {a: 1, a: 2}\ndb: *x",
            "x: &x {y: {a: 1, a: 2}}\ndb: {<<: *x}",
        ] {
            let duplicate = matches!(problem(twice), Some(FileProblem::DuplicateKey { .. }));
            assert!(duplicate, "{twice}");
        }
        Ok(())
    }

    #[test]
    fn an_alias_bomb_is_cut_off() {
        let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..32 {
            let below = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        assert_eq!(problem(&text), Some(FileProblem::TooManyAliases));
    }

    #[test]
    fn nesting_has_a_limit_also_through_aliases() {
        let nested = |depth: usize| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(problem(&nested(MAX_DEPTH - 1)), None);
        assert_eq!(problem(&nested(MAX_DEPTH)), Some(FileProblem::TooDeep));
        assert_eq!(problem(&"- ".repeat(100_000)), Some(FileProblem::TooDeep));

        let mut chain = format!("a0: &a0 {}{}\n", "[".repeat(40), "]".repeat(40));
        chain.push_str(&format!("a1: {}*a0{}\n", "[".repeat(40), "]".repeat(40)));
        assert_eq!(problem(&chain), Some(FileProblem::TooDeep));
    }

    #[test]
    fn an_alias_inside_its_own_anchor_is_refused() {
        assert_eq!(
            problem("a: &a [*a]"),
            Some(FileProblem::Syntax { format: "YAML" })
        );
    }

    #[test]
    fn a_tag_decides_what_a_scalar_is() -> Result<(), Fault> {
        assert_eq!(parse("!!str 5")?.kind, ValueKind::String("5".into()));
        assert_eq!(parse("!!int 5")?.kind, ValueKind::I64(5));
        assert_eq!(parse("!own 5")?.kind, ValueKind::String("5".into()));
        Ok(())
    }

    #[test]
    fn a_fault_names_line_and_column() {
        let fault = parse("db:\n  pool: 1\n  pool: 2\n").err();
        assert_eq!(fault, Some(Fault::duplicate(3, 3, "pool")));
    }
}
