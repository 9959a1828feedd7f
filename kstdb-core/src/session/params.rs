//! Parameters: tuples, slices and names, converted to owned values before the call leaves the task.

use std::collections::HashSet;

use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef as SqlValueRef};

use super::value::{IntoValue, Value, ValueRef};
use crate::error::{ParameterError, ValueError};

/// The parameters of one execution of a statement.
///
/// Implemented for `()`, tuples of up to sixteen values (`(1, "a")`), slices, arrays and vectors of
/// values, and [`NamedParams`]. A tuple mixes types; a slice needs one type, which can be [`Value`].
pub trait Params {
    /// Converts to owned values.
    ///
    /// # Errors
    /// - [`ParameterError::Value`]: a value has no storage class.
    /// - [`ParameterError::Repeated`]: a name is given more than once.
    fn into_params(self) -> Result<ParamList, ParameterError>;
}

/// Parameters, converted and owned.
#[derive(Default)]
pub struct ParamList(pub(crate) Bindings);

impl std::fmt::Debug for ParamList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParamList").finish_non_exhaustive()
    }
}

impl ParamList {
    /// Values that are converted already.
    pub(crate) fn positional(values: Vec<Value>) -> Self {
        Self(Bindings::Positional(values))
    }
}

pub(crate) enum Bindings {
    Positional(Vec<Value>),
    Named(Vec<(String, Value)>),
}

impl Default for Bindings {
    fn default() -> Self {
        Self::Positional(Vec::new())
    }
}

/// Parameters by name, for statements with `:name`, `@name` or `$name`.
///
/// A name without its prefix means `:name`. Every parameter of the statement must be given, once, and
/// every given name must occur in it.
///
/// # Example
/// ```
/// use kstdb_core::NamedParams;
///
/// let params = NamedParams::new().with("id", 7).with(":name", "Ada");
/// ```
#[derive(Default)]
#[must_use = "parameters do nothing until they are passed to a statement"]
pub struct NamedParams(Vec<(String, Result<Value, ValueError>)>);

impl std::fmt::Debug for NamedParams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl NamedParams {
    /// Starts with no parameter.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a parameter.
    pub fn with(mut self, name: &str, value: impl IntoValue) -> Self {
        let prefixed = name.starts_with([':', '@', '$']);
        let name = if prefixed {
            name.to_owned()
        } else {
            format!(":{name}")
        };
        self.0.push((name, value.into_value()));
        self
    }
}

impl Params for NamedParams {
    fn into_params(self) -> Result<ParamList, ParameterError> {
        let named = self.0.into_iter().map(|(name, value)| match value {
            Ok(value) => Ok((name, value)),
            Err(source) => Err(ParameterError::Value {
                parameter: name,
                source,
            }),
        });
        let named: Vec<_> = named.collect::<Result<_, _>>()?;
        let mut seen = HashSet::new();
        match named.iter().find(|(name, _)| !seen.insert(name.as_str())) {
            Some((name, _)) => Err(ParameterError::Repeated { name: name.clone() }),
            None => Ok(ParamList(Bindings::Named(named))),
        }
    }
}

impl Params for ParamList {
    fn into_params(self) -> Result<ParamList, ParameterError> {
        Ok(self)
    }
}

impl Params for () {
    fn into_params(self) -> Result<ParamList, ParameterError> {
        Ok(ParamList::default())
    }
}

fn positional<T: IntoValue>(
    values: impl IntoIterator<Item = T>,
) -> Result<ParamList, ParameterError> {
    let values = values
        .into_iter()
        .enumerate()
        .map(|(index, value)| at(index, value));
    Ok(ParamList(Bindings::Positional(
        values.collect::<Result<_, _>>()?,
    )))
}

fn at(index: usize, value: impl IntoValue) -> Result<Value, ParameterError> {
    value.into_value().map_err(|source| ParameterError::Value {
        parameter: format!("?{}", index + 1),
        source,
    })
}

impl<T: IntoValue> Params for Vec<T> {
    fn into_params(self) -> Result<ParamList, ParameterError> {
        positional(self)
    }
}

impl<T: IntoValue, const N: usize> Params for [T; N] {
    fn into_params(self) -> Result<ParamList, ParameterError> {
        positional(self)
    }
}

impl<'a, T> Params for &'a [T]
where
    &'a T: IntoValue,
{
    fn into_params(self) -> Result<ParamList, ParameterError> {
        positional(self)
    }
}

macro_rules! tuple_params {
    ($($type:ident $index:tt),+) => {
        impl<$($type: IntoValue),+> Params for ($($type,)+) {
            fn into_params(self) -> Result<ParamList, ParameterError> {
                Ok(ParamList(Bindings::Positional(vec![$(at($index, self.$index)?),+])))
            }
        }
    };
}
super::for_each_tuple!(tuple_params);

/// A value on its way into SQLite, bound without another copy.
pub(crate) struct Bound<'a>(pub(crate) &'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0.as_ref() {
            ValueRef::Null => ToSqlOutput::Owned(SqlValue::Null),
            ValueRef::Integer(value) => ToSqlOutput::Owned(SqlValue::Integer(value)),
            ValueRef::Real(value) => ToSqlOutput::Owned(SqlValue::Real(value)),
            ValueRef::Text(text) => ToSqlOutput::Borrowed(SqlValueRef::Text(text)),
            ValueRef::Blob(bytes) => ToSqlOutput::Borrowed(SqlValueRef::Blob(bytes)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_prefix_means_a_colon() -> Result<(), ParameterError> {
        let list = NamedParams::new()
            .with("a", 1)
            .with("@b", 2)
            .into_params()?;
        let Bindings::Named(named) = list.0 else {
            return Err(ParameterError::Mixed);
        };
        let names: Vec<_> = named.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [":a", "@b"]);
        Ok(())
    }

    #[test]
    fn a_value_that_does_not_fit_names_its_parameter() {
        let error = (1, f64::NAN)
            .into_params()
            .err()
            .map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("parameter ?2 cannot be bound"));
    }
}
