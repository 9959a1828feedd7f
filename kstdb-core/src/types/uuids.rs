//! UUIDs: written as 16 bytes, as sqlx does, and read from those or from text.

use uuid::Uuid;

use crate::error::ValueError;
use crate::session::{FromValue, IntoValue, Value, ValueRef};

impl FromValue for Uuid {
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        match value {
            ValueRef::Text(_) => Self::parse_str(&String::from_value(value)?)
                .map_err(|_| ValueError::Malformed { expected: "UUID" }),
            other => <[u8; 16]>::from_value(other).map(Self::from_bytes),
        }
    }
}

impl IntoValue for Uuid {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::Blob(self.into_bytes().to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_text_are_read() -> Result<(), ValueError> {
        let uuid = Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
        let text = uuid.to_string();
        assert_eq!(Uuid::from_value(ValueRef::Text(text.as_bytes()))?, uuid);
        assert_eq!(Uuid::from_value(uuid.into_value()?.as_ref())?, uuid);
        Ok(())
    }

    #[test]
    fn other_text_and_other_lengths_are_refused() {
        assert!(Uuid::from_value(ValueRef::Text(b"no")).is_err());
        assert!(Uuid::from_value(ValueRef::Blob(&[0; 15])).is_err());
    }
}
