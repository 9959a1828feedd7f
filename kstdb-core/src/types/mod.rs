//! Values of other crates, each behind the feature of its name, and those crates.
//!
//! Columns declared `DATE`, `TIME`, `DATETIME` or `TIMESTAMP`, `UUID` and `JSON` are these types in
//! checked queries when the feature is on, and `String` when it is off.

#[cfg(feature = "chrono")]
mod dates;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "uuid")]
mod uuids;

#[cfg(feature = "chrono")]
pub use chrono;
#[cfg(feature = "json")]
pub use serde_json;
#[cfg(feature = "uuid")]
pub use uuid;
