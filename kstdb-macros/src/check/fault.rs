//! What is wrong with a statement, and where.

use std::ops::Range;

/// A fault of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    /// What would be right.
    pub(crate) hint: Option<String>,
    /// The place in the SQL, in bytes; `None` if it is all of it.
    pub(crate) at: Option<Range<usize>>,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>, at: Option<Range<usize>>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            at,
        }
    }

    pub(crate) fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }
}
