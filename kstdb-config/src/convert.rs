//! One value of a file or a variable, as the type that its setting takes.

use std::path::{Path, PathBuf};

use config::{Value, ValueKind};
use secrecy::SecretString;

use crate::error::ConfigError;
use crate::format::printable_key;
use crate::model::KeySourceKind;
use crate::provenance::Layer;
use crate::schema;

/// How every value that SOPS encrypted begins.
pub(crate) const SOPS_MARK: &str = "ENC[AES256_GCM,";

/// What a setting of text takes.
pub(crate) const NOT_EMPTY: &str = "text that is not empty";

/// Where a value stands, which is all that a message about it may say.
pub(crate) struct Place<'a> {
    pub(crate) key: &'a str,
    pub(crate) layer: &'a Layer,
    /// Whether the source has only text, so that `7` and `true` come as text.
    pub(crate) text_only: bool,
    /// Where a relative path starts.
    pub(crate) base: &'a Path,
}

impl Place<'_> {
    /// A whole number of any size; the hard limits come later.
    pub(crate) fn count(&self, value: &Value) -> Result<i64, ConfigError> {
        const EXPECTED: &str = "a whole number";
        match &value.kind {
            ValueKind::I64(number) => Ok(*number),
            ValueKind::U64(number) => Ok(i64::try_from(*number).unwrap_or(i64::MAX)),
            ValueKind::Float(number) if number.is_finite() => {
                Err(self.wrong_type(EXPECTED, "a fractional number"))
            }
            ValueKind::Float(_) => Err(self.not_finite()),
            ValueKind::String(text) if self.text_only => match text.trim().parse() {
                Ok(number) => Ok(number),
                Err(_) => match text.trim().parse::<f64>() {
                    Ok(number) if !number.is_finite() => Err(self.not_finite()),
                    Ok(_) => Err(self.wrong_type(EXPECTED, "a fractional or far too large number")),
                    Err(_) => Err(self.wrong_type(EXPECTED, "other text")),
                },
            },
            other => Err(self.wrong_type(EXPECTED, kind_name(other))),
        }
    }

    /// A finite number, whole or fractional.
    pub(crate) fn seconds(&self, value: &Value) -> Result<f64, ConfigError> {
        const EXPECTED: &str = "a number of seconds";
        let number = match &value.kind {
            #[expect(
                clippy::cast_precision_loss,
                reason = "far beyond the limit that clamps it"
            )]
            ValueKind::I64(number) => *number as f64,
            #[expect(
                clippy::cast_precision_loss,
                reason = "far beyond the limit that clamps it"
            )]
            ValueKind::U64(number) => *number as f64,
            ValueKind::Float(number) => *number,
            ValueKind::String(text) if self.text_only => text
                .trim()
                .parse()
                .map_err(|_| self.wrong_type(EXPECTED, "other text"))?,
            other => return Err(self.wrong_type(EXPECTED, kind_name(other))),
        };
        if number.is_finite() {
            Ok(number)
        } else {
            Err(self.not_finite())
        }
    }

    /// `true` or `false`; in sources of text also `yes`, `no`, `on`, `off`, `1` and `0`.
    pub(crate) fn flag(&self, value: &Value) -> Result<bool, ConfigError> {
        const EXPECTED: &str = "`true` or `false`";
        match &value.kind {
            ValueKind::Boolean(flag) => Ok(*flag),
            ValueKind::String(text) if self.text_only => {
                match text.trim().to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "1" => Ok(true),
                    "false" | "no" | "off" | "0" => Ok(false),
                    _ => Err(self.wrong_type(EXPECTED, "other text")),
                }
            }
            other => Err(self.wrong_type(EXPECTED, kind_name(other))),
        }
    }

    /// Text with at least one character.
    pub(crate) fn text(&self, value: Value) -> Result<String, ConfigError> {
        match value.kind {
            ValueKind::String(text) if text.is_empty() => {
                Err(self.wrong_type(NOT_EMPTY, "empty text"))
            }
            ValueKind::String(text) => Ok(text),
            other => Err(self.wrong_type(NOT_EMPTY, kind_name(&other))),
        }
    }

    /// A path; a relative one starts where the place says.
    pub(crate) fn path(&self, value: Value) -> Result<PathBuf, ConfigError> {
        Ok(self.base.join(self.text(value)?))
    }

    /// The name of a key source.
    pub(crate) fn key_source(&self, value: Value) -> Result<KeySourceKind, ConfigError> {
        let text = match value.kind {
            ValueKind::String(text) => text,
            other => return Err(self.wrong_type(KeySourceKind::NAMES, kind_name(&other))),
        };
        KeySourceKind::from_name(&text)
            .ok_or_else(|| self.wrong_type(KeySourceKind::NAMES, "other text"))
    }

    /// Text that is kept secret. A number is refused: YAML's `0123` would not be what was typed.
    pub(crate) fn secret(&self, value: Value) -> Result<SecretString, ConfigError> {
        self.text(value).map(SecretString::from)
    }

    /// Refuses a value that SOPS encrypted and nobody decrypted.
    pub(crate) fn refuse_encrypted(&self, value: &Value) -> Result<(), ConfigError> {
        match &value.kind {
            ValueKind::String(text) if text.trim_start().starts_with(SOPS_MARK) => {
                Err(ConfigError::EncryptedValue {
                    layer: self.layer.clone(),
                    key: self.key.to_owned(),
                })
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn unknown_key(&self) -> ConfigError {
        ConfigError::UnknownKey {
            layer: self.layer.clone(),
            key: printable_key(self.key),
            nearest: schema::nearest(self.key),
        }
    }

    pub(crate) fn wrong_type(&self, expected: &'static str, found: &'static str) -> ConfigError {
        ConfigError::WrongType {
            layer: self.layer.clone(),
            key: self.key.to_owned(),
            expected,
            found,
        }
    }

    fn not_finite(&self) -> ConfigError {
        ConfigError::NotFinite {
            layer: self.layer.clone(),
            key: self.key.to_owned(),
        }
    }
}

/// What a value is, for messages: its kind and never its content.
pub(crate) fn kind_name(kind: &ValueKind) -> &'static str {
    match kind {
        ValueKind::Nil => "nothing",
        ValueKind::Boolean(_) => "a boolean",
        ValueKind::I64(_) | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => {
            "a whole number"
        }
        ValueKind::Float(_) => "a fractional number",
        ValueKind::String(_) => "text",
        ValueKind::Table(_) => "a table",
        ValueKind::Array(_) => "a list",
    }
}
