//! The table of one settings file as what it includes and what it sets.
//!
//! Only the top-level keys `include` and `db` have a meaning here. Everything else belongs to
//! somebody else: a `kstlib.conf.yml` also holds logging, secrets and more.

use config::{Map, Value, ValueKind};

use crate::convert::{Place, kind_name};
use crate::error::ConfigError;
use crate::merge::{Given, Partial};
use crate::schema;

/// What one settings file says, its includes not yet read.
pub(crate) struct Document {
    /// The names of the included files, lowest first.
    pub(crate) includes: Vec<String>,
    /// What the file itself sets.
    pub(crate) own: Partial,
}

impl Document {
    /// Reads a file's table; `top` is the place of the file as a whole.
    pub(crate) fn read(
        mut table: Map<String, Value>,
        top: &Place<'_>,
    ) -> Result<Self, ConfigError> {
        let includes = match table.remove("include") {
            Some(value) => includes(
                value,
                &Place {
                    key: "include",
                    ..*top
                },
            )?,
            None => Vec::new(),
        };
        let mut own = Partial::default();
        if let Some(value) = table.remove("db") {
            section(value, &Place { key: "db", ..*top }, &mut own)?;
        }
        Ok(Self { includes, own })
    }
}

/// Puts one value where its key says. A `null` sets nothing, but its key must be known.
pub(crate) fn set(value: Value, at: &Place<'_>, partial: &mut Partial) -> Result<(), ConfigError> {
    fn given<T>(value: T, at: &Place<'_>) -> Option<Given<T>> {
        Some(Given {
            value,
            layer: at.layer.clone(),
        })
    }

    if !schema::is_setting(at.key) {
        return Err(at.unknown_key());
    }
    if matches!(value.kind, ValueKind::Nil) {
        return Ok(());
    }
    at.refuse_encrypted(&value)?;
    match at.key {
        "db.pool.min_size" => partial.min_size = given(at.count(&value)?, at),
        "db.pool.max_size" => partial.max_size = given(at.count(&value)?, at),
        "db.pool.acquire_timeout" => partial.acquire_timeout = given(at.seconds(&value)?, at),
        "db.retry.max_attempts" => partial.max_attempts = given(at.count(&value)?, at),
        "db.retry.delay" => partial.delay = given(at.seconds(&value)?, at),
        "db.cipher.enabled" => partial.enabled = given(at.flag(&value)?, at),
        "db.cipher.key_source" => partial.key_source = given(at.key_source(value)?, at),
        "db.cipher.key_env" => partial.key_env = given(at.text(value)?, at),
        "db.cipher.sops_path" => partial.sops_path = given(at.path(value)?, at),
        "db.cipher.sops_key" => partial.sops_key = given(at.text(value)?, at),
        "db.cipher.sops_identity" => partial.sops_identity = given(at.path(value)?, at),
        "db.cipher.key_file" => partial.key_file = given(at.path(value)?, at),
        "db.cipher.credential" => partial.credential = given(at.text(value)?, at),
        "db.cipher.keyring_service" => partial.keyring_service = given(at.text(value)?, at),
        "db.cipher.keyring_user" => partial.keyring_user = given(at.text(value)?, at),
        "db.cipher.passphrase" => partial.passphrase = given(at.secret(value)?, at),
        _ => return Err(at.unknown_key()),
    }
    Ok(())
}

fn section(value: Value, at: &Place<'_>, partial: &mut Partial) -> Result<(), ConfigError> {
    at.refuse_encrypted(&value)?;
    let table = match value.kind {
        ValueKind::Table(table) => table,
        ValueKind::Nil => return Ok(()),
        other => return Err(at.wrong_type("a table of settings", kind_name(&other))),
    };
    // In the order of their names, so that of two faults always the same one is reported.
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    for (name, value) in entries {
        // A dot inside a name makes no path: the quotes show it and keep it from being known.
        let quote = if name.contains('.') { "\"" } else { "" };
        let key = format!("{}.{quote}{name}{quote}", at.key);
        let at = Place { key: &key, ..*at };
        if schema::is_section(&key) {
            section(value, &at, partial)?;
        } else {
            set(value, &at, partial)?;
        }
    }
    Ok(())
}

/// The file names of an `include`: one, a list, or nothing.
fn includes(value: Value, at: &Place<'_>) -> Result<Vec<String>, ConfigError> {
    const EXPECTED: &str = "a file name or a list of file names";
    at.refuse_encrypted(&value)?;
    let items = match value.kind {
        ValueKind::Nil => return Ok(Vec::new()),
        ValueKind::String(name) if name.trim().is_empty() => return Ok(Vec::new()),
        ValueKind::String(name) => return Ok(vec![name]),
        ValueKind::Array(items) => items,
        other => return Err(at.wrong_type(EXPECTED, kind_name(&other))),
    };
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        at.refuse_encrypted(&item)?;
        match item.kind {
            ValueKind::String(name) if !name.trim().is_empty() => names.push(name),
            ValueKind::String(_) | ValueKind::Nil => {
                tracing::warn!(layer = %at.layer, "blank item of `include` ignored");
            }
            other => return Err(at.wrong_type(EXPECTED, kind_name(&other))),
        }
    }
    Ok(names)
}
