//! Errors of SQLite and the system, with what was tried on which file.

use std::io;
use std::path::Path;

use super::MaintenanceError;
use crate::error::{DatabaseError, EncryptionError, SqliteError, SqliteErrorKind};

/// The file that is worked on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure<'p> {
    path: &'p Path,
}

impl<'p> Failure<'p> {
    pub(super) fn on(path: &'p Path) -> Self {
        Self { path }
    }

    /// Names what SQLite failed to do.
    pub(super) fn to(
        self,
        context: &'static str,
    ) -> impl FnOnce(rusqlite::Error) -> DatabaseError + Copy + use<'p> {
        move |error| {
            let source = SqliteError::of(error);
            let path = || self.path.to_owned();
            match source.kind() {
                SqliteErrorKind::Busy | SqliteErrorKind::Locked => {
                    MaintenanceError::InUse { path: path() }
                }
                SqliteErrorKind::ReadOnly => MaintenanceError::ReadOnly { path: path() },
                SqliteErrorKind::Interrupted => MaintenanceError::Stopped,
                _ => MaintenanceError::Sqlite { context, source },
            }
            .into()
        }
    }

    /// Says that the file is in use.
    pub(super) fn in_use(self) -> DatabaseError {
        let path = self.path.to_owned();
        MaintenanceError::InUse { path }.into()
    }

    /// Says that the file is in use, if that is why it could not be had.
    pub(super) fn busy_or(self, error: EncryptionError) -> DatabaseError {
        if error.is_busy() {
            self.in_use()
        } else {
            error.into()
        }
    }

    /// Says that the database is damaged, and where first.
    pub(super) fn damaged(self, finding: impl Into<String>) -> DatabaseError {
        MaintenanceError::Damaged {
            path: self.path.to_owned(),
            finding: finding.into(),
        }
        .into()
    }

    /// Names what the system failed to do.
    pub(super) fn io(
        self,
        context: &'static str,
    ) -> impl FnOnce(io::Error) -> DatabaseError + use<'p> {
        move |source| {
            let path = self.path.to_owned();
            match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    MaintenanceError::ReadOnly { path }
                }
                _ => MaintenanceError::Io {
                    context,
                    path,
                    source,
                },
            }
            .into()
        }
    }
}
