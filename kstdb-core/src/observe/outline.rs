//! The text of a statement without its values.

use std::fmt;

/// The longest text that is shown.
const LONGEST_BYTES: usize = 512;

/// SQL for people to read, without anything in it that can be data: strings, blobs and numbers are
/// `?`, comments are gone, long texts are cut.
///
/// What stands in double quotes is a name, or, if there is no such name, a string: it is `"?"`.
pub(crate) struct Outline<'sql>(pub(crate) &'sql str);

impl fmt::Display for Outline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = Shown {
            to: f,
            left: LONGEST_BYTES,
        };
        match write_pieces(self.0, &mut shown) {
            Err(_) if shown.left == 0 => shown.to.write_str(" .."),
            written => written,
        }
    }
}

/// Takes so many bytes and no more.
struct Shown<'a, 'f> {
    to: &'a mut fmt::Formatter<'f>,
    left: usize,
}

impl fmt::Write for Shown<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.left.checked_sub(text.len()) {
            Some(left) => {
                self.left = left;
                self.to.write_str(text)
            }
            None => {
                let fits = text.floor_char_boundary(self.left);
                self.left = 0;
                self.to.write_str(&text[..fits])?;
                Err(fmt::Error)
            }
        }
    }
}

/// A piece of SQL, as far as matters here: SQLite's tokens
/// (<https://www.sqlite.org/lang_expr.html#literal_values_constants_>).
fn write_pieces(mut sql: &str, to: &mut impl fmt::Write) -> fmt::Result {
    while let Some(first) = sql.chars().next() {
        let length = match first {
            '\'' => {
                to.write_char('?')?;
                quoted(sql, '\'')
            }
            '"' => {
                to.write_str("\"?\"")?;
                quoted(sql, '"')
            }
            'x' | 'X' if sql[1..].starts_with('\'') => {
                to.write_char('?')?;
                1 + quoted(&sql[1..], '\'')
            }
            '0'..='9' => {
                to.write_char('?')?;
                number(sql)
            }
            '.' if sql[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                to.write_char('?')?;
                number(sql)
            }
            '-' if sql.starts_with("--") => {
                to.write_char(' ')?;
                sql.find('\n').unwrap_or(sql.len())
            }
            '/' if sql.starts_with("/*") => {
                to.write_char(' ')?;
                sql[2..].find("*/").map_or(sql.len(), |end| end + 4)
            }
            // Names and parameters, with the digits in them.
            '?' | ':' | '@' | '$' | '#' => copy(sql, 1 + name(&sql[1..]), to)?,
            _ if is_name(first) => copy(sql, name(sql), to)?,
            '`' => copy(sql, quoted(sql, '`'), to)?,
            '[' => copy(sql, sql.find(']').map_or(sql.len(), |end| end + 1), to)?,
            _ if first.is_whitespace() => {
                to.write_char(' ')?;
                sql.len() - sql.trim_start().len()
            }
            _ => copy(sql, first.len_utf8(), to)?,
        };
        sql = &sql[length..];
    }
    Ok(())
}

fn copy(sql: &str, length: usize, to: &mut impl fmt::Write) -> Result<usize, fmt::Error> {
    to.write_str(&sql[..length])?;
    Ok(length)
}

/// The length of what begins with a quote; a doubled one inside is itself.
fn quoted(sql: &str, quote: char) -> usize {
    let mut rest = sql[1..].char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        if c == quote && rest.next_if(|(_, next)| *next == quote).is_none() {
            return at + 2;
        }
    }
    sql.len()
}

/// The length of a number in any spelling: hexadecimal, with an exponent, with separators.
fn number(sql: &str) -> usize {
    let mut before = ' ';
    let end = sql.find(|c: char| {
        let sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        before = c;
        !(is_name(c) || c == '.' || sign)
    });
    end.unwrap_or(sql.len())
}

fn name(sql: &str) -> usize {
    sql.find(|c| !is_name(c)).unwrap_or(sql.len())
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_become_question_marks_and_names_stay() {
        for (sql, expected) in [
            (
                "SELECT a1 FROM t2 WHERE n = 12",
                "SELECT a1 FROM t2 WHERE n = ?",
            ),
            ("VALUES ('it''s', x'00ff', X'')", "VALUES (?, ?, ?)"),
            ("VALUES (1.5e-10, .5, 0xff, 1_000)", "VALUES (?, ?, ?, ?)"),
            (
                "WHERE a = ?1 AND b = :b2 AND c = @c",
                "WHERE a = ?1 AND b = :b2 AND c = @c",
            ),
            (
                "SELECT \"secret\", [a b], `c'd`",
                "SELECT \"?\", [a b], `c'd`",
            ),
            ("SELECT 1 -- 4711\n+ /* 'x' */ 2", "SELECT ?   +   ?"),
            ("SELECT 'open", "SELECT ?"),
            ("SELECT 1/* open", "SELECT ? "),
            ("SELECT\n\t  -1", "SELECT -?"),
        ] {
            assert_eq!(Outline(sql).to_string(), expected, "{sql:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let sql = format!("SELECT {}", "\u{e4}, ".repeat(1_000));
        let shown = Outline(&sql).to_string();
        assert!(
            shown.len() <= LONGEST_BYTES + 3 && shown.ends_with(" .."),
            "{shown}"
        );
    }

    proptest! {
        #[test]
        fn no_literal_survives(
            before in "[a-z ,=(]{0,20}",
            literal in prop_oneof!["'(canary|'')*'", "x'(ca0411)+'", "\"canary\"", "-- canary", "/\\* canary \\*/"],
            after in "([ ),;].{0,20})?",
        ) {
            let sql = format!("{before} {literal}{after}");
            let shown = Outline(&sql).to_string();
            prop_assert!(!shown.contains("canary") && !shown.contains("ca0411"), "{sql:?}: {shown:?}");
        }

        #[test]
        fn any_text_can_be_shown(sql in ".*") {
            let _ = Outline(&sql).to_string();
        }
    }
}
