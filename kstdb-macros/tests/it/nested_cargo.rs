//! Settings of the cargo runs that tests start.

use std::fs;
use std::io;
use std::path::Path;

/// Each case links SQLCipher, sqlx and tokio: with debug info that is 60 MB a case.
const SETTINGS: &str = "[profile.dev]\ndebug = false\n";

/// Lets every cargo that runs below the target directory leave debug info out.
pub(crate) fn leave_debug_info_out() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../.cargo");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("config.toml"), SETTINGS)
}
