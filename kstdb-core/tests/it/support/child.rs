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

/// Prepares to run one test of this binary alone, in a process that is not root: root has every
/// right, whatever the mode of a file.
#[cfg(target_os = "linux")]
pub(crate) fn unprivileged(test: &str) -> std::io::Result<Command> {
    use std::os::unix::process::CommandExt as _;

    const NOBODY: u32 = 65_534;
    let command = child(test)?;
    if !rustix::process::geteuid().is_root() {
        return Ok(command);
    }
    // The path of the program can lead through directories of root alone.
    let mut unprivileged = Command::new("/proc/self/exe");
    unprivileged
        .args(command.get_args())
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY);
    Ok(unprivileged)
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
