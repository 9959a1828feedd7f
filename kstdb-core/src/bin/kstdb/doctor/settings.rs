//! Where each setting came from, and whether the key source yields a key.

use kstdb_core::{CipherKey, DbConfig};

use super::report::{Mark, Report};
use crate::error::chain;
use crate::flags::Shared;
use crate::key::Key;
use crate::open;
use crate::prompt::Ask;

/// Reads the settings; `None` if they cannot be used.
pub(super) fn examine(shared: &Shared, report: &mut Report) -> Option<DbConfig> {
    let config = match open::settings(shared) {
        Ok(config) => config,
        Err(error) => {
            report.add(Mark::Wrong, "settings", chain(&error));
            return None;
        }
    };
    for setting in config.settings() {
        let mark = if setting.clamped.is_some() {
            Mark::Warning
        } else {
            Mark::Note
        };
        report.add(mark, "setting", setting.to_string());
    }
    Some(config)
}

/// What is known of the key.
pub(super) enum KeyState {
    /// Nothing names one.
    Unnamed,
    /// It is named, and cannot be had.
    Missing,
    /// It is here.
    Present(CipherKey),
}

/// Fetches the key and says where it came from, never what it is.
pub(super) fn examine_key(shared: &Shared, config: &DbConfig, report: &mut Report) -> KeyState {
    let Some(key) = Key::choose(&shared.key, config) else {
        report.add(Mark::Note, "key", "no option and no setting names a key");
        return KeyState::Unnamed;
    };
    match key.resolve(Ask::Once) {
        Ok(resolved) => {
            let kind = format!("{:?}", resolved.kind());
            report.add(
                Mark::Ok,
                "key",
                format!("{} yields a key ({kind})", key.describe()),
            );
            KeyState::Present(resolved)
        }
        Err(error) => {
            report.add(Mark::Wrong, "key", chain(&error));
            KeyState::Missing
        }
    }
}
