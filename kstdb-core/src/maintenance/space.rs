//! How large a database is, and whether another one of its size fits beside it.

use std::path::Path;

use rusqlite::Connection;

use super::MaintenanceError;
use super::failure::Failure;
use crate::error::DatabaseError;

/// Room for the fixed costs of a new file: its journal header, its first pages.
const SPARE_BYTES: u64 = 1024 * 1024;

/// The size of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) pages: u64,
    pub(super) page_bytes: u64,
}

impl Size {
    /// Measures a database whose write-ahead log is empty.
    pub(super) fn of(sql: &Connection) -> rusqlite::Result<Self> {
        let ask = |pragma| number(sql, pragma).map(|size| u64::try_from(size).unwrap_or(0));
        Ok(Self {
            pages: ask("page_count")?,
            page_bytes: ask("page_size")?,
        })
    }

    /// Fails unless a second file of this size fits beside the first, with a twentieth to spare
    /// for pages that hold less.
    pub(super) fn fits_again(self, path: &Path) -> Result<(), DatabaseError> {
        let bytes = self.pages.saturating_mul(self.page_bytes);
        let needed_bytes = bytes.saturating_add(bytes / 20).saturating_add(SPARE_BYTES);
        let directory = path.parent().unwrap_or(path);
        let available_bytes = fs4::available_space(directory)
            .map_err(Failure::on(directory).io("measure the free space"))?;
        if available_bytes < needed_bytes {
            return Err(MaintenanceError::NotEnoughSpace {
                path: path.to_owned(),
                needed_bytes,
                available_bytes,
            }
            .into());
        }
        Ok(())
    }
}

/// Asks for a number, which SQLCipher answers with text now and then.
pub(super) fn number(sql: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    let question = format!("SELECT CAST({pragma} AS INTEGER) FROM pragma_{pragma}");
    sql.query_row(&question, [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_any_disk_has_does_not_fit() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        let size = |pages| Size {
            pages,
            page_bytes: 4096,
        };
        size(1).fits_again(&path)?;
        let refused = size(u64::MAX / 4096).fits_again(&path);
        assert!(matches!(
            refused,
            Err(DatabaseError::Maintenance(
                MaintenanceError::NotEnoughSpace { .. }
            ))
        ));
        Ok(())
    }
}
