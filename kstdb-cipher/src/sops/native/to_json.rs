//! Writes a whole decrypted document as JSON, into a buffer that never moves and is wiped.

use std::io::{self, Write};

use serde::Serialize;
use zeroize::Zeroizing;

use super::super::refusal::{Malformed, Refusal};
use super::Stop;
use super::tree::Scalar;
use super::walk::{Plain, Sink};

/// Below this, whole floats are written as integers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Collects the JSON text of a document.
pub(super) struct Json {
    text: Fixed,
    /// Whether the next value or key is the first of its list or map.
    first: bool,
    after_key: bool,
}

struct Fixed {
    bytes: Zeroizing<Vec<u8>>,
    limit: usize,
}

impl Json {
    /// Makes room for a text of so many bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: Fixed {
                bytes: Zeroizing::new(Vec::with_capacity(limit)),
                limit,
            },
            first: true,
            after_key: false,
        }
    }

    pub(super) fn into_text(self) -> Zeroizing<Vec<u8>> {
        self.text.bytes
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.text.write_all(bytes).map_err(|_| Stop::OutputTooLarge)
    }

    fn separate(&mut self) -> Result<(), Stop> {
        if self.after_key {
            self.after_key = false;
        } else if !self.first {
            self.raw(b",")?;
        }
        self.first = false;
        Ok(())
    }

    fn write(&mut self, value: &impl Serialize) -> Result<(), Stop> {
        serde_json::to_writer(&mut self.text, value).map_err(|_| Stop::OutputTooLarge)
    }
}

impl Sink for Json {
    fn begin_map(&mut self) -> Result<(), Stop> {
        self.separate()?;
        self.first = true;
        self.raw(b"{")
    }

    fn key(&mut self, name: &str) -> Result<(), Stop> {
        self.separate()?;
        self.write(&name)?;
        self.after_key = true;
        self.raw(b":")
    }

    fn end_map(&mut self) -> Result<(), Stop> {
        self.first = false;
        self.raw(b"}")
    }

    fn begin_list(&mut self) -> Result<(), Stop> {
        self.separate()?;
        self.first = true;
        self.raw(b"[")
    }

    fn end_list(&mut self) -> Result<(), Stop> {
        self.first = false;
        self.raw(b"]")
    }

    fn value(&mut self, _: &Scalar, plain: Plain<'_>, _: bool) -> Result<(), Stop> {
        self.separate()?;
        match plain {
            Plain::Null => self.raw(b"null"),
            Plain::Text(bytes) => {
                let text = std::str::from_utf8(bytes);
                self.write(&text.map_err(|_| Refusal::from(Malformed::NotUtf8))?)
            }
            Plain::Int(value) => self.write(&value),
            // Like sops: JSON has no word for the infinite.
            Plain::Float(value) if !value.is_finite() => Err(Stop::NotJson),
            // Up to 3.13.1 sops makes floats of all numbers of a JSON file: 5 must stay 5.
            Plain::Float(value) if value.fract() == 0.0 && value.abs() < EXACT => {
                self.raw(value.to_string().as_bytes())
            }
            Plain::Float(value) => self.write(&value),
            Plain::Bool(value) => self.write(&value),
            Plain::Time(text) => self.write(&text),
        }
    }
}

impl Write for Fixed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Growing would leave a copy behind.
        if bytes.len() > self.limit - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
