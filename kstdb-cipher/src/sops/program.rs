//! Runs the `sops` program: no shell, fixed arguments, a time limit, a size limit.

use std::env;
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::{SopsError, SopsExit};

/// How long to wait between two looks at a program that has closed its output but not ended.
const EXIT_POLL_INTERVAL: Duration = Duration::from_millis(2);

/// Finds the program: an absolute path as it is, a name in the directories of `PATH`.
pub(super) fn find(program: &Path) -> Result<PathBuf, SopsError> {
    #[expect(clippy::disallowed_methods, reason = "PATH is not a setting")]
    let search_path = env::var_os("PATH").unwrap_or_default();
    find_in(program, &search_path)
}

fn find_in(program: &Path, search_path: &OsStr) -> Result<PathBuf, SopsError> {
    let program = program.to_path_buf();
    if program.is_absolute() {
        return Ok(program);
    }
    if program.components().count() != 1 || program.file_name().is_none() {
        return Err(SopsError::ProgramPathRelative { program });
    }
    let mut with_suffix = program.as_os_str().to_owned();
    with_suffix.push(env::consts::EXE_SUFFIX);
    // An empty or relative entry would run whatever lies in the working directory.
    env::split_paths(search_path)
        .filter(|directory| directory.is_absolute())
        .flat_map(|directory| [directory.join(&program), directory.join(&with_suffix)])
        .find(|candidate| is_executable(candidate))
        .ok_or(SopsError::ProgramNotFound { program })
}

/// Runs `sops --disable-version-check decrypt --output-type json FILE` and gives its output.
///
/// If something that `sops` started keeps its output open, the thread that reads it stays behind
/// until that ends; the caller gets its answer in time.
pub(super) fn decrypt(
    program: &Path,
    file: &Path,
    timeout: Duration,
    max_output_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let path = file.to_path_buf();
    // Absolute, so that no name is taken for an option.
    let file =
        std::path::absolute(file).and_then(|file| file.metadata().map(|metadata| (file, metadata)));
    let file = match file {
        Ok((file, metadata)) if metadata.is_file() => file,
        Ok(_) => return Err(SopsError::NotAFile { path }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(SopsError::FileNotFound { path });
        }
        Err(source) => return Err(SopsError::Io { path, source }),
    };
    let started = Instant::now();
    let not_run = |source| SopsError::ProgramNotRun {
        program: program.to_path_buf(),
        source,
    };
    let child = Command::new(program)
        .args([
            "--disable-version-check",
            "decrypt",
            "--output-type",
            "json",
        ])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| match source.kind() {
            ErrorKind::NotFound => SopsError::ProgramNotFound {
                program: program.to_path_buf(),
            },
            _ => not_run(source),
        })?;
    let mut child = Reaped(child);
    let time_is_up = || SopsError::Timeout {
        path: path.clone(),
        limit: timeout,
    };
    let output = child.read_output(max_output_bytes, || {
        timeout.saturating_sub(started.elapsed())
    });
    let output = match output.ok_or_else(time_is_up)?.map_err(not_run)? {
        Output::Complete(output) => output,
        Output::TooLarge => {
            return Err(SopsError::OutputTooLarge {
                path,
                limit_bytes: max_output_bytes,
            });
        }
    };
    let status = loop {
        if let Some(status) = child.0.try_wait().map_err(not_run)? {
            break status;
        }
        if started.elapsed() >= timeout {
            return Err(time_is_up());
        }
        thread::sleep(EXIT_POLL_INTERVAL);
    };
    finish(path, status, output)
}

fn finish(
    path: PathBuf,
    status: ExitStatus,
    output: Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    match SopsExit::from_status(status) {
        None => Ok(output),
        Some(exit) => Err(SopsError::Failed { path, exit }),
    }
}

/// A child process that is stopped and reaped when it is dropped.
struct Reaped(Child);

/// What the program printed.
enum Output {
    Complete(Zeroizing<Vec<u8>>),
    TooLarge,
}

impl Reaped {
    /// Reads what the program prints, on a thread of its own; `None` when the time is up.
    fn read_output(
        &mut self,
        max_bytes: usize,
        time_left: impl Fn() -> Duration,
    ) -> Option<std::io::Result<Output>> {
        let stdout = self.0.stdout.take();
        let (sender, receiver) = mpsc::channel();
        let reader = thread::Builder::new()
            .name("kstdb-sops".to_owned())
            .spawn(move || {
                // Nobody listens any more if the time is up; the output is wiped then too.
                let _ = sender.send(read_to_limit(stdout, max_bytes));
            });
        match reader {
            Ok(_detached) => receiver.recv_timeout(time_left()).ok(),
            Err(error) => Some(Err(error)),
        }
    }
}

impl Drop for Reaped {
    fn drop(&mut self) {
        // Both fail only if it has ended and been waited for, which is what they are for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads into a buffer that never moves, so that wiping it wipes everything.
fn read_to_limit(source: Option<impl Read>, max_bytes: usize) -> std::io::Result<Output> {
    let mut buffer = Zeroizing::new(vec![0; max_bytes.saturating_add(1)]);
    let mut length = 0;
    let Some(mut source) = source else {
        return Ok(Output::TooLarge);
    };
    loop {
        match source.read(&mut buffer[length..]) {
            Ok(0) if length > max_bytes => return Ok(Output::TooLarge),
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    buffer.truncate(length);
    Ok(Output::Complete(buffer))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_name_is_looked_up_in_absolute_directories_only() {
        let found = |name: &str, search_path: &str| find_in(Path::new(name), search_path.as_ref());
        assert!(found("sh", "/nowhere:/bin:/usr/bin").is_ok_and(|path| path.is_absolute()));
        assert!(matches!(
            found("sh", ".::bin"),
            Err(SopsError::ProgramNotFound { .. })
        ));
        assert!(matches!(
            found("sh", ""),
            Err(SopsError::ProgramNotFound { .. })
        ));
        assert!(matches!(
            found("no-such", "/bin"),
            Err(SopsError::ProgramNotFound { .. })
        ));
        for relative in ["./sops", "bin/sops", "..", ""] {
            let refused = found(relative, "/bin");
            assert!(
                matches!(refused, Err(SopsError::ProgramPathRelative { .. })),
                "{relative}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_is_taken_whole_and_must_be_executable() -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("sops-3.11");
        std::fs::write(&file, "")?;
        let found = || find_in(Path::new("sops-3.11"), dir.path().as_os_str());
        assert!(matches!(found(), Err(SopsError::ProgramNotFound { .. })));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700))?;
        assert!(found().is_ok_and(|path| path == file));
        Ok(())
    }

    #[test]
    fn output_at_the_limit_is_complete() -> std::io::Result<()> {
        for (length, complete) in [(0, true), (8, true), (9, false), (100, false)] {
            let output = read_to_limit(Some(&vec![b'x'; length][..]), 8)?;
            assert_eq!(matches!(output, Output::Complete(_)), complete, "{length}");
        }
        Ok(())
    }
}
