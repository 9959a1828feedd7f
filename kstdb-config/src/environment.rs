//! The environment variables: a snapshot, and the settings that it holds.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use config::{Value, ValueKind};

use crate::convert::{NOT_EMPTY, Place};
use crate::document;
use crate::error::ConfigError;
use crate::format::printable_key;
use crate::merge::Partial;
use crate::provenance::Layer;

/// What the name of every variable that is a setting begins with.
const PREFIX: &str = "KSTDB__";

/// The variables of a process, or those that a program gives in their place.
pub(crate) struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The variables of this process. The only place of kstdb-config that asks for them.
    pub(crate) fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    /// A variable as a path; one that is empty counts as unset.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0
            .get(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    }

    /// The settings in variables such as `KSTDB__DB__POOL__MAX_SIZE`. Every variable that begins
    /// with `KSTDB__` must be one.
    pub(crate) fn settings(&self, working_dir: &Path) -> Result<Partial, ConfigError> {
        let mut partial = Partial::default();
        for (name, value) in &self.0 {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let layer = Layer::Environment {
                variable: printable_key(name),
            };
            let key = rest.to_ascii_lowercase().replace("__", ".");
            let place = Place {
                key: &key,
                layer: &layer,
                text_only: true,
                base: working_dir,
            };
            if variable(&key) != *name {
                return Err(place.unknown_key());
            }
            let text = value
                .to_str()
                .ok_or_else(|| place.wrong_type(NOT_EMPTY, "text that is not Unicode"))?;
            let value = Value::new(None, ValueKind::String(text.to_owned()));
            document::set(value, &place, &mut partial)?;
        }
        Ok(partial)
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    /// Takes every variable whose name is Unicode: no other name means anything here.
    fn from_iter<I: IntoIterator<Item = (OsString, OsString)>>(variables: I) -> Self {
        let named = |(name, value): (OsString, OsString)| {
            let name = name.into_string().ok()?;
            // Windows does not tell upper from lower case in names.
            Some((
                if cfg!(windows) {
                    name.to_ascii_uppercase()
                } else {
                    name
                },
                value,
            ))
        };
        Self(variables.into_iter().filter_map(named).collect())
    }
}

/// The variable of a setting. Only upper case counts, so that no two variables mean the same.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}
