//! The macros of kstdb: queries that are checked while compiling, rows into structs, embedded migrations.
//!
//! They are used through kstdb-core, which re-exports them:
//!
//! - [`query!`], [`query_as!`], [`query_scalar!`] and their `_file!` forms check a query against the migrations.
//! - [`FromRow`](derive@FromRow) reads a struct from a row of a result.
//! - [`migrate!`] embeds the folder of migrations.
//!
//! Generated code names kstdb-core as `::kstdb_core`. A crate that has it under another name, renamed in Cargo.toml or
//! through a facade, says so once in its root, for all macros: `extern crate other_name as kstdb_core;`.
//!
//! # Features
//!
//! All are passed on by kstdb-core, which has features of the same names.
//!
//! | feature | effect |
//! |---|---|
//! | `sqlcipher` | the macros ask the bundled SQLCipher, which the program links, instead of plain SQLite |
//! | `vendored-openssl` | that SQLCipher has an OpenSSL of its own |
//! | `chrono`, `json`, `uuid` | columns of those declared types are values of those crates |
//!
//! # Cost
//!
//! `cargo xtask macro-cost` compiles 200 queries checked and unchecked. On two cores (x86-64, debug, nothing kept from the
//! build before, the median of seven rounds) it took 3.25 s instead of 1.46 s: 0.4 s of it to expand the macros, the rest
//! for the types and the code that rustc makes for the row of each query, where unchecked queries share five types of rows.
//!
//! # Modules
//!
//! `from_row` checks the input of the derive and expands it. `migrations` finds, reads and checks the folder and knows no
//! macro; `migrate` expands what it read; `watch` says whether Cargo notices new files. `schema` applies the migrations to
//! a database in memory; `sql` divides a statement into tokens; `check` asks SQLite about it; `query` reads the arguments
//! of the query macros, points at faults and writes the code.

use proc_macro::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{DeriveInput, parse_macro_input};

use crate::query::{Form, Input, Source};

mod check;
mod crate_path;
mod errors;
mod from_row;
#[cfg(test)]
mod fuzz_corpus;
mod migrate;
mod migrations;
mod package;
mod query;
mod schema;
mod sql;
mod watch;

/// Reads a struct from a row: implements `kstdb_core::FromRow`.
///
/// A field of a **named struct** is filled from the column of its name (`r#type` from `type`), wherever the column stands
/// in the result; further columns are ignored. The columns are looked up once per statement, not per row. The fields of
/// a **tuple struct** or newtype are filled by position, from the left.
///
/// Each field's type reads one column and so implements `kstdb_core::FromValue`; `Option` is for columns that can be
/// NULL. Type parameters get the bounds that they need.
///
/// # Settings of the struct
///
/// | `#[kstdb(..)]` | effect |
/// |---|---|
/// | `rename_all = "camelCase"` | the case of the column names: `lowercase`, `UPPERCASE`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`, `camelCase`, `PascalCase` |
/// | `crate = "path"` | where kstdb-core is, for this one derive (default: `::kstdb_core`) |
///
/// # Settings of a field
///
/// | `#[kstdb(..)]` | effect |
/// |---|---|
/// | `rename = "column"` | the column's name as it is; wins over `rename_all` |
/// | `default` | `Default::default()` if the result lacks the column; a NULL in it is still an error |
/// | `skip` | always `Default::default()`; no column is read |
/// | `flatten` | the field is a struct with a `FromRow` of its own, filled from the same row |
/// | `try_from = "i64"` | the column is read as that type, then turned with `TryFrom` (so `From` too) |
///
/// In a tuple struct there are `skip`, which takes no position, and `try_from`.
///
/// # Errors
/// These are compile errors, all of them in one run: an enum, a union, a struct without fields or with a lifetime, an
/// unknown setting, one that is given twice, one without effect beside another.
///
/// # Example
/// ```
/// # extern crate self as kstdb_core;
/// # #[path = "../tests/mock/mod.rs"] mod mock;
/// # pub use mock::*;
/// use kstdb_macros::FromRow;
///
/// #[derive(FromRow)]
/// struct Account {
///     id: i64,
///     #[kstdb(rename = "owner_name")]
///     owner: String,
///     closed_at: Option<i64>,
///     #[kstdb(flatten)]
///     address: Address,
/// }
///
/// #[derive(FromRow)]
/// struct Address {
///     street: String,
///     #[kstdb(default)]
///     city: String,
/// }
/// # fn main() {}
/// ```
#[proc_macro_derive(FromRow, attributes(kstdb))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    from_row::expand(input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Embeds the folder of migrations: an expression of the type `kstdb_core::migrate::Migrations`.
///
/// `migrate!()` takes the first of these that is there:
/// 1. the folder that `[package.metadata.kstdb] migrations = "..."` in Cargo.toml names;
/// 2. `migrations/` in the crate;
/// 3. `migrations/` in the root of the workspace.
///
/// `migrate!("path")` takes that folder. Both paths start at the directory of Cargo.toml. The query macros check against
/// what `migrate!()` embeds: a folder that is given by path here is that of another database, whose queries are not checked.
///
/// # Files
/// `<version>_<description>.sql`, or a pair `.up.sql` and `.down.sql`, as sqlx-cli writes them; a version is a number from 1
/// to `i64::MAX` and belongs to one migration. Files with other extensions, hidden files and folders are ignored. A file
/// whose first line starts with `-- no-transaction` runs outside a transaction. The checksum is the SHA-384 of the text
/// without carriage returns: a checkout with CRLF is the same migration, and a file with LF has sqlx-cli's checksum.
///
/// # Rebuilds
/// Changing or removing a migration rebuilds the crate. On stable Rust **adding** one does not, unless the crate's build
/// script, `build.rs`, has Cargo watch the folder:
///
/// ```
/// println!("cargo::rerun-if-changed=migrations");
/// ```
///
/// The macro looks whether the build script did so, and warns (as `deprecated`) if not. A crate that wants neither writes
/// `#[expect(deprecated, reason = "...")]` on the item around the macro.
///
/// # Errors
/// These are compile errors, all of a folder in one run: no folder, or none with a migration in it; an `.sql` file without a
/// version; a version that is 0, too large or taken; a `.down.sql` without its `.up.sql`; text that is not UTF-8 or has a NUL;
/// a link that leads out of the folder.
///
/// # Example
/// ```
/// # extern crate self as kstdb_core;
/// # #[path = "../tests/mock/mod.rs"] mod mock;
/// # pub use mock::*;
/// use kstdb_core::migrate::Migrations;
///
/// static MIGRATIONS: Migrations = kstdb_macros::migrate!();
/// # fn main() {}
/// ```
#[proc_macro]
pub fn migrate(input: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(input as migrate::Arguments);
    package::Package::current()
        .and_then(|package| migrate::expand(&arguments, &package))
        .unwrap_or_else(|errors| {
            let errors = errors.into_compile_error();
            quote::quote!({ #errors })
        })
        .into()
}

/// Checks a query while compiling, against the schema that the migrations make: a `CheckedQuery` whose rows are records.
///
/// No database, no environment variable and no key is needed: the macro applies the [migrations](macro@migrate) of the
/// crate to a database in memory, once per compiler process, and asks SQLite for columns, parameters and effect.
///
/// The record has a field for each column, and `Debug`, `Clone` and `PartialEq` if the types have. A statement without
/// columns gives a `CheckedStatement`, which can be executed. `kstdb_core::query!` shows it all at work.
///
/// # Columns
///
/// | declared as | Rust |
/// |---|---|
/// | `INTEGER`, any type with `INT` | `i64` |
/// | `REAL`, with `FLOA` or `DOUB` | `f64` |
/// | `TEXT`, with `CHAR` or `CLOB` | `String` |
/// | `BLOB` | `Vec<u8>` |
/// | `BOOLEAN` | `bool` |
/// | `DATE`, `TIME`, `DATETIME` or `TIMESTAMP` | chrono's `NaiveDate`, `NaiveTime`, `NaiveDateTime` with the feature `chrono`, else `String` |
/// | `UUID` | `Uuid` with the feature `uuid`, else `String` |
/// | `JSON` | `serde_json::Value` with the feature `json`, else `String` |
/// | anything else, and expressions that can be several of these | `kstdb_core::Value`, which also holds NULL |
///
/// A column that can be NULL is an `Option`. It is none only if NULL cannot come: a `NOT NULL` column or rowid that no outer
/// join reaches, `count(..)`, a constant, `coalesce` with such an end. The macro reads that from SQLite's own program for
/// the statement; where only the program's paths tell, sqlx's `describe` must find it as well.
/// SQLite lets a column hold other types than the declared one unless its table is `STRICT`: that is an error when the
/// row is read.
///
/// An alias says it better where it is known better: `AS "name!"` is never NULL, `AS "name?"` can be, `AS "name: Type"` is
/// that type (an `Option` of it if NULL can come), `AS "name!: Type"` and `AS "name?: Type"` say both.
///
/// # Parameters
///
/// `?` and `?1` take values by position. `:name`, `@name` and `$name` take the value of `name = expression` behind those, or
/// the variable of that name. Values are borrowed, and each expression is evaluated once.
///
/// `IN (..ids)` takes a slice, an array or a `Vec`. It is written out at run time as that many parameters, filled up to a
/// power of two with the last value as far as SQLite's 32 766 parameters reach, so that lists of many lengths share few
/// prepared statements. One that stands in several places is evaluated and bound once. An empty list is
/// `IN ()`, which is false, and true with `NOT`. There are parameters rather than one JSON array because JSON holds no
/// blob, and because the types of a list then compare as those of its column do.
///
/// # Errors
/// These are compile errors. Each names the place in the SQL: on nightly Rust it is marked in the literal itself; stable
/// Rust lets no macro point into a literal, so there the message shows line, column and the line with a mark:
///
/// ```text
/// error: no such column: naem; did you mean `name`?
///        line 4, column 16:
///            SELECT id, naem FROM customers
///                       ^^^^
/// ```
///
/// - SQLite refuses the statement; an unknown table, column or function names the nearest there is.
/// - The text holds no statement or more than one, or one that begins or ends a transaction.
/// - Too few or too many values; a name that is no parameter; a list that is not alone between its parentheses.
/// - A column without a name, or with one that another has.
/// - No migrations folder, or a migration that is not in order; one that SQLite refuses is named with its line.
#[proc_macro]
pub fn query(input: TokenStream) -> TokenStream {
    checked(Form::Record, Source::Text, input)
}

/// `query!` into a struct: `query_as!(Type, "SELECT ..", values)`.
///
/// Each column fills the field of its name, through `Into`, so that a field may be an `Option` where the column cannot be
/// NULL. The type needs no derive; every field must have its column.
///
/// # Errors
/// Those of [`query!`], and those of the compiler for a struct literal: a field that is missing, or of another type.
#[proc_macro]
pub fn query_as(input: TokenStream) -> TokenStream {
    checked(Form::Struct, Source::Text, input)
}

/// `query!` for a result of one column: the row is its value.
///
/// # Errors
/// Those of [`query!`], and a result of any other number of columns.
#[proc_macro]
pub fn query_scalar(input: TokenStream) -> TokenStream {
    checked(Form::Scalar, Source::Text, input)
}

/// [`query!`] with the SQL in a file, whose path starts at the directory of Cargo.toml.
///
/// # Errors
/// Those of [`query!`], with the line and column of the file; a file that cannot be read.
#[proc_macro]
pub fn query_file(input: TokenStream) -> TokenStream {
    checked(Form::Record, Source::File, input)
}

/// [`query_as!`] with the SQL in a file.
///
/// # Errors
/// Those of [`query_as!`] and [`query_file!`].
#[proc_macro]
pub fn query_file_as(input: TokenStream) -> TokenStream {
    checked(Form::Struct, Source::File, input)
}

/// [`query_scalar!`] with the SQL in a file.
///
/// # Errors
/// Those of [`query_scalar!`] and [`query_file!`].
#[proc_macro]
pub fn query_file_scalar(input: TokenStream) -> TokenStream {
    checked(Form::Scalar, Source::File, input)
}

fn checked(form: Form, source: Source, input: TokenStream) -> TokenStream {
    let parser = |input: ParseStream<'_>| Input::parse(form, source, input);
    parser
        .parse(input)
        .and_then(|input| query::expand(&input, &package::Package::current()?))
        .unwrap_or_else(|errors| {
            let errors = errors.into_compile_error();
            quote::quote!({ #errors })
        })
        .into()
}
