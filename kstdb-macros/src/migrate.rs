//! `migrate!()`: the migrations folder becomes a constant.

use std::path::Path;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::LitStr;
use syn::parse::{Parse, ParseStream};

use crate::crate_path::CratePath;
use crate::errors::{Errors, with_causes};
use crate::migrations::{self, Folder, Kind, Migration};
use crate::package::Package;
use crate::watch;

/// What stands between the parentheses: nothing, or a path.
pub(crate) struct Arguments {
    path: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self { path: None });
        }
        let path = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "`migrate!` takes the path of a folder in quotes, or nothing",
            )
        })?;
        input.parse::<Option<syn::Token![,]>>()?;
        if !input.is_empty() {
            return Err(input.error("`migrate!` takes one path"));
        }
        Ok(Self { path: Some(path) })
    }
}

/// Expands the macro to an expression.
///
/// # Errors
/// - all that is wrong with the folder, at the path if one was given and at the macro if not.
pub(crate) fn expand(arguments: &Arguments, package: &Package) -> syn::Result<TokenStream> {
    let given = arguments.path.as_ref();
    let span = given.map_or_else(Span::call_site, LitStr::span);
    let read = migrations::locate(&package.dir, given.map(LitStr::value).as_deref())
        .map_err(|error| vec![error])
        .and_then(|folder| Ok((migrations::read(&folder)?, folder)));
    let (migrations, folder) = match read {
        Ok(read) => read,
        Err(faults) => {
            let mut errors = Errors::default();
            for fault in faults {
                errors.push(syn::Error::new(span, with_causes(&fault)));
            }
            return errors.finish(TokenStream::new());
        }
    };

    let krate = CratePath::default();
    let embedded = migrations.iter().map(|migration| embed(migration, &krate));
    let manifest = given
        .is_none()
        .then(|| migrations::manifest_path(&package.dir));
    let manifest = manifest.as_deref().and_then(Path::to_str).map(|path| {
        // The compiler reads the file again when it says something else about the folder; nothing of it is kept.
        quote!(
            const _: &[u8] = ::core::include_bytes!(#path);
        )
    });
    let warning = (!watch::is_watched(&folder.path, &package.dir, package.out_dir.as_deref()))
        .then(|| warn_of_new_files(&folder, span));
    Ok(quote! {{
        #manifest
        #warning
        #krate::migrate::Migrations::new(const { &[#(#embedded),*] })
    }})
}

fn embed(migration: &Migration, krate: &CratePath) -> TokenStream {
    let Migration {
        version,
        description,
        kind,
        path,
        checksum,
        no_tx,
        ..
    } = migration;
    let kind = match kind {
        Kind::Simple => quote!(Simple),
        Kind::Up => quote!(ReversibleUp),
        Kind::Down => quote!(ReversibleDown),
    };
    quote! {
        #krate::migrate::EmbeddedMigration {
            version: #version,
            description: #description,
            kind: #krate::migrate::MigrationKind::#kind,
            sql: ::core::include_str!(#path),
            checksum: [#(#checksum),*],
            no_tx: #no_tx,
        }
    }
}

/// A warning in the one way that stable Rust has for macros: the use of something deprecated.
pub(crate) fn warn_of_new_files(folder: &Folder, span: Span) -> TokenStream {
    let shown = &folder.shown;
    let note = format!(
        "without a build script Cargo does not notice a file that is added to `{shown}`; \
         add a build.rs: fn main() {{ println!(\"cargo::rerun-if-changed={shown}\"); }}"
    );
    quote_spanned! {span=>
        #[deprecated(note = #note)]
        const NEW_MIGRATIONS_GO_UNNOTICED: () = ();
        let () = NEW_MIGRATIONS_GO_UNNOTICED;
    }
}
