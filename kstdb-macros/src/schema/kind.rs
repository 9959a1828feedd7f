//! What a column holds, by its declared type.

/// A Rust type for a column, before it can be NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Integer,
    Real,
    Text,
    Blob,
    Boolean,
    Date,
    Time,
    DateTime,
    Uuid,
    Json,
    /// Any storage class, NULL included.
    Any,
}

impl Kind {
    /// Reads a declared type as sqlx does: a few exact names, then SQLite's own rules of affinity
    /// (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>).
    pub(crate) fn of_declared(declared: &str) -> Self {
        let declared = declared.trim().to_ascii_lowercase();
        let has_any = |parts: &[&str]| parts.iter().any(|part| declared.contains(part));
        match declared.as_str() {
            "boolean" | "bool" => Self::Boolean,
            "date" => Self::Date,
            "time" => Self::Time,
            "datetime" | "timestamp" => Self::DateTime,
            "uuid" => Self::Uuid,
            "json" => Self::Json,
            _ if has_any(&["int"]) => Self::Integer,
            _ if has_any(&["char", "clob", "text"]) => Self::Text,
            _ if has_any(&["blob"]) => Self::Blob,
            _ if has_any(&["real", "floa", "doub"]) => Self::Real,
            // NUMERIC, DECIMAL, ANY and no type at all hold whatever is stored.
            _ => Self::Any,
        }
    }

    /// The one kind that holds values of both.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            // An `f64` is read from an integer that it holds exactly.
            (Self::Integer, Self::Real) | (Self::Real, Self::Integer) => Self::Real,
            (Self::Integer, Self::Boolean) | (Self::Boolean, Self::Integer) => Self::Integer,
            _ => Self::Any,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_are_read_as_sqlx_reads_them() {
        for (declared, kind) in [
            ("INTEGER", Kind::Integer),
            ("UNSIGNED BIG INT", Kind::Integer),
            ("VARCHAR(20)", Kind::Text),
            ("text", Kind::Text),
            ("BLOB", Kind::Blob),
            ("DOUBLE PRECISION", Kind::Real),
            ("Boolean", Kind::Boolean),
            ("TIMESTAMP", Kind::DateTime),
            ("UUID", Kind::Uuid),
            ("JSON", Kind::Json),
            ("NUMERIC(10, 2)", Kind::Any),
            ("", Kind::Any),
        ] {
            assert_eq!(Kind::of_declared(declared), kind, "{declared}");
        }
    }

    #[test]
    fn two_kinds_meet_in_one_that_holds_both() {
        assert_eq!(Kind::Integer.or(Kind::Real), Kind::Real);
        assert_eq!(Kind::Boolean.or(Kind::Integer), Kind::Integer);
        assert_eq!(Kind::Text.or(Kind::Integer), Kind::Any);
        assert_eq!(Kind::Text.or(Kind::Text), Kind::Text);
    }
}
