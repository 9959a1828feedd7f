//! Compile errors that point into the SQL.
//!
//! rustc lets a macro point at a part of a literal on nightly only (`Literal::subspan`). There the
//! error is at the very place; on stable it is at the literal, and says line and column, with the
//! line itself and a mark below the place.

use proc_macro2::{Literal, Span};
use syn::LitStr;

use super::place::{Line, Written};
use crate::check::Fault;

/// The SQL of a macro, and where it is written.
pub(crate) struct Text {
    pub(crate) sql: String,
    written: Option<Written>,
    origin: Origin,
}

enum Origin {
    Literal(Literal),
    /// A file, by the path that the macro was given, and where that path stands.
    File {
        path: String,
        span: Span,
    },
}

impl Text {
    /// A query that is the literal itself.
    pub(crate) fn literal(text: &LitStr) -> Self {
        let token = text.token();
        Self {
            sql: text.value(),
            written: Written::literal(token.to_string(), &text.value()),
            origin: Origin::Literal(token),
        }
    }

    /// A query that is in a file.
    pub(crate) fn file(path: &LitStr, sql: String) -> Self {
        Self {
            written: Some(Written::plain(sql.clone())),
            sql,
            origin: Origin::File {
                path: path.value(),
                span: path.span(),
            },
        }
    }

    /// Where errors about all of it stand.
    pub(crate) fn span(&self) -> Span {
        match &self.origin {
            Origin::Literal(literal) => literal.span(),
            Origin::File { span, .. } => *span,
        }
    }

    /// Turns a fault into a compile error.
    pub(crate) fn error(&self, fault: &Fault) -> syn::Error {
        let mut message = fault.message.clone();
        let mut hinted = message.clone();
        if let Some(hint) = &fault.hint {
            hinted = format!("{message}; {hint}");
            message.clone_from(&hinted);
        }
        let place = fault.at.as_ref().zip(self.written.as_ref());
        let Some((at, written)) = place else {
            return syn::Error::new(self.span(), hinted);
        };
        let range = written.range(at);
        if let Origin::Literal(literal) = &self.origin
            && let Some(span) = literal.subspan(range.clone())
        {
            return syn::Error::new(span, hinted);
        }
        let line = written.line(range.start);
        let end = written.line(range.end);
        // What goes on in the next line is marked to the end of this one.
        let longest = line.text.trim_end().chars().count();
        let end = match end.number == line.number {
            true => end.column.min(longest),
            false => longest,
        };
        let width = end.saturating_sub(line.column).max(1);
        message.push_str(&self.mark(&line, width));
        syn::Error::new(self.span(), message)
    }

    /// The line with a mark below the place.
    fn mark(&self, line: &Line<'_>, width: usize) -> String {
        let (number, column, file) = match &self.origin {
            Origin::File { path, .. } => (line.number + 1, line.column + 1, format!("{path}:")),
            Origin::Literal(literal) => {
                let (first, indent) = start(literal.span());
                let indent = if line.number == 0 { indent } else { 0 };
                (line.number + first, line.column + indent + 1, String::new())
            }
        };
        let place = if file.is_empty() {
            format!("line {number}, column {column}")
        } else {
            format!("{file}{number}:{column}")
        };
        let indent = line.text.len() - line.text.trim_start().len();
        let text = line.text.trim();
        // Tabs keep their width, whatever it is.
        let below: String = line.text[indent..]
            .chars()
            .take(
                line.column
                    .saturating_sub(line.text[..indent].chars().count()),
            )
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        format!("\n{place}:\n    {text}\n    {below}{}", "^".repeat(width))
    }
}

/// The line of a span, from 1, and its column, from 0.
fn start(span: Span) -> (usize, usize) {
    if proc_macro::is_available() {
        let start = span.unwrap().start();
        (start.line(), start.column().saturating_sub(1))
    } else {
        (1, 0)
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    #[test]
    fn a_fault_in_a_file_shows_its_line() {
        let path = LitStr::new("queries/all.sql", Span::call_site());
        let text = Text::file(&path, "SELECT id,\n\tnaem\nFROM t".to_owned());
        let fault = Fault::new("no such column: naem", Some(12..16));
        assert_eq!(
            text.error(&fault).to_string(),
            "no such column: naem\nqueries/all.sql:2:2:\n    naem\n    ^^^^"
        );
    }

    #[test]
    fn the_hint_stands_beside_the_message() {
        let path = LitStr::new("a.sql", Span::call_site());
        let fault = Fault::new("no", None).with_hint(Some("yes".to_owned()));
        let text = Text::file(&path, "SELECT".to_owned());
        assert_eq!(text.error(&fault).to_string(), "no; yes");
    }
    #[test]
    fn a_mark_ends_with_its_line() {
        let path = LitStr::new("a.sql", Span::call_site());
        let sql = "SELECT 1 'a\n                    b'".to_owned();
        let fault = Fault::new("no", Some(9..sql.len()));
        assert_eq!(
            Text::file(&path, sql).error(&fault).to_string(),
            "no\na.sql:1:10:\n    SELECT 1 'a\n             ^^"
        );
    }
}
