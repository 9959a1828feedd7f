//! What a run was made with: cases of another commit or another library prove nothing of this one.

use std::process::Command;

use serde_json::{Value, json};

/// The sources and the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin(Value);

impl Origin {
    /// Of this program.
    pub(super) fn here() -> Self {
        let library = kstdb_core::cipher::library();
        Self(json!({
            "commit": commit(),
            "sqlite": library.sqlite_version,
            "sqlcipher": library.cipher_version,
        }))
    }

    /// Of the first line of a file.
    pub(super) fn of(line: &Value) -> Self {
        let part = |name: &str| line.get(name).cloned().unwrap_or_default();
        Self(json!({
            "commit": part("commit"),
            "sqlite": part("sqlite"),
            "sqlcipher": part("sqlcipher"),
        }))
    }

    /// The line with these parts.
    pub(super) fn in_line(&self, mut line: Value) -> Value {
        if let Some((line, origin)) = line.as_object_mut().zip(self.0.as_object()) {
            line.extend(origin.clone());
        }
        line
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What git says of the sources; `null` without git.
fn commit() -> Option<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty", "--abbrev=40"]);
    let said = git.current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    (said.status.success() && !text.is_empty()).then(|| text.trim().to_owned())
}
