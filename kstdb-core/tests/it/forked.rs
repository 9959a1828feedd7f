//! A process that was forked with an open pool: every call is refused, and nothing waits for threads
//! that are not there.
#![expect(unsafe_code, reason = "fork has no safe counterpart")]

use std::time::{Duration, Instant};

use kstdb_core::error::DatabaseConnectionError;
use kstdb_core::{AsyncDatabase, DatabaseError};

use crate::support::{Files, LIMIT, TestResult, in_a_child, is_child};

#[test]
fn a_forked_process_is_refused_and_ends() -> TestResult {
    let name = "forked::a_forked_process_is_refused_and_ends";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let db = runtime.block_on(files.open())?;
    let held = runtime.block_on(db.connection())?;
    // SAFETY: the new process has one thread, which takes no lock of this program that another
    // thread could have held.
    let pid = unsafe { libc::fork() };
    assert_ne!(pid, -1);
    if pid == 0 {
        let code = i32::from(!refused(&db));
        drop((held, db));
        // SAFETY: ends the process at once, with nothing of the old one's run.
        unsafe { libc::_exit(code) }
    }
    assert_eq!(exit_code(pid)?, 0);
    drop(held);
    runtime.block_on(db.execute("CREATE TABLE t (n)", ()))?;
    runtime.block_on(db.close())?;
    Ok(())
}

/// Tells whether each call says why it does not run.
fn refused(db: &AsyncDatabase) -> bool {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return false;
    };
    let errors = runtime.block_on(async {
        [
            db.fetch_value::<i64>("SELECT 1", ()).await.err(),
            db.execute("CREATE TABLE t (n)", ()).await.err(),
            db.connection().await.err(),
            db.begin().await.err(),
            db.close().await.err(),
        ]
    });
    errors.iter().all(|error| {
        let forked = DatabaseConnectionError::Forked.to_string();
        matches!(error, Some(DatabaseError::Connection(error)) if error.to_string() == forked)
    })
}

/// Waits for a process, which must end by itself.
fn exit_code(pid: libc::pid_t) -> TestResult<i32> {
    let began = Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: `status` is a place for the result.
        if unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) } == pid {
            assert!(libc::WIFEXITED(status), "{status}");
            return Ok(libc::WEXITSTATUS(status));
        }
        if began.elapsed() > LIMIT {
            // SAFETY: it takes numbers and nothing else; the process is this one's own child.
            unsafe { libc::kill(pid, libc::SIGKILL) };
            return Err("the forked process hangs".into());
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
