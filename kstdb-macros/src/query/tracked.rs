//! What Cargo must look at: files whose change compiles the crate again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use proc_macro2::{Span, TokenStream};
use quote::quote;

use crate::migrate::warn_of_new_files;
use crate::migrations::{self, Folder};
use crate::package::Package;
use crate::watch;

/// Tells the compiler which files a checked query was made from.
///
/// The first query of a crate says it for all: the compiler remembers files per crate, and two
/// hundred queries need not read them two hundred times.
pub(crate) fn files(package: &Package, folder: &Folder, paths: &[String]) -> TokenStream {
    static TRACKED: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
    let mut tracked = TRACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if !tracked.get_or_insert_default().insert(package.dir.clone()) {
        return TokenStream::new();
    }
    let manifest = migrations::manifest_path(&package.dir);
    let paths = manifest
        .to_str()
        .into_iter()
        .chain(paths.iter().map(String::as_str));
    let warning = (!watch::is_watched(&folder.path, &package.dir, package.out_dir.as_deref()))
        .then(|| warn_of_new_files(folder, Span::call_site()));
    quote! {
        #(const _: &[::core::primitive::u8] = ::core::include_bytes!(#paths);)*
        #warning
    }
}

/// Tells the compiler that the query is in a file.
pub(crate) fn file(path: &Path) -> TokenStream {
    let path = path.to_str();
    let path = path.into_iter();
    quote!(#(const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);)*)
}
