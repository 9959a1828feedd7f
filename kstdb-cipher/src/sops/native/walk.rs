//! Goes through a file in its order: decrypts, authenticates, and shows each value to a sink.

use ring::digest;
use zeroize::Zeroizing;

use super::super::refusal::{ProgramReason, Refusal};
use super::Stop;
use super::envelope::{Cipher, DATA_KEY_BYTES, Envelope, Kind};
use super::metadata::Metadata;
use super::time;
use super::tree::{Map, Node, Scalar};

/// A value in clear.
#[derive(Clone, Copy)]
pub(super) enum Plain<'v> {
    Null,
    /// UTF-8, but for binary files.
    Text(&'v [u8]),
    Int(i64),
    Float(f64),
    Bool(bool),
    Time(&'v str),
}

/// Sees the values of the first document, in their order.
pub(super) trait Sink {
    fn begin_map(&mut self) -> Result<(), Stop> {
        Ok(())
    }
    fn key(&mut self, _name: &str) -> Result<(), Stop> {
        Ok(())
    }
    fn end_map(&mut self) -> Result<(), Stop> {
        Ok(())
    }
    fn begin_list(&mut self) -> Result<(), Stop> {
        Ok(())
    }
    fn end_list(&mut self) -> Result<(), Stop> {
        Ok(())
    }
    /// A value, where it stands in the tree, and whether it was encrypted there.
    fn value(&mut self, at: &Scalar, plain: Plain<'_>, encrypted: bool) -> Result<(), Stop>;
}

/// Decrypts all documents and proves the MAC. What the sink has seen counts only if this succeeds.
pub(super) fn walk(
    documents: &[Map],
    metadata: &Metadata,
    data_key: &[u8; DATA_KEY_BYTES],
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    let mut unseen = Unseen;
    let mut walker = Walker {
        metadata,
        cipher: Cipher::new(data_key),
        mac: digest::Context::new(&digest::SHA512),
        path: String::new(),
        sink,
    };
    if metadata.mac_only_encrypted {
        // So that such a MAC is never that of a file that authenticates everything.
        let start = digest::digest(&digest::SHA256, b"sops");
        walker.mac.update(start.as_ref());
    }
    if let Some((first, others)) = documents.split_first() {
        walker.map(first, false)?;
        walker.sink = &mut unseen;
        for document in others {
            walker.map(document, false)?;
        }
    }
    walker.prove()
}

/// Looks at nothing: only the first document has values to offer, as in sops.
struct Unseen;

impl Sink for Unseen {
    fn value(&mut self, _: &Scalar, _: Plain<'_>, _: bool) -> Result<(), Stop> {
        Ok(())
    }
}

struct Walker<'w> {
    metadata: &'w Metadata,
    cipher: Cipher,
    mac: digest::Context,
    /// The names on the way, each followed by a colon: what a value is bound to.
    path: String,
    sink: &'w mut dyn Sink,
}

impl Walker<'_> {
    fn map(&mut self, map: &Map, matched: bool) -> Result<(), Stop> {
        self.sink.begin_map()?;
        for (name, node) in map {
            let length = self.path.len();
            self.path.push_str(name);
            self.path.push(':');
            self.sink.key(name)?;
            self.node(node, matched || self.metadata.rule.matches(name))?;
            self.path.truncate(length);
        }
        self.sink.end_map()
    }

    fn node(&mut self, node: &Node, matched: bool) -> Result<(), Stop> {
        match node {
            Node::Map(map) => self.map(map, matched),
            Node::List(items) => {
                self.sink.begin_list()?;
                for item in items {
                    self.node(item, matched)?;
                }
                self.sink.end_list()
            }
            Node::Scalar(scalar) if self.metadata.rule.encrypts(matched) => self.encrypted(scalar),
            Node::Scalar(scalar) => self.clear(scalar),
        }
    }

    /// A value that the rule wants encrypted. Nothing and empty text have nothing to encrypt.
    fn encrypted(&mut self, scalar: &Scalar) -> Result<(), Stop> {
        let text = match scalar {
            Scalar::Null => return self.sink.value(scalar, Plain::Null, true),
            Scalar::Text(text) if text.is_empty() => {
                return self.sink.value(scalar, Plain::Text(b""), true);
            }
            Scalar::Text(text) => text,
            Scalar::Int(_)
            | Scalar::Float(_)
            | Scalar::Bool(_)
            | Scalar::Time(_)
            | Scalar::Unclear => return Err(self.in_clear().into()),
        };
        let envelope = Envelope::parse(text).ok_or_else(|| {
            if text.starts_with("ENC[") {
                self.damaged()
            } else {
                self.in_clear()
            }
        })?;
        let kind = envelope.kind;
        let bytes = self.cipher.decrypt(envelope, &self.path);
        let bytes = bytes.ok_or_else(|| self.damaged())?;
        let time = match kind {
            Kind::Time => std::str::from_utf8(&bytes)
                .ok()
                .and_then(time::to_nanoseconds)
                .map(Zeroizing::new),
            Kind::Text | Kind::Int | Kind::Float | Kind::Bool => None,
        };
        let plain = typed(kind, &bytes, time.as_deref().map(String::as_str));
        let plain = plain.ok_or_else(|| self.damaged())?;
        self.authenticate(plain);
        self.sink.value(scalar, plain, true)
    }

    /// A value that the rule leaves in clear.
    fn clear(&mut self, scalar: &Scalar) -> Result<(), Stop> {
        let plain = match scalar {
            Scalar::Null => Plain::Null,
            Scalar::Text(text) => Plain::Text(text.as_bytes()),
            Scalar::Int(value) => Plain::Int(*value),
            Scalar::Float(value) => Plain::Float(*value),
            Scalar::Bool(value) => Plain::Bool(*value),
            Scalar::Time(text) => Plain::Time(text),
            Scalar::Unclear => {
                let reason = ProgramReason::Spelling("a number or a date in an unusual spelling");
                return Err(Stop::Program(reason));
            }
        };
        if !self.metadata.mac_only_encrypted {
            self.authenticate(plain);
        }
        self.sink.value(scalar, plain, false)
    }

    /// Adds a value to the MAC, in the form in which Go prints it.
    fn authenticate(&mut self, plain: Plain<'_>) {
        match plain {
            Plain::Null => {}
            Plain::Text(bytes) => self.mac.update(bytes),
            Plain::Int(value) => self.print(value.to_string()),
            Plain::Float(value) => self.print(float_text(value)),
            Plain::Bool(true) => self.mac.update(b"True"),
            Plain::Bool(false) => self.mac.update(b"False"),
            Plain::Time(text) => self.mac.update(text.as_bytes()),
        }
    }

    fn print(&mut self, text: String) {
        self.mac.update(Zeroizing::new(text).as_bytes());
    }

    fn prove(self) -> Result<(), Stop> {
        let expected = Envelope::parse(&self.metadata.mac)
            .filter(|envelope| envelope.kind == Kind::Text)
            .and_then(|envelope| self.cipher.decrypt(envelope, &self.metadata.last_modified));
        let found = Zeroizing::new(upper_hex(self.mac.finish().as_ref()));
        if expected.is_some_and(|expected| *expected == found.as_bytes()) {
            Ok(())
        } else {
            Err(Refusal::MacMismatch.into())
        }
    }

    fn at(&self) -> String {
        self.path.trim_end_matches(':').to_owned()
    }

    fn damaged(&self) -> Refusal {
        Refusal::ValueDamaged { at: self.at() }
    }

    fn in_clear(&self) -> Refusal {
        Refusal::ValueInClear { at: self.at() }
    }
}

/// Reads the decrypted text by its type.
fn typed<'v>(kind: Kind, bytes: &'v [u8], time: Option<&'v str>) -> Option<Plain<'v>> {
    let text = || std::str::from_utf8(bytes).ok();
    Some(match kind {
        Kind::Text => Plain::Text(bytes),
        Kind::Int => Plain::Int(text()?.parse().ok()?),
        Kind::Float => Plain::Float(text()?.parse().ok()?),
        Kind::Bool => match text()? {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Plain::Bool(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Plain::Bool(false),
            _ => return None,
        },
        Kind::Time => Plain::Time(time?),
    })
}

/// The shortest digits that keep the number, without an exponent.
fn float_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

fn upper_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_printed_as_go_prints_them() {
        for (value, expected) in [
            (1e21, "1000000000000000000000"),
            (1e-7, "0.0000001"),
            (0.1, "0.1"),
            (-0.0, "-0"),
            (1000.0, "1000"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(float_text(value), expected);
        }
    }

    #[test]
    fn a_decrypted_value_must_fit_its_type() {
        for (kind, text) in [
            (Kind::Int, "1.5"),
            (Kind::Int, ""),
            (Kind::Int, "99999999999999999999"),
            (Kind::Float, "x"),
            (Kind::Bool, "yes"),
            (Kind::Time, "2024"),
        ] {
            assert!(typed(kind, text.as_bytes(), None).is_none(), "{text}");
        }
        assert!(matches!(
            typed(Kind::Text, b"\xff", None),
            Some(Plain::Text(_))
        ));
    }
}
