//! A program that leaves while its database is at work: by its own code, not by a signal, and soon.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use kstdb_core::DatabaseError;

use crate::support::{Files, TestResult, child, is_child, until};

const CODE: i32 = 7;
/// How often it is tried: what went wrong did so now and then. The torture programme tries more.
const ROUNDS: usize = 20;

#[test]
fn leaving_in_the_middle_of_reads_is_no_crash() -> TestResult {
    let name = "exit::leaving_in_the_middle_of_reads_is_no_crash";
    if is_child(name) {
        return leave_while_reading();
    }
    for round in 0..ROUNDS {
        let output = child(name)?.output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(CODE),
            "{round}: {:?} {stderr}",
            output.status
        );
    }
    Ok(())
}

#[expect(clippy::exit, reason = "this is what is tried")]
fn leave_while_reading() -> TestResult {
    let files = Files::new()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let db = files.open_with(4).await?;
        db.execute("CREATE TABLE t (v)", ()).await?;
        let rows = (0..200).map(|_| (vec![0_u8; 20_000],));
        db.execute_many("INSERT INTO t VALUES (?)", rows).await?;
        for _ in 0..4 {
            let db = db.clone();
            tokio::spawn(async move {
                loop {
                    // More than the cache of a connection holds: every page is deciphered again.
                    db.fetch_value::<i64>("SELECT sum(length(hex(v))) FROM t", ())
                        .await?;
                }
                #[expect(unreachable_code, reason = "names the type of the error")]
                Ok::<_, DatabaseError>(())
            });
        }
        until("they read", || db.stats().total_acquired > 8).await?;
        std::process::exit(CODE)
    })
}

#[test]
fn a_stream_that_nobody_reads_keeps_no_program_from_leaving() -> TestResult {
    let name = "exit::a_stream_that_nobody_reads_keeps_no_program_from_leaving";
    if is_child(name) {
        return leave_with_a_stream();
    }
    let began = Instant::now();
    let output = child(name)?.output()?;
    assert_eq!(output.status.code(), Some(CODE), "{output:?}");
    assert!(began.elapsed() < Duration::from_secs(10));
    Ok(())
}

#[expect(clippy::exit, reason = "this is what is tried")]
fn leave_with_a_stream() -> TestResult {
    const ROWS: &str = "WITH RECURSIVE n(i) AS \
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT i FROM n";
    let files = Files::new()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let db = files.open().await?;
        let mut rows = db.fetch::<(i64,)>(ROWS, ());
        assert_eq!(rows.next().await.transpose()?, Some((1,)));
        std::process::exit(CODE)
    })
}
