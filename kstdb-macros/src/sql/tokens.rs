//! The tokens of a statement, as SQLite divides it; comments and spaces are left out.

use std::borrow::Cow;
use std::ops::Range;

/// A token and its place, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) class: Class,
    pub(crate) range: Range<usize>,
}

/// What a token is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A keyword or a name, plain or in quotes.
    Word,
    /// A string, a blob, a number.
    Literal,
    /// `?`, `?1`, `:name`, `@name`, `$name`.
    Parameter,
    /// `..name`, which SQLite does not know.
    List,
    /// Anything else, one character at a time.
    Sign,
}

impl Token {
    /// Tells whether it is this word or sign, in whatever case.
    pub(crate) fn is(&self, text: &str, sql: &str) -> bool {
        matches!(self.class, Class::Word | Class::Sign)
            && sql[self.range.clone()].eq_ignore_ascii_case(text)
    }

    /// The name that the token is, without its quotes.
    pub(crate) fn name<'s>(&self, sql: &'s str) -> Option<Cow<'s, str>> {
        (self.class == Class::Word).then(|| {
            let text = &sql[self.range.clone()];
            self.in_quotes(sql).unwrap_or(Cow::Borrowed(text))
        })
    }

    /// What a name or string in quotes says.
    pub(crate) fn in_quotes<'s>(&self, sql: &'s str) -> Option<Cow<'s, str>> {
        let text = &sql[self.range.clone()];
        let open = text.chars().next()?;
        if open == '[' {
            let inside = &text[1..];
            return Some(Cow::Borrowed(inside.strip_suffix(']').unwrap_or(inside)));
        }
        if !matches!(open, '"' | '`' | '\'') {
            return None;
        }
        let inside = &text[1..];
        let inside = inside.strip_suffix(open).unwrap_or(inside);
        // A quote is doubled inside.
        let doubled = [open, open].iter().collect::<String>();
        Some(if inside.contains(&doubled) {
            Cow::Owned(inside.replace(&doubled, &open.to_string()))
        } else {
            Cow::Borrowed(inside)
        })
    }
}

/// Divides a text into its tokens. It never fails: SQLite says what is wrong.
pub(crate) fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let (class, length) = match first {
            _ if first.is_ascii_whitespace() => (None, first.len_utf8()),
            '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                (None, rest[2..].find("*/").map_or(rest.len(), |end| end + 4))
            }
            '\'' => (Some(Class::Literal), quoted(rest, '\'')),
            '"' | '`' => (Some(Class::Word), quoted(rest, first)),
            '[' => (
                Some(Class::Word),
                rest.find(']').map_or(rest.len(), |end| end + 1),
            ),
            'x' | 'X' if rest[1..].starts_with('\'') => {
                (Some(Class::Literal), 1 + quoted(&rest[1..], '\''))
            }
            '?' => (
                Some(Class::Parameter),
                1 + run(&rest[1..], |c| c.is_ascii_digit()),
            ),
            ':' | '@' | '$' | '#' if run(&rest[1..], is_word) > 0 => (
                Some(Class::Parameter),
                1 + run(&rest[1..], |c| is_word(c) || c == ':'),
            ),
            '.' if rest.starts_with("..") && run(&rest[2..], is_word) > 0 => {
                (Some(Class::List), 2 + run(&rest[2..], is_word))
            }
            _ if first.is_ascii_digit()
                || (first == '.' && run(&rest[1..], |c| c.is_ascii_digit()) > 0) =>
            {
                (Some(Class::Literal), number(rest))
            }
            _ if is_word(first) => (Some(Class::Word), run(rest, is_word)),
            _ => (Some(Class::Sign), first.len_utf8()),
        };
        if let Some(class) = class {
            let range = at..at + length;
            tokens.push(Token { class, range });
        }
        at += length;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// The bytes at the start whose characters all fit.
fn run(text: &str, fits: impl Fn(char) -> bool) -> usize {
    text.find(|c| !fits(c)).unwrap_or(text.len())
}

/// The bytes of what is in quotes at the start; a quote is doubled inside.
fn quoted(text: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(end) = text[at..].find(quote) {
        at += end + 1;
        if !text[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// The bytes of a number at the start; `1..ids` is no number with two points.
fn number(text: &str) -> usize {
    let end = run(text, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
    text.find("..").map_or(end, |list| end.min(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<(Class, &str)> {
        let tokens = tokens(sql).into_iter();
        tokens
            .map(|token| (token.class, &sql[token.range]))
            .collect()
    }

    #[test]
    fn words_signs_and_parameters_are_told_apart() {
        assert_eq!(
            texts("SELECT a.b, ?1+:x FROM \"c d\" -- ..no\n WHERE e IN (..ids)"),
            [
                (Class::Word, "SELECT"),
                (Class::Word, "a"),
                (Class::Sign, "."),
                (Class::Word, "b"),
                (Class::Sign, ","),
                (Class::Parameter, "?1"),
                (Class::Sign, "+"),
                (Class::Parameter, ":x"),
                (Class::Word, "FROM"),
                (Class::Word, "\"c d\""),
                (Class::Word, "WHERE"),
                (Class::Word, "e"),
                (Class::Word, "IN"),
                (Class::Sign, "("),
                (Class::List, "..ids"),
                (Class::Sign, ")"),
            ]
        );
    }

    #[test]
    fn what_is_in_strings_and_comments_is_no_parameter() {
        for sql in [
            "'it''s ? ..ids :a'",
            "/* ? */ x'3f'",
            "\"a?\" -- :b",
            "[..c]",
            "`?`",
        ] {
            let found = texts(sql);
            assert!(
                found
                    .iter()
                    .all(|(class, _)| matches!(class, Class::Literal | Class::Word)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn quotes_are_taken_off() {
        let sql = r#"a "b" `c` [d] 'e' "f""g" 'h''i' 7 x'3f' "j"#;
        let quoted: Vec<_> = tokens(sql).iter().map(|one| one.in_quotes(sql)).collect();
        let expected = ["", "b", "c", "d", "e", "f\"g", "h'i", "", "", "j"];
        let expected = expected.map(|text| (!text.is_empty()).then_some(Cow::Borrowed(text)));
        assert_eq!(quoted, expected);
    }

    #[test]
    fn text_that_does_not_end_is_one_token() {
        for sql in [
            "'open", "/* open", "\"open", "[open", "-- open", "x'open", "..", ":", "?",
        ] {
            assert!(tokens(sql).len() <= 2, "{sql}");
        }
    }

    #[test]
    fn letters_of_all_scripts_keep_their_place() {
        let sql = "SELECT 'd\u{e9}j\u{e0} vu', na\u{ef}ve, ?";
        assert_eq!(texts(sql).last(), Some(&(Class::Parameter, "?")));
    }
}
