//! Variants of errors that come of no behaviour with a module of its own.

use std::process::Command;

use kstdb_config::{ConfigError, DbConfig};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Tells the child that it is one.
const CHILD: &str = "KSTDB_CONFIG_TEST_CHILD";

#[cfg(unix)]
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "this is how a child knows that it is one"
)]
fn without_a_working_directory_there_are_no_settings() -> TestResult {
    let name = "error_variants::without_a_working_directory_there_are_no_settings";
    if std::env::var_os(CHILD).is_none() {
        let mut child = Command::new(std::env::current_exe()?);
        let output = child.args(["--exact", name]).env(CHILD, "1").output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let passed = output.status.success() && stdout.contains("1 passed");
        assert!(passed, "{stdout}");
        return Ok(());
    }
    let gone = tempfile::tempdir()?;
    std::env::set_current_dir(gone.path())?;
    gone.close()?;
    let refused = DbConfig::loader().load();
    let unknown = matches!(refused, Err(ConfigError::WorkingDirectory { .. }));
    assert!(unknown, "{refused:?}");
    Ok(())
}
