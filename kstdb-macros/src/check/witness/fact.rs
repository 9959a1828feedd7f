//! What is known about a value.

use crate::schema::Kind;

/// What a register or column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) can_be_null: bool,
    /// `None` until something other than NULL is written.
    pub(crate) kind: Option<Kind>,
}

impl Fact {
    /// Nothing was written yet.
    pub(super) const NOTHING: Self = Self {
        can_be_null: false,
        kind: None,
    };
    pub(super) const NULL: Self = Self {
        can_be_null: true,
        kind: None,
    };
    pub(super) const UNKNOWN: Self = Self::nullable(Kind::Any);

    pub(super) const fn nullable(kind: Kind) -> Self {
        Self {
            can_be_null: true,
            kind: Some(kind),
        }
    }

    pub(super) const fn never_null(kind: Kind) -> Self {
        Self {
            can_be_null: false,
            kind: Some(kind),
        }
    }

    /// What holds of both.
    pub(super) fn or(self, other: Self) -> Self {
        let kind = match (self.kind, other.kind) {
            (Some(one), Some(other)) => Some(one.or(other)),
            (one, other) => one.or(other),
        };
        Self {
            can_be_null: self.can_be_null || other.can_be_null,
            kind,
        }
    }

    /// After an affinity was applied, written as SQLite writes it: `A` to `E`.
    pub(super) fn with_affinity(self, affinity: Option<u8>) -> Self {
        let kind = self.kind.map(|kind| match (affinity, kind) {
            (None | Some(b'@' | b'A'), kind) => kind,
            (Some(b'B'), Kind::Integer | Kind::Real | Kind::Boolean) => Kind::Text,
            (Some(b'B'), kind) => kind,
            (Some(b'C' | b'D' | b'F'), kind @ (Kind::Integer | Kind::Boolean | Kind::Blob)) => kind,
            (Some(b'E'), Kind::Integer | Kind::Real) => Kind::Real,
            // A column of these types has NUMERIC affinity already.
            (
                Some(b'C'),
                kind @ (Kind::Date | Kind::Time | Kind::DateTime | Kind::Uuid | Kind::Json),
            ) => kind,
            _ => Kind::Any,
        });
        Self { kind, ..self }
    }
}
