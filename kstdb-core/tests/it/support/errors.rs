//! Results of tests, and errors as text.

use std::error::Error;
use std::fmt::Write as _;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// The messages of an error and all its causes.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// The error of a call that must fail.
pub(crate) fn refusal<T, E>(result: Result<T, E>) -> Result<E, &'static str> {
    result.err().ok_or("it was not refused")
}
