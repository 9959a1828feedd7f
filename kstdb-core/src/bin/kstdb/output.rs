//! Where results go: standard output as text or JSON; what never breaks a line or a terminal.

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use serde::Serialize;

/// Standard output, buffered, with the form that was asked for.
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    json: bool,
    terminal: bool,
}

impl Output {
    /// Takes standard output for the rest of the program.
    pub(crate) fn stdout(json: bool) -> Self {
        Self {
            terminal: io::stdout().is_terminal(),
            writer: BufWriter::new(io::stdout().lock()),
            json,
        }
    }

    /// Tells whether JSON was asked for.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Tells whether a person reads.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Prints a report: as JSON, or as the text that it is displayed as.
    pub(crate) fn report(
        &mut self,
        report: &(impl Serialize + std::fmt::Display),
    ) -> io::Result<()> {
        if self.json {
            serde_json::to_writer_pretty(&mut self.writer, report)?;
            writeln!(self.writer)
        } else {
            write!(self.writer, "{report}")
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Prints a line on standard error, where a failure has nobody left to tell.
pub(crate) fn stderr(line: &str) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// Text as one line that a terminal takes for text: `\` and control characters are escaped.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            c if c.is_control() => escaped.extend(c.escape_default()),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_letters_are_not() {
        assert_eq!(
            escape("a\tb\nc\\d \u{1b}[31m\u{e9}\u{9b}"),
            "a\\tb\\nc\\\\d \\u{1b}[31m\u{e9}\\u{9b}"
        );
    }
}
