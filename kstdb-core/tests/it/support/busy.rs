//! A writer that is at work until it is told to end.

use std::sync::mpsc;

use kstdb_core::{AsyncDatabase, DatabaseError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::TestResult;

/// Something that has a connection, and the turn, until it is told to end.
pub(crate) struct Busy {
    end: mpsc::Sender<()>,
    task: JoinHandle<Result<(), DatabaseError>>,
}

impl Busy {
    pub(crate) async fn start(db: &AsyncDatabase) -> TestResult<Self> {
        let (begun, has_begun) = oneshot::channel();
        let (end, is_over) = mpsc::channel::<()>();
        let db = db.clone();
        let task = tokio::spawn(async move {
            db.write(move |_| {
                assert!(begun.send(()).is_ok());
                assert!(is_over.recv().is_ok());
                Ok(())
            })
            .await
        });
        has_begun.await?;
        Ok(Self { end, task })
    }

    pub(crate) async fn end(self) -> TestResult {
        self.end.send(())?;
        Ok(self.task.await??)
    }
}
