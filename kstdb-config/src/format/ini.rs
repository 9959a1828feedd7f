//! INI as Python's `configparser` reads it: text only, one line at a time.
//!
//! `[db.pool]` opens the table `pool` inside `db`; keys before the first section are top-level.
//! `key = value` and `key: value` are the same, keys are lower-cased, a line that starts with `;`
//! or `#` is a comment, an indented line continues the value above it. Quotes, `\` and `%` mean
//! themselves.

use std::collections::HashSet;

use config::{Map, Value, ValueKind};

use super::{Fault, FileFormat, MAX_DEPTH};
use crate::error::{FileProblem, Position};

/// Reads one INI text.
pub(super) fn parse(text: &str) -> Result<Value, Fault> {
    let mut sections = vec![Section::default()];
    let mut names = HashSet::new();
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        let content = line.trim();
        let syntax = || {
            FileFormat::Ini.syntax(Some(Position {
                line: line_number,
                column: 1,
            }))
        };
        if content.is_empty() || content.starts_with([';', '#']) {
            continue;
        }
        let Some(section) = sections.last_mut() else {
            break;
        };
        if line.starts_with([' ', '\t'])
            && let Some(entry) = section.entries.last_mut()
        {
            entry.value.push('\n');
            entry.value.push_str(content);
        } else if let Some(rest) = content.strip_prefix('[') {
            let name = rest.strip_suffix(']').ok_or_else(syntax)?.trim();
            if !names.insert(name) {
                return Err(Fault::duplicate(line_number, 1, name));
            }
            sections.push(Section {
                name: name.to_owned(),
                line_number,
                entries: Vec::new(),
            });
        } else {
            let (key, value) = content.split_once(['=', ':']).ok_or_else(syntax)?;
            let key = key.trim().to_ascii_lowercase();
            if key.is_empty() {
                return Err(syntax());
            }
            section.entries.push(Entry {
                key,
                value: value.trim().to_owned(),
                line_number,
            });
        }
    }

    let mut root = Map::new();
    for section in sections {
        section.insert_into(&mut root)?;
    }
    Ok(Value::new(None, ValueKind::Table(root)))
}

#[derive(Default)]
struct Section {
    /// The name with its dots; empty before the first section.
    name: String,
    line_number: usize,
    entries: Vec<Entry>,
}

struct Entry {
    key: String,
    value: String,
    line_number: usize,
}

impl Section {
    fn insert_into(self, root: &mut Map<String, Value>) -> Result<(), Fault> {
        let mut table = root;
        let steps = self
            .name
            .split('.')
            .map(str::trim)
            .filter(|_| !self.name.is_empty());
        for (depth, step) in steps.enumerate() {
            if step.is_empty() {
                let position = Position {
                    line: self.line_number,
                    column: 1,
                };
                return Err(FileFormat::Ini.syntax(Some(position)));
            }
            if depth >= MAX_DEPTH {
                return Err(Fault::at(self.line_number, 1, FileProblem::TooDeep));
            }
            let inner = table
                .entry(step.to_owned())
                .or_insert_with(|| Value::new(None, ValueKind::Table(Map::new())));
            let ValueKind::Table(inner) = &mut inner.kind else {
                return Err(Fault::duplicate(self.line_number, 1, step));
            };
            table = inner;
        }
        for Entry {
            key,
            value,
            line_number,
        } in self.entries
        {
            if table.contains_key(&key) {
                return Err(Fault::duplicate(line_number, 1, &key));
            }
            table.insert(key, Value::new(None, ValueKind::String(value)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<FileProblem> {
        parse(text).err().map(|fault| fault.problem)
    }

    fn duplicate(key: &str) -> Option<FileProblem> {
        Some(FileProblem::DuplicateKey { key: key.into() })
    }

    #[test]
    fn sections_nest_by_their_dots() -> Result<(), Fault> {
        let ini =
            "include = a.ini\n# note\n[db.pool]\nMax_Size = 5\nmin_size: 1\n\n[db]\nx = a = b\n";
        let json = r#"{"include": "a.ini",
            "db": {"pool": {"max_size": "5", "min_size": "1"}, "x": "a = b"}}"#;
        assert_eq!(Ok(parse(ini)?), super::super::json::parse(json));
        Ok(())
    }

    #[test]
    fn an_indented_line_continues_the_value() -> Result<(), Fault> {
        let ini = parse("[log]\nformat = a\n  b = c\nlevel = 1\n")?;
        let json = r#"{"log": {"format": "a\nb = c", "level": "1"}}"#;
        assert_eq!(Ok(ini), super::super::json::parse(json));
        Ok(())
    }

    #[test]
    fn quotes_escapes_and_comment_signs_inside_a_value_mean_themselves() -> Result<(), Fault> {
        let ini = parse("a = \"C:\\dir\\\" ; # %(x)s\n")?;
        let json = r#"{"a": "\"C:\\dir\\\" ; # %(x)s"}"#;
        assert_eq!(Ok(ini), super::super::json::parse(json));
        Ok(())
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        assert_eq!(problem("[db]\na = 1\nA = 2\n"), duplicate("a"));
        assert_eq!(problem("[db]\n[db]\n"), duplicate("db"));
        assert_eq!(problem("[db]\npool = 1\n[db.pool]\n"), duplicate("pool"));
        assert_eq!(
            problem("[db.pool]\na = 1\n[db]\npool = 1\n"),
            duplicate("pool")
        );
    }

    #[test]
    fn a_line_that_is_nothing_is_refused() {
        let syntax = Some(FileProblem::Syntax { format: "INI" });
        for text in ["[db", "word", "= 1", "[db..pool]\n", "[.]\n"] {
            assert_eq!(problem(text), syntax, "{text}");
        }
    }
}
