//! Values: SQLite's five storage classes and how Rust types map to them.

use std::sync::Arc;

use crate::error::ValueError;

/// One value of a database, owned, in one of SQLite's five
/// [storage classes](https://www.sqlite.org/datatype3.html#storage_classes_and_datatypes).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// A signed 64-bit integer.
    Integer(i64),
    /// A 64-bit float, never NaN.
    Real(f64),
    /// Text. SQLite can hold text that is not UTF-8: that is an error when read.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// Borrows the value.
    #[must_use]
    pub fn as_ref(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }
}

/// One value of a row that is being read, borrowed from SQLite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'row> {
    /// No value.
    Null,
    /// A signed 64-bit integer.
    Integer(i64),
    /// A 64-bit float.
    Real(f64),
    /// Text as SQLite holds it, which need not be UTF-8.
    Text(&'row [u8]),
    /// Bytes.
    Blob(&'row [u8]),
}

impl<'row> ValueRef<'row> {
    /// Names the storage class, as SQLite's `typeof()` does.
    #[must_use]
    pub const fn storage_class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Integer(_) => "integer",
            Self::Real(_) => "real",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        }
    }

    #[cold]
    fn mismatch(self, expected: &'static str) -> ValueError {
        match self {
            Self::Null => ValueError::UnexpectedNull { expected },
            other => ValueError::Mismatch {
                expected,
                found: other.storage_class(),
            },
        }
    }

    #[inline]
    fn str(self) -> Result<&'row str, ValueError> {
        match self {
            Self::Text(text) => std::str::from_utf8(text).map_err(|_| ValueError::NotUtf8),
            other => Err(other.mismatch("text")),
        }
    }
}

impl<'row> From<rusqlite::types::ValueRef<'row>> for ValueRef<'row> {
    #[inline]
    fn from(value: rusqlite::types::ValueRef<'row>) -> Self {
        match value {
            rusqlite::types::ValueRef::Null => Self::Null,
            rusqlite::types::ValueRef::Integer(value) => Self::Integer(value),
            rusqlite::types::ValueRef::Real(value) => Self::Real(value),
            rusqlite::types::ValueRef::Text(text) => Self::Text(text),
            rusqlite::types::ValueRef::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

/// A type that a column can be read into.
///
/// Conversions lose nothing: a number out of range, text where a number is expected or NULL where
/// the type is not an [`Option`] is a [`ValueError`].
pub trait FromValue: Sized {
    /// Reads a value.
    ///
    /// # Errors
    /// [`ValueError`] when the value does not fit the type.
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError>;
}

impl FromValue for Value {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(value) => Self::Integer(value),
            ValueRef::Real(value) => Self::Real(value),
            ValueRef::Text(_) => Self::Text(value.str()?.to_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        })
    }
}

impl<T: FromValue> FromValue for Option<T> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match value {
            ValueRef::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl FromValue for i64 {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match value {
            ValueRef::Integer(value) => Ok(value),
            other => Err(other.mismatch("integer")),
        }
    }
}

macro_rules! from_integer {
    ($($type:ty),*) => {$(
        impl FromValue for $type {
            #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
                Self::try_from(i64::from_value(value)?)
                    .map_err(|_| ValueError::OutOfRange { expected: stringify!($type) })
            }
        }
    )*};
}
from_integer!(i8, i16, i32, isize, u8, u16, u32, u64, usize);

impl FromValue for bool {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match i64::from_value(value)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(ValueError::OutOfRange { expected: "bool" }),
        }
    }
}

/// The largest magnitude up to which every integer is exactly one `f64`.
const MAX_EXACT_INTEGER: i64 = 1 << f64::MANTISSA_DIGITS;

impl FromValue for f64 {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match value {
            ValueRef::Real(value) => Ok(value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "the range is checked to be exact"
            )]
            ValueRef::Integer(value)
                if value.unsigned_abs() <= MAX_EXACT_INTEGER.unsigned_abs() =>
            {
                Ok(value as Self)
            }
            ValueRef::Integer(_) => Err(ValueError::OutOfRange { expected: "f64" }),
            other => Err(other.mismatch("real")),
        }
    }
}

impl FromValue for String {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        value.str().map(str::to_owned)
    }
}

impl FromValue for Box<str> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        value.str().map(Into::into)
    }
}

impl FromValue for Arc<str> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        value.str().map(Into::into)
    }
}

impl FromValue for Vec<u8> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match value {
            ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
            other => Err(other.mismatch("blob")),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match value {
            ValueRef::Blob(bytes) => bytes.try_into().map_err(|_| ValueError::BlobLength {
                expected: N,
                found: bytes.len(),
            }),
            other => Err(other.mismatch("blob")),
        }
    }
}

/// A type that can be bound to a parameter.
pub trait IntoValue {
    /// Converts to a value.
    ///
    /// # Errors
    /// [`ValueError`] when no storage class holds the value: a `u64` above `i64::MAX`, or NaN,
    /// which SQLite would store as NULL without a word.
    fn into_value(self) -> Result<Value, ValueError>;
}

impl IntoValue for Value {
    fn into_value(self) -> Result<Value, ValueError> {
        match self {
            Self::Real(value) => value.into_value(),
            other => Ok(other),
        }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Result<Value, ValueError> {
        self.map_or(Ok(Value::Null), IntoValue::into_value)
    }
}

impl<T: IntoValue + Clone> IntoValue for &T {
    fn into_value(self) -> Result<Value, ValueError> {
        self.clone().into_value()
    }
}

macro_rules! into_integer {
    ($($type:ty),*) => {$(
        impl IntoValue for $type {
            fn into_value(self) -> Result<Value, ValueError> {
                i64::try_from(self)
                    .map(Value::Integer)
                    .map_err(|_| ValueError::OutOfRange { expected: "i64" })
            }
        }
    )*};
}
into_integer!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl IntoValue for bool {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::Integer(self.into()))
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> Result<Value, ValueError> {
        if self.is_nan() {
            Err(ValueError::NotANumber)
        } else {
            Ok(Value::Real(self))
        }
    }
}

impl IntoValue for f32 {
    fn into_value(self) -> Result<Value, ValueError> {
        f64::from(self).into_value()
    }
}

macro_rules! into_text_or_blob {
    ($($variant:ident: $($type:ty => |$value:ident| $convert:expr),*;)*) => {$($(
        impl IntoValue for $type {
            fn into_value(self) -> Result<Value, ValueError> {
                let $value = self;
                Ok(Value::$variant($convert))
            }
        }
    )*)*};
}
into_text_or_blob! {
    Text: String => |text| text, &str => |text| text.to_owned(), Box<str> => |text| text.into(),
        Arc<str> => |text| text.as_ref().to_owned();
    Blob: Vec<u8> => |bytes| bytes, &[u8] => |bytes| bytes.to_vec(), Box<[u8]> => |bytes| bytes.into();
}

impl<const N: usize> IntoValue for [u8; N] {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::Blob(self.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_refused_instead_of_becoming_null() {
        assert_eq!(f64::NAN.into_value(), Err(ValueError::NotANumber));
        assert_eq!(
            Value::Real(f64::NAN).into_value(),
            Err(ValueError::NotANumber)
        );
        assert_eq!(f64::INFINITY.into_value(), Ok(Value::Real(f64::INFINITY)));
    }

    #[test]
    fn an_unsigned_number_above_the_integer_range_is_refused() {
        assert_eq!(
            u64::MAX.into_value(),
            Err(ValueError::OutOfRange { expected: "i64" })
        );
        assert_eq!(i64::MAX.into_value(), Ok(Value::Integer(i64::MAX)));
    }

    #[test]
    fn null_goes_only_into_an_option() {
        assert_eq!(Option::<i64>::from_value(ValueRef::Null), Ok(None));
        assert_eq!(
            i64::from_value(ValueRef::Null),
            Err(ValueError::UnexpectedNull {
                expected: "integer"
            })
        );
    }

    #[test]
    fn an_integer_becomes_a_float_only_where_it_is_exact() {
        assert_eq!(
            f64::from_value(ValueRef::Integer(1 << 53)),
            Ok(9_007_199_254_740_992.0)
        );
        assert_eq!(
            f64::from_value(ValueRef::Integer((1 << 53) + 1)),
            Err(ValueError::OutOfRange { expected: "f64" })
        );
    }

    #[test]
    fn a_bool_is_zero_or_one() {
        assert_eq!(bool::from_value(ValueRef::Integer(1)), Ok(true));
        assert_eq!(
            bool::from_value(ValueRef::Integer(2)),
            Err(ValueError::OutOfRange { expected: "bool" })
        );
    }

    #[test]
    fn text_that_is_not_utf8_is_an_error_and_not_a_replacement() {
        assert_eq!(
            Value::from_value(ValueRef::Text(&[0xff])),
            Err(ValueError::NotUtf8)
        );
    }
}
