//! TOML, read by the `config` crate; its errors quote the file, so only their place is kept.

use std::error::Error;

use config::{Format, Value, ValueKind};

use super::{Fault, FileFormat};
use crate::error::Position;

/// Reads one TOML text. Nesting is bounded and duplicate keys are refused by the parser itself.
pub(super) fn parse(text: &str) -> Result<Value, Fault> {
    match config::FileFormat::Toml.parse(None, text) {
        Ok(table) => Ok(Value::new(None, ValueKind::Table(table))),
        Err(error) => Err(fault(text, error.as_ref())),
    }
}

fn fault(text: &str, error: &(dyn Error + Send + Sync + 'static)) -> Fault {
    let Some(error) = error.downcast_ref::<toml::de::Error>() else {
        // A number that does not fit: `config` says no more.
        return FileFormat::Toml.syntax(None);
    };
    let Some(span) = error.span() else {
        return FileFormat::Toml.syntax(None);
    };
    let Position { line, column } = Position::behind(text.get(..span.start).unwrap_or(text));
    if error.message() == "duplicate key" {
        Fault::duplicate(line, column, text.get(span).unwrap_or_default())
    } else {
        FileFormat::Toml.syntax(Some(Position { line, column }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FileProblem;

    #[test]
    fn a_key_that_stands_twice_is_named_with_its_place() {
        let fault = parse("[db.pool]\nmax_size = 1\nmax_size = 2\n").err();
        assert_eq!(fault, Some(Fault::duplicate(3, 1, "max_size")));
    }

    #[test]
    fn a_syntax_error_names_its_place() {
        let fault = parse("[db.pool]\nmax_size = = 1\n").err();
        let syntax = FileProblem::Syntax { format: "TOML" };
        assert_eq!(
            fault.map(|fault| (fault.problem, fault.position.map(|at| at.line))),
            Some((syntax, Some(2)))
        );
    }

    #[test]
    fn an_integer_that_does_not_fit_is_refused() {
        assert_eq!(
            parse("n = 99999999999999999999").err(),
            Some(FileFormat::Toml.syntax(None))
        );
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(parse(&format!("a = {}", "[".repeat(100_000))).is_err());
        assert!(parse(&format!("{}a = 1", "a.".repeat(100_000))).is_err());
    }
}
