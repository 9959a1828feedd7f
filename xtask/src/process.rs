//! Runs programs whose terminal and exit code belong to the user.

use std::fmt;
use std::process::{Command, ExitStatus};

use anyhow::Context as _;

/// A program that xtask started on the user's behalf has failed and has said why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exit {
    /// The code to end with: the program's own, or 128 + the signal that killed it.
    pub(crate) code: u8,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.code)
    }
}

impl std::error::Error for Exit {}

/// Runs a program on the user's own stdin, stdout and stderr.
///
/// [`xshell::Cmd::run`] closes stdin, so a prompt could not read from the terminal.
///
/// # Errors
///
/// - the program cannot be started
/// - [`Exit`]: it ends with another code than 0
pub(crate) fn hand_over(mut command: Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(Exit {
            code: exit_code(status),
        }
        .into())
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    status
        .code()
        .or_else(|| signal_code(status))
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
}

#[cfg(unix)]
fn signal_code(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal().map(|signal| 128 + signal)
}

#[cfg(not(unix))]
fn signal_code(_: ExitStatus) -> Option<i32> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn run(script: &str) -> Option<Exit> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        hand_over(command)
            .err()
            .and_then(|error| error.downcast().ok())
    }

    #[test]
    fn exit_code_of_the_program_is_kept() {
        assert_eq!(run("exit 0"), None);
        assert_eq!(run("exit 7"), Some(Exit { code: 7 }));
    }

    #[test]
    fn killed_program_ends_with_the_signal() {
        assert_eq!(run("kill -9 $$"), Some(Exit { code: 137 }));
    }

    #[test]
    fn program_that_is_not_there_is_named() {
        let error = hand_over(Command::new("kstdb-no-such-program"));
        assert!(error.is_err_and(|error| error.to_string().contains("kstdb-no-such-program")));
    }
}
