//! A folder of its own for each input, in memory where the system has a place for that.

use std::io;

use tempfile::TempDir;

/// Makes the folder; it goes with everything in it.
pub(crate) fn folder() -> io::Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}
