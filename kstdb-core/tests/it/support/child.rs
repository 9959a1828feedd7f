//! One test alone in a process of its own: for counters, logs and environments of a process.

use std::process::Command;

use super::TestResult;

const VARIABLE: &str = "KSTDB_CORE_TEST_CHILD";

/// Prepares to run one test of this binary alone.
pub(crate) fn child(test: &str) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(VARIABLE, test);
    Ok(command)
}

/// Tells whether this process was started by [`child`] for this test.
#[expect(
    clippy::disallowed_methods,
    reason = "this is how a child knows that it is one"
)]
pub(crate) fn is_child(test: &str) -> bool {
    std::env::var(VARIABLE).is_ok_and(|name| name == test)
}

/// Runs the test again, alone, and passes if it passes there.
pub(crate) fn in_a_child(test: &str) -> TestResult {
    let output = child(test)?.output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{stdout}{stderr}"
    );
    // Not on another thread either.
    assert!(!stderr.contains("panicked"), "{stderr}");
    Ok(())
}
