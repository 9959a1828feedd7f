//! The macros of kstdb: rows into structs, and the migrations folder into the program.
//!
//! They are used through kstdb-core, which re-exports them:
//!
//! - [`FromRow`](derive@FromRow) reads a struct from a row of a result.
//! - [`migrate!`] embeds the folder of migrations.
//!
//! Generated code names kstdb-core as `::kstdb_core`. A crate that has it under another name, renamed in Cargo.toml or
//! through a facade, says so once in its root, for all macros: `extern crate other_name as kstdb_core;`.
//!
//! Module tour: `from_row` checks the input of the derive and expands it; `migrations` finds, reads and checks the folder
//! and knows no macro; `migrate` expands what it read; `watch` says whether Cargo notices new files.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod crate_path;
mod errors;
mod from_row;
mod migrate;
mod migrations;
mod package;
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
/// `migrate!("path")` takes that folder. Both paths start at the directory of Cargo.toml.
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
