//! Which format a file has, and its text as a table of values.

use std::path::Path;

use config::{Map, Value, ValueKind};

use super::{Fault, ini, json, toml, yaml};
use crate::error::{FileProblem, Position};

/// The format of a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Yaml,
    Toml,
    Json,
    Ini,
}

impl FileFormat {
    /// The endings that [`FileFormat::of`] knows, for messages.
    pub(crate) const ENDINGS: &str = ".yml, .yaml, .toml, .json or .ini";

    /// The format that the file's name ends in, upper or lower case.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "yml" | "yaml" => Self::Yaml,
            "toml" => Self::Toml,
            "json" => Self::Json,
            "ini" => Self::Ini,
            _ => return None,
        })
    }

    /// Whether the format has nothing but text, so that `7` and `true` come as text.
    pub(crate) fn is_text_only(self) -> bool {
        self == Self::Ini
    }

    /// Reads a whole file. An empty YAML file, or one that holds only `null`, is an empty table.
    pub(crate) fn parse(self, text: &str) -> Result<Map<String, Value>, Fault> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Some((before, _)) = text.split_once('\0') {
            // To the YAML scanner it is the end of the file.
            return Err(self.syntax(Some(Position::behind(before))));
        }
        let root = match self {
            Self::Yaml => yaml::parse(text)?,
            Self::Toml => toml::parse(text)?,
            Self::Json => json::parse(text)?,
            Self::Ini => ini::parse(text)?,
        };
        match root.kind {
            ValueKind::Table(table) => Ok(table),
            ValueKind::Nil => Ok(Map::new()),
            _ => Err(Fault {
                position: None,
                problem: FileProblem::NotATable,
            }),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
            Self::Json => "JSON",
            Self::Ini => "INI",
        }
    }

    /// What is said of text that a parser refuses: never in the parser's words, they quote it.
    pub(super) fn syntax(self, position: Option<Position>) -> Fault {
        Fault {
            position,
            problem: FileProblem::Syntax {
                format: self.name(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides_the_format() {
        for (name, format) in [
            ("a.yml", Some(FileFormat::Yaml)),
            ("a.yaml", Some(FileFormat::Yaml)),
            ("a.YML", Some(FileFormat::Yaml)),
            ("a.toml", Some(FileFormat::Toml)),
            ("a.sops.json", Some(FileFormat::Json)),
            ("a.ini", Some(FileFormat::Ini)),
            ("a.conf", None),
            ("yml", None),
            (".yml", None),
        ] {
            assert_eq!(FileFormat::of(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_in_every_format() -> Result<(), Fault> {
        for (format, text) in [
            (FileFormat::Yaml, "\u{feff}db: {}"),
            (FileFormat::Toml, "\u{feff}db = {}"),
            (FileFormat::Json, "\u{feff}{\"db\": {}}"),
            (FileFormat::Ini, "\u{feff}[db]"),
        ] {
            assert!(format.parse(text)?.contains_key("db"), "{}", format.name());
        }
        Ok(())
    }

    #[test]
    fn a_nul_character_is_refused_in_every_format() {
        for (format, text) in [
            (FileFormat::Yaml, "db: {}\n\0lost: 1"),
            (FileFormat::Toml, "db = {}\n\0lost = 1"),
            (FileFormat::Json, "{\"db\": {}\n\0}"),
            (FileFormat::Ini, "[db]\n\0lost = 1"),
        ] {
            let position = Some(Position { line: 2, column: 1 });
            assert_eq!(format.parse(text).err(), Some(format.syntax(position)));
        }
    }
}
