//! Go's regular expressions in Rust's syntax, as far as both certainly mean the same.
//!
//! Go's `\w`, `\d`, `\s` and `\b` know ASCII only, where Rust's know Unicode; Rust has operators in
//! classes, flags and escapes that are something else in Go; and Go ignores an expression that it
//! cannot compile, such as `a**`. One name that matches here and not there, and a file that sops
//! refuses would be accepted. So what is passed on is listed, and all the rest is for sops itself.

use std::iter::Peekable;
use std::str::Chars;

/// What counted repetitions may multiply to: Go refuses more.
const MAX_REPEAT: u32 = 1000;

/// Characters that an escape leaves as they are, in both.
const LITERAL_ESCAPES: &str = "!\"#$%&'()*+,-./:;=?@[\\]^_`{|}~";

/// Characters whose escapes are the same control character in both.
const CONTROL_ESCAPES: &str = "afnrtv";

/// Translates an expression; `None` if it has something that is not known to be the same.
pub(super) fn to_rust(expression: &str) -> Option<String> {
    let ignores_case = expression.starts_with("(?i)");
    // Which letters are the same one without case depends on the version of Unicode.
    if ignores_case && !expression.is_ascii() {
        return None;
    }
    let body = expression.strip_prefix("(?i)").unwrap_or(expression);
    let mut reader = Reader {
        chars: body.chars().peekable(),
        out: expression[..expression.len() - body.len()].to_owned(),
        ignores_case,
        repeat: 1,
    };
    while reader.chars.peek().is_some() {
        reader.atom()?;
        reader.quantifier()?;
    }
    Some(reader.out)
}

struct Reader<'e> {
    chars: Peekable<Chars<'e>>,
    out: String,
    ignores_case: bool,
    /// The product of all counts.
    repeat: u32,
}

impl Reader<'_> {
    fn atom(&mut self) -> Option<()> {
        match self.chars.next()? {
            '\\' => self.escape(),
            '[' => self.class(),
            '(' => self.group(),
            // Without an operand Go takes braces for letters, and refuses the others, as Rust does.
            '{' | '}' => None,
            other => {
                self.out.push(other);
                Some(())
            }
        }
    }

    /// A group that captures, or `(?:`: flags and names are not for here.
    fn group(&mut self) -> Option<()> {
        self.out.push('(');
        if self.chars.next_if_eq(&'?').is_some() {
            self.chars.next_if_eq(&':')?;
            self.out.push_str("?:");
        }
        Some(())
    }

    fn escape(&mut self) -> Option<()> {
        let escaped = self.chars.next()?;
        match escaped {
            'd' | 'w' | 's' => {
                let class = self.ascii_class(escaped)?;
                self.out.push_str(&format!("[{class}]"));
            }
            'D' | 'W' | 'S' => {
                let class = self.ascii_class(escaped.to_ascii_lowercase())?;
                self.out.push_str(&format!("[^{class}]"));
            }
            'b' => self.out.push_str(r"(?-u:\b)"),
            'A' | 'z' => self.out.extend(['\\', escaped]),
            _ => self.character(escaped)?,
        }
        Some(())
    }

    /// An escape that stands for one character.
    fn character(&mut self, escaped: char) -> Option<()> {
        let is_same = LITERAL_ESCAPES.contains(escaped) || CONTROL_ESCAPES.contains(escaped);
        self.out.extend(['\\', escaped]);
        is_same.then_some(())
    }

    /// What stands for one of Go's classes between brackets.
    fn ascii_class(&self, name: char) -> Option<&'static str> {
        // Both would add the letters that are the same without case; that is not relied on.
        if self.ignores_case {
            return None;
        }
        match name {
            'd' => Some("0-9"),
            'w' => Some("0-9A-Za-z_"),
            's' => Some(r"\t\n\f\r "),
            _ => None,
        }
    }

    /// Characters, ranges and Go's classes, between brackets.
    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.chars.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            match self.chars.next()? {
                ']' if !is_first => break,
                // Go takes the one for a letter, Rust the other for a class in a class.
                ']' | '[' => return None,
                '\\' => self.escape_in_class()?,
                // Twice they are operators in Rust.
                twice @ ('&' | '-' | '~') if self.chars.peek() == Some(&twice) => return None,
                '-' => {
                    self.out.push('-');
                    // Go refuses a range that ends in a class.
                    if self.chars.peek() == Some(&'\\') {
                        return None;
                    }
                }
                other => self.out.push(other),
            }
            is_first = false;
        }
        self.out.push(']');
        Some(())
    }

    fn escape_in_class(&mut self) -> Option<()> {
        let escaped = self.chars.next()?;
        if !"dws".contains(escaped) {
            return self.character(escaped);
        }
        let class = self.ascii_class(escaped)?;
        self.out.push_str(class);
        // Go takes it for itself, Rust for a range from the last character of the class.
        match self.chars.peek() {
            Some('-') => None,
            _ => Some(()),
        }
    }

    /// At most one repetition: of two Go says that they are an error.
    fn quantifier(&mut self) -> Option<()> {
        match self.chars.peek() {
            Some('*' | '+' | '?') => self.out.extend(self.chars.next()),
            Some('{') => self.count()?,
            _ => return Some(()),
        }
        // Matching as little as possible matches all the same.
        self.out.extend(self.chars.next_if_eq(&'?'));
        match self.chars.peek() {
            Some('*' | '+' | '?' | '{') => None,
            _ => Some(()),
        }
    }

    /// `{n}`, `{n,}` or `{n,m}`; anything else in braces is text to Go.
    fn count(&mut self) -> Option<()> {
        let mut counts = String::new();
        while !counts.ends_with('}') {
            counts.push(self.chars.next()?);
        }
        let digits = counts.strip_prefix('{')?.strip_suffix('}')?;
        let (least, most) = digits.split_once(',').unwrap_or((digits, digits));
        let least = number(least)?;
        let most = if most.is_empty() {
            least
        } else {
            number(most)?
        };
        self.repeat = self.repeat.checked_mul(least.max(most).max(1))?;
        self.out.push_str(&counts);
        (self.repeat <= MAX_REPEAT).then_some(())
    }
}

fn number(digits: &str) -> Option<u32> {
    // `parse` would take a sign.
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_know_is_passed_on() {
        for expression in [
            "^(data|stringData)$",
            "(?i)password",
            r"^(?:.*_)?key\.[a-z0-9_-]{1,16}$",
            r"^[^.\]]+?(a|b)*$",
            r"\A\tx{2,}\z",
            "na\u{ef}ve",
            "",
        ] {
            assert_eq!(to_rust(expression).as_deref(), Some(expression));
        }
    }

    #[test]
    fn classes_are_those_of_go() {
        for (expression, expected) in [
            (r"^\w+$", "^[0-9A-Za-z_]+$"),
            (r"\d\D", "[0-9][^0-9]"),
            (r"[\d.]\s", r"[0-9.][\t\n\f\r ]"),
            (r"\bkey\b", r"(?-u:\b)key(?-u:\b)"),
        ] {
            assert_eq!(to_rust(expression).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_something_else_in_go_is_not_passed_on() {
        for expression in [
            "a**",
            "a++",
            "a*{2}",
            "a???",
            "a{2}{3}",
            "a{1001}",
            "(a{100}){100}",
            "a{,5}",
            "a{",
            "a{2",
            "a{x}",
            "{2}",
            "}",
            "[a&&b]",
            "[a--b]",
            "[a~~b]",
            "[a[b]]",
            "[[:alpha:]]",
            "[]a]",
            "[a",
            r"[\w-z]",
            r"[a-\d]",
            r"[\W]",
            r"[\b]",
            "(?x)a",
            "(?i)\u{e9}",
            r"(?i)\w",
            "a(?i)b",
            "(?P<n>a)",
            "(?<n>a)",
            r"\<a",
            r"\pL",
            r"\Qa\E",
            r"\x41",
            r"\101",
            r"\u0041",
            r"\Z",
            r"\C",
            r"\B",
            "\\",
        ] {
            assert_eq!(to_rust(expression), None, "{expression}");
        }
    }
}
