//! A program that forks with an open pool.
#![expect(unsafe_code, reason = "fork has no safe counterpart")]

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use kstdb_core::{AsyncDatabase, DatabaseConnectionError, DatabaseError};

use super::work::{self, Told};
use crate::cases::Role;
use crate::cases::process;
use crate::support::{Append, Ledger, builder, on_runtime};

/// How soon the forked process must have its answers, and have ended.
const LIMIT: Duration = Duration::from_secs(5);
/// What it ends with: the number of the call that did not answer as it should, or this.
const ALL_REFUSED: i32 = 0;

/// How the new process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    AtOnce,
    /// With its exit handlers, which know the threads of the old process alone.
    Exit,
}

impl Leave {
    /// In the lowest bit of the child's seed.
    const fn of(seed: u64) -> Self {
        if seed & 1 == 0 {
            Self::AtOnce
        } else {
            Self::Exit
        }
    }

    const fn with(self, seed: u64) -> u64 {
        match self {
            Self::AtOnce => seed & !1,
            Self::Exit => seed | 1,
        }
    }
}

/// Opens a pool, forks, and goes on as if nothing had happened.
#[expect(clippy::exit, reason = "this is what is tried")]
pub(crate) fn fork(database: &Path, seed: u64) -> anyhow::Result<ExitCode> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let told = Told::default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let tasks = rng.u64(..3);
    let leave = Leave::of(seed);
    let (db, running) = runtime.block_on(async {
        let db = builder(database).connect().await?;
        let running = work::start(&db, tasks, &told);
        told.acknowledged(tasks * 4).await?;
        anyhow::Ok((db, running))
    })?;
    // SAFETY: the new process has one thread. It allocates, which glibc allows after `fork`, and
    // takes no lock of this program that another thread could have held.
    let pid = unsafe { libc::fork() };
    match pid {
        -1 => bail!("cannot fork"),
        0 => {
            let code = in_the_new_process(db);
            if leave == Leave::Exit {
                std::process::exit(code);
            }
            // SAFETY: ends the process at once, with nothing of the old one's run.
            unsafe { libc::_exit(code) }
        }
        pid => {
            wait(pid)?;
            runtime.block_on(async {
                let before = told.last();
                let n = Ledger::of(&db).append(Append::Write).await?;
                ensure!(n > before, "lost: {before} acknowledged");
                db.close().await?;
                anyhow::Ok(())
            })?;
            drop(running);
            process::tell(told.last())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Uses what was inherited, in every way; each must be refused. Dropping it must end.
fn in_the_new_process(db: AsyncDatabase) -> i32 {
    let refused = |error: Option<DatabaseError>| {
        error.is_some_and(|error| {
            matches!(
                error,
                DatabaseError::Connection(DatabaseConnectionError::Forked)
            )
        })
    };
    let calls = on_runtime(async {
        let calls = [
            refused(db.fetch_value::<u64>("SELECT 1", ()).await.err()),
            refused(db.execute("UPDATE slot SET n = n", ()).await.err()),
            refused(db.connection().await.err()),
            refused(db.begin().await.err()),
            refused(
                db.read(|tx| tx.fetch_value::<u64>("SELECT 1", ()))
                    .await
                    .err(),
            ),
            refused(db.close().await.err()),
        ];
        drop(db);
        Ok(calls)
    });
    let wrong = calls
        .unwrap_or_default()
        .into_iter()
        .zip(1..)
        .find(|(refused, _)| !refused);
    wrong.map_or(ALL_REFUSED, |(_, number)| number)
}

/// Waits for the forked process, which must not hang.
fn wait(pid: libc::pid_t) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: `status` is a place for the result.
        let ended = unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) };
        if ended == pid {
            break;
        }
        if began.elapsed() > LIMIT {
            // SAFETY: it takes numbers and nothing else; the process is this one's own child.
            unsafe { libc::kill(pid, libc::SIGKILL) };
            bail!("the forked process hangs");
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    ensure!(
        libc::WIFEXITED(status),
        "the forked process was killed: {status}"
    );
    let code = libc::WEXITSTATUS(status);
    ensure!(
        code == ALL_REFUSED,
        "call {code} of the forked process was not refused"
    );
    Ok(())
}

/// Starts such a program and looks at how it ended.
pub(super) fn survives(path: &Path, seed: u64, leave: Leave) -> anyhow::Result<()> {
    let seed = leave.with(seed);
    let (status, told) = process::run(Role::Fork, path, seed, 2 * LIMIT)?;
    ensure!(status.success(), "it ended with {status}");
    on_runtime(work::look(path, told.context("it told nothing")?))
}
