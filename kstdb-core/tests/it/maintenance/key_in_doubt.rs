//! The disk refuses to be read from the Nth read of a rekey on, for every N.

use kstdb_core::DatabaseError;
use kstdb_core::maintenance::MaintenanceError;

use crate::support::{Files, TestResult, builder, in_a_child, is_child, raw_key};
use crate::vfs::{Effect, Fault, Op, Reach, Volume, register};

const TEST: &str =
    "maintenance::key_in_doubt::a_key_in_doubt_is_found_out_as_soon_as_the_file_can_be_read";

const ROWS: i64 = 50;
const FILL: &str = "CREATE TABLE t (v);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
    INSERT INTO t SELECT randomblob(200) FROM n";

/// What a rekey said whose Nth read was refused, and all reads after it.
async fn rekey_with(nth: u64) -> TestResult<Result<(), DatabaseError>> {
    let files = Files::new()?;
    let volume = Volume::mount(files.dir());
    let db = builder(files.db()).max_connections(1).connect().await?;
    db.execute_batch(FILL).await?;
    volume.arm(Fault {
        op: Op::Read,
        nth,
        effect: Effect::Refuse(Op::Read.refused()),
        reach: Reach::ForEver,
        only: None,
    });
    let rekeyed = db.rekey(raw_key(8)).await;
    volume.disarm();
    db.execute("INSERT INTO t VALUES (1)", ()).await?;
    db.close().await?;

    let mut keys = Vec::new();
    for key in [7, 8] {
        match builder(files.db()).key(raw_key(key)).connect().await {
            Ok(db) => {
                let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
                assert_eq!(rows, ROWS + 1, "read {nth}: {rekeyed:?}");
                db.close().await?;
                keys.push(key);
            }
            Err(error) => assert!(error.is_wrong_key(), "read {nth}: {error:?}"),
        }
    }
    let of_its_word = match &rekeyed {
        Ok(()) => keys == [8],
        Err(DatabaseError::Maintenance(MaintenanceError::KeyNotChanged { .. })) => keys == [7],
        Err(_) => keys.len() == 1,
    };
    assert!(of_its_word, "read {nth}: {keys:?}, {rekeyed:?}");
    Ok(rekeyed)
}

/// In a process of its own, whose every connection goes through the VFS.
#[tokio::test]
async fn a_key_in_doubt_is_found_out_as_soon_as_the_file_can_be_read() -> TestResult {
    if !is_child(TEST) {
        return in_a_child(TEST);
    }
    register(true).map_err(|code| format!("SQLite takes no VFS: {code}"))?;
    let mut in_doubt = 0;
    for nth in 1.. {
        match rekey_with(nth).await? {
            Ok(()) => break,
            Err(DatabaseError::Maintenance(MaintenanceError::KeyInDoubt { .. })) => in_doubt += 1,
            Err(_) => {}
        }
    }
    assert!(in_doubt > 0);
    Ok(())
}
