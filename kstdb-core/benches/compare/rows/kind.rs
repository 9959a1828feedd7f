//! The questions, by the id that the report and the command line give them.

use std::path::Path;

use super::{fetch, guard, insert, mixed, open, point, reopen, stream, transaction, verify, write};
use crate::row::Row;
use crate::scale::Scale;

/// A question.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Open10,
    Reopen,
    Point1,
    Point16,
    InsertMany,
    FetchAll,
    Stream,
    Write16,
    Transaction16,
    Mixed,
    Verify,
    ReadGuard,
}

impl Kind {
    /// In the order of the report.
    pub(crate) const ALL: [Self; 12] = [
        Self::Open10,
        Self::Reopen,
        Self::Point1,
        Self::Point16,
        Self::InsertMany,
        Self::FetchAll,
        Self::Stream,
        Self::Write16,
        Self::Transaction16,
        Self::Mixed,
        Self::Verify,
        Self::ReadGuard,
    ];

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Open10 => "open10",
            Self::Reopen => "reopen",
            Self::Point1 => "point1",
            Self::Point16 => "point16",
            Self::InsertMany => "insert_many",
            Self::FetchAll => "fetch_all",
            Self::Stream => "stream",
            Self::Write16 => "write16",
            Self::Transaction16 => "tx16",
            Self::Mixed => "mixed",
            Self::Verify => "verify",
            Self::ReadGuard => "read_guard",
        }
    }

    /// Asks it; some have two answers.
    pub(crate) async fn measure(self, dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Row>> {
        Ok(match self {
            Self::Open10 => open::measure(dir, scale).await?,
            Self::Reopen => vec![reopen::measure(dir, scale).await?],
            Self::Point1 => vec![point::alone(dir, scale).await?],
            Self::Point16 => vec![point::together(dir, scale).await?],
            Self::InsertMany => vec![insert::measure(dir, scale).await?],
            Self::FetchAll => fetch::measure(dir, scale).await?,
            Self::Stream => vec![stream::measure(dir, scale).await?],
            Self::Write16 => write::measure(dir, scale).await?,
            Self::Transaction16 => transaction::measure(dir, scale).await?,
            Self::Mixed => vec![mixed::measure(dir, scale).await?],
            Self::Verify => vec![verify::measure(dir, scale).await?],
            Self::ReadGuard => vec![guard::measure(dir, scale).await?],
        })
    }
}
