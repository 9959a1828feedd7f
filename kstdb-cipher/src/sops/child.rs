//! Child processes: no shell, no input, a time limit, a size limit.

use std::io::{self, ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

/// How long to wait between two looks at a program that has closed its output but not ended.
const EXIT_POLL_INTERVAL: Duration = Duration::from_millis(2);

/// What came of a program.
pub(super) enum Ended {
    /// It ended by itself.
    Exited(ExitStatus, Zeroizing<Vec<u8>>),
    /// It printed more than it may and was stopped.
    Flooded,
    /// It was still running when its time was up and was stopped.
    TimeUp,
}

/// Runs a program and collects what it prints; its errors are thrown away.
///
/// If something that the program started keeps its output open, the thread that reads it stays
/// behind until that ends; the caller gets its answer in time.
pub(super) fn run(
    command: &mut Command,
    timeout: Duration,
    max_output_bytes: usize,
) -> io::Result<Ended> {
    let started = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut child = Reaped(child);
    let time_left = || timeout.saturating_sub(started.elapsed());
    let output = match child.read_output(max_output_bytes, time_left).transpose()? {
        None => return Ok(Ended::TimeUp),
        Some(Output::TooLarge) => return Ok(Ended::Flooded),
        Some(Output::Complete(output)) => output,
    };
    loop {
        if let Some(status) = child.0.try_wait()? {
            return Ok(Ended::Exited(status, output));
        }
        if started.elapsed() >= timeout {
            return Ok(Ended::TimeUp);
        }
        thread::sleep(EXIT_POLL_INTERVAL);
    }
}

/// A child process that is stopped and reaped when it is dropped.
struct Reaped(Child);

/// What was read.
pub(super) enum Output {
    Complete(Zeroizing<Vec<u8>>),
    TooLarge,
}

impl Reaped {
    /// Reads what the program prints, on a thread of its own; `None` when the time is up.
    fn read_output(
        &mut self,
        max_bytes: usize,
        time_left: impl Fn() -> Duration,
    ) -> Option<io::Result<Output>> {
        let Some(stdout) = self.0.stdout.take() else {
            return Some(Err(ErrorKind::BrokenPipe.into()));
        };
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
pub(super) fn read_to_limit(mut source: impl Read, max_bytes: usize) -> io::Result<Output> {
    let mut buffer = Zeroizing::new(vec![0; max_bytes.saturating_add(1)]);
    let mut length = 0;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_at_the_limit_is_complete() -> io::Result<()> {
        for (length, complete) in [(0, true), (8, true), (9, false), (100, false)] {
            let output = read_to_limit(&vec![b'x'; length][..], 8)?;
            assert_eq!(matches!(output, Output::Complete(_)), complete, "{length}");
        }
        Ok(())
    }
}
