//! The fault VFS of the torture programme does what its README says.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use libsqlite3_sys as ffi;
use rusqlite::{Connection, OpenFlags};

use crate::support::{Files, TestResult};
use crate::vfs::{Effect, Fault, Op, Reach, Recorder, Volume, register};

const ROWS: &str = "SELECT count(*) FROM t";

/// A connection through the VFS, in WAL mode.
fn open(path: &Path) -> TestResult<Connection> {
    register(false).map_err(|code| format!("SQLite takes no VFS: {code}"))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags_and_vfs(path, flags, c"kstdb-torture")?;
    connection.query_row("PRAGMA journal_mode = WAL", (), |_| Ok(()))?;
    connection.execute_batch("CREATE TABLE IF NOT EXISTS t (n)")?;
    Ok(connection)
}

fn fault(op: Op, nth: u64, effect: Effect, reach: Reach) -> Fault {
    Fault {
        op,
        nth,
        effect,
        reach,
        only: None,
    }
}

fn insert(connection: &Connection) -> Result<usize, Option<i32>> {
    let inserted = connection.execute("INSERT INTO t VALUES (1)", ());
    inserted.map_err(|error| error.sqlite_error().map(|error| error.extended_code))
}

#[test]
fn the_fault_strikes_the_nth_operation_and_passes() -> TestResult {
    let files = Files::new()?;
    let volume = Volume::mount(files.dir());
    let connection = open(&files.db())?;
    for (op, effect, code) in [
        (
            Op::Sync,
            Effect::Refuse(Op::Sync.refused()),
            ffi::SQLITE_IOERR_FSYNC,
        ),
        (
            Op::Write,
            Effect::Refuse(Op::Write.refused()),
            ffi::SQLITE_IOERR_WRITE,
        ),
        (Op::Write, Effect::ShortWrite, ffi::SQLITE_FULL),
    ] {
        let before = volume.strikes();
        volume.arm(fault(op, 2, effect, Reach::ForEver));
        // The second commit syncs the WAL for the second time; a commit writes more than once.
        let outcomes = [insert(&connection), insert(&connection)];
        assert_eq!(outcomes[1], Err(Some(code)), "{effect:?}");
        volume.disarm();
        assert!(volume.strikes() > before);
        assert_eq!(insert(&connection), Ok(1));
    }
    Ok(())
}

#[test]
fn what_is_read_wrong_is_read_right_afterwards() -> TestResult {
    let files = Files::new()?;
    let volume = Volume::mount(files.dir());
    let connection = open(&files.db())?;
    connection.execute("INSERT INTO t VALUES (zeroblob(50000))", ())?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
    drop(connection);
    let connection = open(&files.db())?;
    let blob = || connection.query_row("SELECT n FROM t", (), |row| row.get::<_, Vec<u8>>(0));
    connection.query_row(ROWS, (), |_| Ok(()))?;
    volume.arm(fault(Op::Read, 5, Effect::FlipBit, Reach::Once));
    assert_ne!(blob()?, [0; 50_000], "plain SQLite does not notice");
    assert_eq!(volume.strikes(), 1);
    connection.execute_batch("PRAGMA shrink_memory")?;
    drop(connection);
    let connection = open(&files.db())?;
    let right: Vec<u8> = connection.query_row("SELECT n FROM t", (), |row| row.get(0))?;
    assert_eq!(right, [0; 50_000]);
    Ok(())
}

#[test]
fn a_power_cut_keeps_what_was_synced_and_can_lose_the_rest() -> TestResult {
    for (synchronous, may_lose) in [("FULL", false), ("OFF", true)] {
        let files = Files::new()?;
        let volume = Volume::mount(files.dir());
        let acknowledged = Arc::new(AtomicU32::new(0));
        let promise = Arc::clone(&acknowledged);
        drop(open(&files.db())?);
        volume.record(Recorder {
            rng: fastrand::Rng::with_seed(3),
            one_in: 2,
            promise: Box::new(move || promise.load(Ordering::Acquire).into()),
        });
        let connection = open(&files.db())?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        for n in 1..=20 {
            connection.execute("INSERT INTO t VALUES (1)", ())?;
            acknowledged.store(n, Ordering::Release);
        }
        drop(connection);
        let mut lost = 0;
        for cut in volume.cuts() {
            let after = Files::new()?;
            for (path, content) in &cut.image {
                let name = path.file_name().unwrap_or_default();
                std::fs::write(after.dir().join(name), content)?;
            }
            let connection = Connection::open(after.db())?;
            let there: u32 = connection
                .query_row(ROWS, (), |row| row.get(0))
                .unwrap_or(0);
            lost += cut.promised.saturating_sub(there.into());
        }
        assert_eq!(lost > 0, may_lose, "{synchronous}: {lost}");
    }
    Ok(())
}
