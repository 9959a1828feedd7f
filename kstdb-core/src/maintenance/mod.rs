//! Work on a whole database file: another key, encryption on and off, the format of SQLCipher 4.

mod error;
mod progress;

pub use error::MaintenanceError;
pub use progress::{Progress, Step, Unit};

pub(crate) use progress::Observer;
