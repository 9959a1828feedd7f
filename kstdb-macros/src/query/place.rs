//! From a byte of the SQL to its place in the source file.

use std::ops::Range;

/// A string as it is written: where each byte of its value comes from.
#[derive(Debug)]
pub(crate) struct Written {
    /// The literal with its quotes, or the text of a file.
    source: String,
    /// By byte of the value, and one more for its end: the byte of `source`.
    offsets: Vec<usize>,
}

impl Written {
    /// A text that is written as it is.
    pub(crate) fn plain(source: String) -> Self {
        let offsets = (0..=source.len()).collect();
        Self { source, offsets }
    }

    /// A string literal; `None` if its value is not `value`, as when a macro has made it up.
    pub(crate) fn literal(source: String, value: &str) -> Option<Self> {
        let offsets = if let Some(raw) = source.strip_prefix('r') {
            // Behind the `r`, the hashes and the quote.
            let start = 1 + raw.find('"')? + 1;
            (start..=start + value.len()).collect()
        } else {
            escaped(&source)?
        };
        let end = *offsets.last()?;
        let fits = offsets.len() == value.len() + 1 && end < source.len();
        fits.then_some(Self { source, offsets })
    }

    /// Where a part of the value is written.
    pub(crate) fn range(&self, part: &Range<usize>) -> Range<usize> {
        let last = self.offsets.len() - 1;
        let [start, end] = [part.start, part.end].map(|at| self.offsets[at.min(last)]);
        start..end.max(start)
    }

    /// The line in which a byte of the source stands.
    pub(crate) fn line(&self, at: usize) -> Line<'_> {
        let before = &self.source[..at];
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let rest = &self.source[start..];
        Line {
            number: before.matches('\n').count(),
            text: rest.lines().next().unwrap_or(rest),
            column: self.source[start..at].chars().count(),
        }
    }
}

/// A line of the source.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'s> {
    /// From 0.
    pub(crate) number: usize,
    pub(crate) text: &'s str,
    /// From 0, in characters.
    pub(crate) column: usize,
}

/// The offsets of an ordinary literal; `None` if it is none.
fn escaped(source: &str) -> Option<Vec<usize>> {
    let mut offsets = Vec::with_capacity(source.len());
    let mut at = 1;
    let body = source.get(1..)?;
    let end = 1 + body.rfind('"')?;
    while at < end {
        let rest = source.get(at..end)?;
        let first = rest.chars().next()?;
        if first != '\\' {
            offsets.extend((0..first.len_utf8()).map(|byte| at + byte));
            at += first.len_utf8();
            continue;
        }
        let (bytes, length) = match rest[1..].chars().next()? {
            'x' => (1, 4),
            'u' => {
                let close = rest.find('}')?;
                let digits = rest.get(3..close)?.replace('_', "");
                let char = char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?;
                (char.len_utf8(), close + 1)
            }
            // The line goes on at the next character that is no space.
            '\n' | '\r' => (0, rest.len() - rest[1..].trim_start().len()),
            _ => (1, 2),
        };
        offsets.extend(std::iter::repeat_n(at, bytes));
        at += length;
    }
    offsets.push(end);
    Some(offsets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written for the part of the value that is `part`.
    fn written(source: &str, part: &str) -> Option<String> {
        let value: syn::LitStr = syn::parse_str(source).ok()?;
        let value = value.value();
        let start = value.find(part)?;
        let written = Written::literal(source.to_owned(), &value)?;
        Some(source[written.range(&(start..start + part.len()))].to_owned())
    }

    #[test]
    fn a_part_is_found_in_every_kind_of_literal() {
        for source in [
            r#""SELECT naem FROM t""#,
            r##"r"SELECT naem FROM t""##,
            r###"r#"SELECT "x", naem FROM t"#"###,
            r#""SELECT \"x\", '\u{1F600}\x41\n', naem FROM t""#,
            "\"SELECT 'd\u{e9}j\u{e0}', naem FROM t\"",
            "\"SELECT \\\n      naem \\\n  FROM t\"",
            "\"SELECT\n    naem\nFROM t\"",
        ] {
            assert_eq!(written(source, "naem").as_deref(), Some("naem"), "{source}");
        }
    }

    #[test]
    fn an_escape_is_one_place() {
        assert_eq!(
            written(r#""a\u{e9}b""#, "\u{e9}").as_deref(),
            Some(r"\u{e9}")
        );
    }

    #[test]
    fn the_end_has_a_place_too() -> Result<(), &'static str> {
        let written = Written::literal(r#""SELECT""#.to_owned(), "SELECT").ok_or("no literal")?;
        assert_eq!(written.range(&(6..6)), 7..7);
        assert_eq!(written.range(&(90..99)), 7..7);
        Ok(())
    }

    #[test]
    fn lines_are_counted_from_the_literal() -> Result<(), &'static str> {
        let source = "\"SELECT\n  naem\n\"".to_owned();
        let written = Written::literal(source, "SELECT\n  naem\n").ok_or("no literal")?;
        let line = written.line(written.range(&(9..13)).start);
        assert_eq!((line.number, line.text, line.column), (1, "  naem", 2));
        Ok(())
    }

    #[test]
    fn a_line_ends_where_it_is_counted_to_end() {
        let written = Written::plain("SELECT\r\n a\rb\r\n".to_owned());
        let line = written.line(11);
        assert_eq!((line.number, line.text, line.column), (1, " a\rb", 3));
    }

    #[test]
    fn a_made_up_literal_has_no_places() {
        assert!(Written::literal(r#""SELECT 1""#.to_owned(), "SELECT 10").is_none());
        assert!(Written::literal("SQL".to_owned(), "SELECT 10").is_none());
    }
}
