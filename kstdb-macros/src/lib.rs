//! The macros of kstdb: rows into structs.
//!
//! They are used through kstdb-core, which re-exports them:
//!
//! - [`FromRow`](derive@FromRow) reads a struct from a row of a result.
//!
//! Generated code names kstdb-core as `::kstdb_core`. A crate that has it under another name, renamed in Cargo.toml or
//! through a facade, says so once in its root, for all macros: `extern crate other_name as kstdb_core;`.
//!
//! Module tour: `from_row` checks the input of the derive and expands it.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod crate_path;
mod errors;
mod from_row;

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
