//! The sources of identities, read one after the other until one fits.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use zeroize::Zeroizing;

use super::super::age_file::BoxedIdentity;
use super::{Environment, parse};
use crate::sops::child::{self, Ended, Output, read_to_limit};
use crate::sops::{IdentityAttempt, IdentityCommands, IdentityOutcome, SopsSource};

/// Bytes that a file of identities, or the output of a command, may have.
const MAX_IDENTITY_BYTES: usize = 64 * 1024;

/// The recipient that a command shall give the identity of.
const RECIPIENT_VARIABLE: &str = "SOPS_AGE_RECIPIENT";

/// Identities that are read when they are needed. Problems of one source count only if none fits.
pub(in crate::sops::native) struct Identities<'s> {
    settings: &'s SopsSource,
    sources: VecDeque<Source>,
    commands: Vec<(&'static str, OsString, Form)>,
    known: Vec<BoxedIdentity>,
    attempts: Vec<IdentityAttempt>,
}

struct Source {
    origin: String,
    place: Place,
    form: Form,
    /// Whether sops looks there without being told, so that nothing there is no problem.
    unasked: bool,
}

enum Place {
    File(PathBuf),
    Text(OsString),
}

#[derive(Clone, Copy)]
enum Form {
    Age,
    Ssh,
    Either,
}

impl<'s> Identities<'s> {
    /// Collects the sources: that of the settings, then those of sops in its order.
    pub(in crate::sops::native) fn new(
        settings: &'s SopsSource,
        environment: &Environment,
    ) -> Self {
        let mut identities = Self {
            settings,
            sources: VecDeque::new(),
            commands: Vec::new(),
            known: Vec::new(),
            attempts: Vec::new(),
        };
        if let Some(path) = settings.identity_path() {
            identities.file("the settings", path.to_owned(), Form::Either, false);
        }
        let file = |name| environment.variable(name).map(PathBuf::from);
        if let Some(path) = file("SOPS_AGE_SSH_PRIVATE_KEY_FILE") {
            identities.file("SOPS_AGE_SSH_PRIVATE_KEY_FILE", path, Form::Ssh, false);
        }
        identities.command("SOPS_AGE_SSH_PRIVATE_KEY_CMD", Form::Ssh, environment);
        for name in [".ssh/id_ed25519", ".ssh/id_rsa"] {
            if let Some(path) = environment.in_home(name) {
                identities.file("sops", path, Form::Ssh, true);
            }
        }
        if let Some(text) = environment.variable("SOPS_AGE_KEY") {
            identities.sources.push_back(Source {
                origin: "SOPS_AGE_KEY".to_owned(),
                place: Place::Text(text),
                form: Form::Age,
                unasked: false,
            });
        }
        if let Some(path) = file("SOPS_AGE_KEY_FILE") {
            identities.file("SOPS_AGE_KEY_FILE", path, Form::Age, false);
        }
        identities.command("SOPS_AGE_KEY_CMD", Form::Age, environment);
        if let Some(path) = environment.keys_file() {
            identities.file("sops", path, Form::Age, true);
        }
        identities
    }

    fn file(&mut self, named_by: &str, path: PathBuf, form: Form, unasked: bool) {
        self.sources.push_back(Source {
            origin: format!("{named_by}: {}", path.display()),
            place: Place::File(path),
            form,
            unasked,
        });
    }

    fn command(&mut self, name: &'static str, form: Form, environment: &Environment) {
        if let Some(command) = environment.variable(name) {
            self.commands.push((name, command, form));
        }
    }

    /// Gives the identities that have been read so far.
    pub(in crate::sops::native) fn known(&self) -> &[BoxedIdentity] {
        &self.known
    }

    /// Reads the next source and gives its identities; `None` after the last one.
    pub(in crate::sops::native) fn load_next(&mut self) -> Option<&[BoxedIdentity]> {
        let Source {
            origin,
            place,
            form,
            unasked,
        } = self.sources.pop_front()?;
        let start = self.known.len();
        let text = match place {
            Place::File(path) if unasked && !path.exists() => return Some(&[]),
            Place::File(path) => read(&path),
            Place::Text(text) => Some(Zeroizing::new(text.into_encoded_bytes())),
        };
        let mut identities = self.parse(origin, bytes(&text), form, IdentityOutcome::NotReadable);
        self.known.append(&mut identities);
        Some(&self.known[start..])
    }

    /// Runs the commands that the environment names, if the settings allow it.
    pub(in crate::sops::native) fn run_commands(&mut self, recipient: &str) -> Vec<BoxedIdentity> {
        let mut given = Vec::new();
        for (name, command, form) in std::mem::take(&mut self.commands) {
            let origin = name.to_owned();
            match self.settings.allowed_commands() {
                IdentityCommands::Run => {
                    let output = self.run(&command, recipient);
                    let failed = IdentityOutcome::CommandFailed;
                    given.append(&mut self.parse(origin, bytes(&output), form, failed));
                    self.commands.push((name, command, form));
                }
                IdentityCommands::Ignore => self.attempts.push(IdentityAttempt {
                    origin,
                    outcome: IdentityOutcome::CommandNotAllowed,
                }),
            }
        }
        given
    }

    /// Splits a command as sops does and runs it, without a shell.
    fn run(&self, command: &OsString, recipient: &str) -> Option<Zeroizing<Vec<u8>>> {
        let words = shlex::split(command.to_str()?)?;
        let (program, arguments) = words.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments).env(RECIPIENT_VARIABLE, recipient);
        let limits = (self.settings.time_limit(), MAX_IDENTITY_BYTES);
        match child::run(&mut command, limits.0, limits.1) {
            Ok(Ended::Exited(status, output)) if status.success() => Some(output),
            _ => None,
        }
    }

    /// Reads what a source gave, and notes what came of it.
    fn parse(
        &mut self,
        origin: String,
        text: Option<&[u8]>,
        form: Form,
        nothing: IdentityOutcome,
    ) -> Vec<BoxedIdentity> {
        let text = text.and_then(|text| std::str::from_utf8(text).ok());
        let parsed = match (text, form) {
            (None, _) => Err(nothing),
            (Some(text), Form::Either) if parse::is_ssh(text) => one(text),
            (Some(text), Form::Ssh) => one(text),
            (Some(text), Form::Age | Form::Either) => parse::age(text),
        };
        let (identities, outcome) = match parsed {
            Ok((identities, foreign)) => {
                let none_fits = IdentityOutcome::NoneFits(identities.len());
                (identities, foreign.unwrap_or(none_fits))
            }
            Err(outcome) => (Vec::new(), outcome),
        };
        self.attempts.push(IdentityAttempt { origin, outcome });
        identities
    }

    /// Says what came of each source.
    pub(in crate::sops::native) fn attempts(&self) -> Vec<IdentityAttempt> {
        let mut attempts = self.attempts.clone();
        attempts.dedup();
        attempts
    }
}

fn bytes(text: &Option<Zeroizing<Vec<u8>>>) -> Option<&[u8]> {
    text.as_ref().map(|text| text.as_slice())
}

fn one(text: &str) -> Result<(Vec<BoxedIdentity>, Option<IdentityOutcome>), IdentityOutcome> {
    Ok((vec![parse::ssh(text)?], None))
}

fn read(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    match read_to_limit(File::open(path).ok()?, MAX_IDENTITY_BYTES).ok()? {
        Output::Complete(bytes) => Some(bytes),
        Output::TooLarge => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AGE-SECRET-KEY-1VWHKUHK8Q5KYGPDM0YGX4S7V7E37MMS9HKT43MHZH0SUM2UHTJCQZYV2DD";

    fn fixture(name: &str) -> PathBuf {
        let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sops/keys");
        keys.join(name)
    }

    /// Reads everything there is and says what came of it.
    fn read_all(settings: &SopsSource, environment: &Environment) -> Vec<String> {
        let mut identities = Identities::new(settings, environment);
        while identities.load_next().is_some() {}
        identities.run_commands("age1recipient");
        let attempts = identities.attempts();
        attempts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sources_are_read_in_the_order_of_sops() -> std::io::Result<()> {
        let home = tempfile::tempdir()?;
        let config = home.path().join("config");
        std::fs::create_dir_all(config.join("sops/age"))?;
        std::fs::create_dir(home.path().join(".ssh"))?;
        std::fs::copy(fixture("age-id2.txt"), config.join("sops/age/keys.txt"))?;
        for (from, to) in [("ssh_ed25519", "id_ed25519"), ("ssh_rsa", "id_rsa")] {
            std::fs::copy(fixture(from), home.path().join(".ssh").join(to))?;
        }
        let variables = vec![
            ("SOPS_AGE_KEY", format!("{KEY}\n{KEY}")),
            ("SOPS_AGE_KEY_FILE", "/no/such/file".to_owned()),
            ("SOPS_AGE_KEY_CMD", "echo".to_owned()),
            (
                "SOPS_AGE_SSH_PRIVATE_KEY_FILE",
                fixture("ssh_ed25519_passphrase").display().to_string(),
            ),
            ("SOPS_AGE_SSH_PRIVATE_KEY_CMD", "echo".to_owned()),
            ("XDG_CONFIG_HOME", config.display().to_string()),
            ("AppData", config.display().to_string()),
        ];
        let environment = Environment::of_test(home.path().to_owned(), variables);
        let settings = SopsSource::new("f.yaml").identity(fixture("age-id1.txt"));
        let found = read_all(&settings, &environment);
        let expected = [
            ("the settings: ", "age-id1.txt (does not fit)"),
            (
                "SOPS_AGE_SSH_PRIVATE_KEY_FILE: ",
                "(protected by a passphrase)",
            ),
            ("sops: ", ".ssh/id_ed25519 (does not fit)"),
            ("sops: ", ".ssh/id_rsa (does not fit)"),
            ("SOPS_AGE_KEY ", "(2 identities, none fits)"),
            ("SOPS_AGE_KEY_FILE: ", "/no/such/file (not readable)"),
            ("sops: ", "keys.txt (does not fit)"),
            (
                "SOPS_AGE_SSH_PRIVATE_KEY_CMD ",
                "(commands are not allowed)",
            ),
            ("SOPS_AGE_KEY_CMD ", "(commands are not allowed)"),
        ];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, (start, end)) in found.iter().zip(expected) {
            assert!(found.starts_with(start) && found.ends_with(end), "{found}");
        }
        Ok(())
    }

    #[test]
    fn nothing_where_nobody_was_sent_is_no_problem() -> std::io::Result<()> {
        let home = tempfile::tempdir()?;
        let environment = Environment::of_test(home.path().to_owned(), Vec::new());
        assert!(read_all(&SopsSource::new("f.yaml"), &environment).is_empty());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn commands_run_without_a_shell_when_they_are_allowed() -> std::io::Result<()> {
        let home = tempfile::tempdir()?;
        let script = home.path().join("give");
        std::fs::write(
            &script,
            format!("[ \"$SOPS_AGE_RECIPIENT\" = age1a ] && echo {KEY}"),
        )?;
        let settings = SopsSource::new("f.yaml").identity_commands(IdentityCommands::Run);
        let given = |command: String, recipient: &str| {
            let variables = vec![("SOPS_AGE_KEY_CMD", command)];
            let environment = Environment::of_test(home.path().to_owned(), variables);
            let mut identities = Identities::new(&settings, &environment);
            let given = identities.run_commands(recipient).len();
            (
                given,
                identities.attempts().pop().map(|attempt| attempt.outcome),
            )
        };
        let script = format!("sh '{}'", script.display());
        let failed = Some(IdentityOutcome::CommandFailed);
        let one = Some(IdentityOutcome::NoneFits(1));
        assert_eq!(given(script.clone(), "age1a"), (1, one));
        assert_eq!(given(script, "age1b"), (0, failed));
        assert_eq!(given("no-such-program".to_owned(), "age1a"), (0, failed));
        assert_eq!(given("sh -c 'exit 1'".to_owned(), "age1a"), (0, failed));
        assert_eq!(given("echo 'unclosed".to_owned(), "age1a"), (0, failed));
        // No shell takes the second command.
        let not_an_identity = Some(IdentityOutcome::NotAnIdentity);
        let both = format!("echo x; echo {KEY}");
        assert_eq!(given(both, "age1a"), (0, not_an_identity));
        Ok(())
    }
}
