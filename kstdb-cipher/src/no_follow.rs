//! Opening files by their own name: never through a symbolic link that was put there meanwhile.
//!
//! A file is looked at before SQLite opens it, and a name can lead elsewhere a moment later. SQLite
//! has [`SQLITE_OPEN_NOFOLLOW`](https://sqlite.org/c3ref/open.html) for that, which refuses a link
//! anywhere in the path; so the directories are resolved first. sqlx offers no way to pass that
//! flag: for its connections there is a VFS that is SQLite's own but for this rule.
#![cfg_attr(unix, expect(unsafe_code, reason = "a VFS is a table of C functions"))]

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

/// Removes the symbolic links from a path; the last name stays as it is unless it is a link itself
/// that leads somewhere.
pub(crate) fn resolve(path: &Path, is_symlink: bool) -> PathBuf {
    if cfg!(not(unix)) {
        return path.to_path_buf();
    }
    if is_symlink {
        return path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    }
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return path.to_path_buf();
    };
    parent
        .canonicalize()
        .map_or_else(|_| path.to_path_buf(), |parent| parent.join(name))
}

/// Opens a file that is no symbolic link, for one thread at a time.
pub(crate) fn open(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let mut flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if cfg!(unix) {
        flags |= OpenFlags::SQLITE_OPEN_NOFOLLOW;
    }
    Connection::open_with_flags(resolve(path, false), flags)
}

/// Opens a file that is no symbolic link and that nobody changes: without locks and without looking at
/// what lies beside it.
pub(crate) fn open_immutable(path: &Path) -> rusqlite::Result<Connection> {
    use std::fmt::Write as _;

    let mut uri = "file:".to_owned();
    for byte in resolve(path, false).as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte));
            }
            // Writing to a string does not fail.
            other => drop(write!(uri, "%{other:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    if cfg!(unix) {
        flags |= OpenFlags::SQLITE_OPEN_NOFOLLOW;
    }
    Connection::open_with_flags(uri, flags)
}

/// Gives the name of a VFS that opens files like SQLite's default one, and refuses a path with a
/// symbolic link in it; `None` where there is none.
///
/// For connections that cannot be opened with `SQLITE_OPEN_NOFOLLOW`: give it to
/// [`SqliteConnectOptions::vfs`](sqlx_sqlite::SqliteConnectOptions::vfs), with the path that
/// [`Unlocked::target`](crate::Unlocked::target) or [`FileReport::target`](crate::FileReport::target)
/// names. Connections through it and through the default VFS share a file as usual.
#[must_use]
pub fn no_follow_vfs() -> Option<&'static str> {
    #[cfg(unix)]
    return vfs::name();
    #[cfg(not(unix))]
    return None;
}

#[cfg(unix)]
mod vfs {
    //! The default VFS of SQLite, but for one function.

    use std::ffi::{CStr, c_char, c_int};
    use std::sync::OnceLock;

    use libsqlite3_sys as ffi;

    const NAME: &CStr = c"kstdb-no-follow";

    /// What `xFullPathname` answers for a path with a symbolic link in it: an answer that SQLite
    /// keeps to itself, `SQLITE_OK_SYMLINK`.
    const OK_SYMLINK: c_int = 0x200;

    type FullPathname =
        unsafe extern "C" fn(*mut ffi::sqlite3_vfs, *const c_char, c_int, *mut c_char) -> c_int;

    /// The function of the default VFS that is asked first.
    static FULL_PATHNAME: OnceLock<FullPathname> = OnceLock::new();

    /// Registers the VFS once, and gives its name if that succeeded.
    pub(super) fn name() -> Option<&'static str> {
        static REGISTERED: OnceLock<bool> = OnceLock::new();
        REGISTERED
            .get_or_init(|| register().is_some())
            .then(|| NAME.to_str().ok())
            .flatten()
    }

    fn register() -> Option<()> {
        // SAFETY: a null name asks for the default VFS; this initialises SQLite.
        // https://sqlite.org/c3ref/vfs_find.html
        let default = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
        // SAFETY: SQLite answers null, or a VFS that stays where it is as long as it is registered,
        // which the default one always is. https://sqlite.org/c3ref/vfs.html
        let mut own = *unsafe { default.as_ref() }?;
        FULL_PATHNAME.set(own.xFullPathname?).ok()?;
        own.zName = NAME.as_ptr();
        own.pNext = std::ptr::null_mut();
        own.xFullPathname = Some(refuse_links);
        // SAFETY: the VFS is whole and lives for ever, with the name that it points to; its other
        // functions are those of the default VFS, which take any VFS whose data they have put in
        // `pAppData`: `unix-excl` and `unix-none` are made in the same way. It does not become the
        // default. https://sqlite.org/c3ref/vfs_find.html
        let code = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(own)), 0) };
        (code == ffi::SQLITE_OK).then_some(())
    }

    /// Makes a path absolute as the default VFS does, and refuses it if there is a link in it.
    unsafe extern "C" fn refuse_links(
        vfs: *mut ffi::sqlite3_vfs,
        name: *const c_char,
        length: c_int,
        out: *mut c_char,
    ) -> c_int {
        let Some(full_pathname) = FULL_PATHNAME.get() else {
            return ffi::SQLITE_CANTOPEN;
        };
        // SAFETY: the arguments are those that SQLite gave, for the function that they are for.
        // https://sqlite.org/c3ref/vfs.html
        match unsafe { full_pathname(vfs, name, length, out) } {
            OK_SYMLINK => ffi::SQLITE_CANTOPEN_SYMLINK,
            code => code,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    const READ: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY;

    #[test]
    fn a_link_is_refused_at_its_place_and_followed_above_it() -> TestResult {
        let dir = tempfile::tempdir()?;
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "")?;
        symlink(&file, &link)?;
        let directory_link = dir.path().join("directory");
        symlink(dir.path(), &directory_link)?;
        open(&file, READ)?;
        open(&directory_link.join("file"), READ)?;
        let refused = open(&link, READ).err().ok_or("it was opened")?;
        let code = refused.sqlite_error().map(|error| error.extended_code);
        assert_eq!(code, Some(libsqlite3_sys::SQLITE_CANTOPEN_SYMLINK));
        assert_eq!(resolve(&link, true), resolve(&file, false));
        Ok(())
    }

    #[test]
    fn the_vfs_refuses_links_and_is_the_default_one_otherwise() -> TestResult {
        let dir = tempfile::tempdir()?;
        let file = resolve(&dir.path().join("file"), false);
        let link = file.with_file_name("link");
        symlink(&file, &link)?;
        let vfs = std::ffi::CString::new(no_follow_vfs().ok_or("no VFS")?)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let through = Connection::open_with_flags_and_vfs(&file, flags, vfs.as_c_str())?;
        through.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n)")?;
        // Both see the same locks and the same write-ahead log.
        let plain = Connection::open(&file)?;
        plain.busy_timeout(std::time::Duration::ZERO)?;
        through.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")?;
        assert!(plain.execute_batch("BEGIN IMMEDIATE").is_err());
        through.execute_batch("COMMIT")?;
        let count: i64 = plain.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?;
        assert_eq!(count, 1);
        let refused = Connection::open_with_flags_and_vfs(&link, flags, vfs.as_c_str());
        assert!(refused.is_err_and(|error| error.sqlite_error_code().is_some()));
        Ok(())
    }
}
