//! One encrypted connection of sqlx, keyed and proved.

use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions as _, Connection as _};
use sqlx_sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::runtime::Handle;

use crate::apply::apply_key_in_memory;
use crate::inspect::absolute;
use crate::{
    CipherError, CipherKey, DerivedKey, UnlockOptions, apply_derived_key, is_sqlcipher_available,
    no_follow_vfs, unlock,
};

/// The name that stands for a private database in memory.
const IN_MEMORY: &str = ":memory:";

/// Opens one encrypted connection.
///
/// The counterpart of `kstlib.db.aiosqlcipher.connect`, and of [`SqliteConnection`]'s own
/// `connect`: the result is an ordinary sqlx connection, with foreign keys enforced and a busy
/// timeout of 5 s. The file is treated as in [`unlock`]. `:memory:` gives a private database in
/// memory, which SQLCipher never encrypts; the key is for files that are attached to it, and
/// [`create_if_missing`](UnlockOptions::create_if_missing) says whether those may be new.
///
/// # Errors
///
/// - everything that [`unlock`] answers, at the call rather than at the first query
/// - [`CipherError::Driver`]: sqlx could not open the connection
/// - [`CipherError::NoRuntime`]: there is no tokio runtime
///
/// # Cancel safety
///
/// Dropping the future closes what was opened. A key derivation that has begun runs to its end on
/// its blocking thread, and a new file that was asked for may still appear, whole.
///
/// # Security
///
/// The key goes through the C interface; it is in no connect option, SQL text or log.
///
/// # Example
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// # if !kstdb_cipher::is_sqlcipher_available() { return Ok(()) }
/// use kstdb_cipher::{CipherKey, UnlockOptions, connect};
///
/// let dir = tempfile::tempdir()?;
/// let key = CipherKey::passphrase("correct horse battery staple")?;
/// let options = UnlockOptions::new().create_if_missing(true);
/// let mut connection = connect(dir.path().join("app.db"), &key, &options).await?;
/// sqlx::query("CREATE TABLE notes (text TEXT)").execute(&mut connection).await?;
/// // Before the program ends: dropping a connection leaves closing it to a thread of its own.
/// sqlx::Connection::close(connection).await?;
/// # Ok(())
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// #     tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
/// # }
/// ```
pub async fn connect(
    path: impl AsRef<Path>,
    key: &CipherKey,
    options: &UnlockOptions,
) -> Result<SqliteConnection, CipherError> {
    let runtime = Handle::try_current().map_err(|_| CipherError::NoRuntime)?;
    if path.as_ref() == Path::new(IN_MEMORY) {
        return connect_in_memory(key, options).await;
    }
    let path = absolute(path.as_ref())?;
    let (path, derived) = runtime
        .spawn_blocking({
            let (key, options) = (key.duplicate(), *options);
            move || {
                unlock(&path, &key, &options).map(|unlocked| (unlocked.target, unlocked.derived))
            }
        })
        .await
        .map_err(|_| CipherError::NoRuntime)??;
    connect_file(path, &derived, options).await
}

async fn connect_file(
    path: PathBuf,
    derived: &DerivedKey,
    options: &UnlockOptions,
) -> Result<SqliteConnection, CipherError> {
    let mut file = SqliteConnectOptions::new().filename(path);
    if let Some(vfs) = no_follow_vfs() {
        file = file.vfs(vfs);
    }
    let mut connection = open(file).await?;
    with_handle(&mut connection, |handle| {
        apply_derived_key(handle, derived, options.profile)
    })
    .await?;
    // The file can have been replaced since it was unlocked: prove the key on this connection too.
    sqlx::query("SELECT count(*) FROM sqlite_schema")
        .execute(&mut connection)
        .await
        .map_err(driver("read the schema"))?;
    Ok(connection)
}

async fn connect_in_memory(
    key: &CipherKey,
    options: &UnlockOptions,
) -> Result<SqliteConnection, CipherError> {
    if !is_sqlcipher_available() {
        return Err(CipherError::NotSqlcipher);
    }
    let in_memory = SqliteConnectOptions::new()
        .filename(IN_MEMORY)
        .create_if_missing(options.create_if_missing);
    let mut connection = open(in_memory).await?;
    with_handle(&mut connection, |handle| apply_key_in_memory(handle, key)).await?;
    Ok(connection)
}

async fn open(options: SqliteConnectOptions) -> Result<SqliteConnection, CipherError> {
    options
        .serialized(true)
        .connect()
        .await
        .map_err(driver("open the connection"))
}

/// Runs something short on the raw handle.
#[expect(unsafe_code, reason = "rusqlite borrows the handle that sqlx owns")]
async fn with_handle(
    connection: &mut SqliteConnection,
    work: impl FnOnce(&rusqlite::Connection) -> Result<(), CipherError>,
) -> Result<(), CipherError> {
    let result = {
        let mut locked = connection
            .lock_handle()
            .await
            .map_err(driver("lend its handle"))?;
        let handle = locked.as_raw_handle().as_ptr();
        // SAFETY: the handle is open and nobody else uses it while `locked` lives, which outlives
        // `borrowed`; a connection made in this way neither closes the handle nor keeps it.
        // https://sqlite.org/c3ref/sqlite3.html
        let borrowed = unsafe { rusqlite::Connection::from_handle(handle) }
            .map_err(CipherError::sqlite("lend its handle"))?;
        work(&borrowed)
    };
    // sqlx can hang if the handle is locked again right after this: a ping lets its worker settle.
    connection.ping().await.map_err(driver("answer a ping"))?;
    result
}

fn driver(context: &'static str) -> impl FnOnce(sqlx::Error) -> CipherError {
    move |source| CipherError::Driver { context, source }
}
