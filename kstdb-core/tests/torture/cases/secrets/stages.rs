//! What the child does, stage by stage, and how it is told to go on.

use std::io::{BufRead as _, Write as _};

use anyhow::bail;

/// Where the child is. It tells each with a line, and waits for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing is open.
    Begun,
    Opened,
    /// Rows were written and read, with errors and a panic among them.
    Used,
    /// The database has another key.
    Rekeyed,
    Closed,
}

impl Stage {
    pub(super) const ALL: [Self; 5] = [
        Self::Begun,
        Self::Opened,
        Self::Used,
        Self::Rekeyed,
        Self::Closed,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Opened => "opened",
            Self::Used => "used",
            Self::Rekeyed => "rekeyed",
            Self::Closed => "closed",
        }
    }

    /// Whether the key must be somewhere in the memory of the child.
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Opened | Self::Used | Self::Rekeyed)
    }
}

/// What the child is told at a stage.
pub(super) const GO_ON: &str = "go on";
pub(super) const ABORT: &str = "abort";

/// Tells the parent the stage, and waits for what it says.
pub(super) fn reached(stage: Stage) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", stage.name())?;
    stdout.flush()?;
    let mut said = String::new();
    std::io::stdin().lock().read_line(&mut said)?;
    match said.trim() {
        GO_ON => Ok(()),
        ABORT => std::process::abort(),
        said => bail!("the parent said {said:?}"),
    }
}
