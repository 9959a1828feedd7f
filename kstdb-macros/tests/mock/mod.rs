//! The parts of kstdb-core that generated code names, over rows in memory.

#[allow(dead_code, reason = "each test uses its part")]
mod items {
    /// A value of a row.
    #[derive(Clone, Debug)]
    pub enum Value {
        Null,
        Integer(i64),
        Text(&'static str),
    }

    /// Why a row was not read.
    #[derive(Debug)]
    pub enum RowError {
        NoColumn(String),
        NoPosition(usize),
        Type,
        Conversion(Box<dyn std::error::Error + Send + Sync>),
    }

    #[derive(Debug)]
    pub struct Columns(pub &'static [&'static str]);

    impl Columns {
        pub fn index_of(&self, name: &str) -> Option<usize> {
            self.0.iter().position(|column| *column == name)
        }

        pub fn require(&self, name: &str) -> Result<usize, RowError> {
            self.index_of(name).ok_or_else(|| RowError::NoColumn(name.to_owned()))
        }
    }

    #[derive(Debug)]
    pub struct Row<'stmt>(pub &'stmt [Value]);

    impl Row<'_> {
        pub fn get<T: FromValue>(&self, index: usize) -> Result<T, RowError> {
            T::from_value(self.0.get(index).ok_or(RowError::NoPosition(index))?)
        }

        pub fn get_via<S, T>(&self, index: usize) -> Result<T, RowError>
        where
            S: FromValue,
            T: TryFrom<S>,
            T::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        {
            let source: S = self.get(index)?;
            T::try_from(source).map_err(|error| RowError::Conversion(error.into()))
        }
    }

    pub trait FromValue: Sized {
        fn from_value(value: &Value) -> Result<Self, RowError>;
    }

    impl FromValue for i64 {
        fn from_value(value: &Value) -> Result<Self, RowError> {
            match value {
                Value::Integer(number) => Ok(*number),
                Value::Null | Value::Text(_) => Err(RowError::Type),
            }
        }
    }

    impl FromValue for String {
        fn from_value(value: &Value) -> Result<Self, RowError> {
            match value {
                Value::Text(text) => Ok((*text).to_owned()),
                Value::Null | Value::Integer(_) => Err(RowError::Type),
            }
        }
    }

    impl<T: FromValue> FromValue for Option<T> {
        fn from_value(value: &Value) -> Result<Self, RowError> {
            match value {
                Value::Null => Ok(None),
                other => T::from_value(other).map(Some),
            }
        }
    }

    pub trait FromRow: Sized {
        type Plan: Send;
        fn plan(columns: &Columns) -> Result<Self::Plan, RowError>;
        fn from_row(row: &Row<'_>, plan: &Self::Plan) -> Result<Self, RowError>;
    }

    /// Reads one row, as a statement would.
    pub fn read<T: FromRow>(columns: &'static [&'static str], row: &[Value]) -> Result<T, RowError> {
        let plan = T::plan(&Columns(columns))?;
        T::from_row(&Row(row), &plan)
    }

    /// A query that does nothing.
    pub struct CheckedQuery<T>(pub &'static [&'static str], std::marker::PhantomData<T>);

    impl<T> CheckedQuery<T> {
        pub fn new(
            sql: &'static [&'static str],
            _: checked::Effect,
            _: checked::Arguments,
            _: &'static [&'static str],
            _: fn(&Row<'_>) -> Result<T, RowError>,
        ) -> Self {
            Self(sql, std::marker::PhantomData)
        }
    }

    pub mod checked {
        pub enum Effect {
            Reads,
            Writes,
        }

        pub struct Arguments;

        impl Arguments {
            pub fn new() -> Self {
                Self
            }
        }
    }

    pub mod migrate {
        #[derive(Debug)]
        pub struct Migrations(pub &'static [EmbeddedMigration]);

        impl Migrations {
            pub const fn new(migrations: &'static [EmbeddedMigration]) -> Self {
                Self(migrations)
            }
        }

        #[derive(Debug)]
        pub struct EmbeddedMigration {
            pub version: i64,
            pub description: &'static str,
            pub kind: MigrationKind,
            pub sql: &'static str,
            pub checksum: [u8; 48],
            pub no_tx: bool,
        }

        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum MigrationKind {
            Simple,
            ReversibleUp,
            ReversibleDown,
        }
    }
}

#[allow(unused_imports, reason = "each test uses its part")]
pub use items::*;
