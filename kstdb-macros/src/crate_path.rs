//! How generated code names kstdb-core.
//!
//! Always `::kstdb_core`, unless a derive is told otherwise. Guessing the name of a renamed dependency from Cargo.toml
//! would cost a parse per crate and still miss a facade that re-exports kstdb-core; one line in the crate root,
//! `extern crate db as kstdb_core;`, covers both for every macro at once, and `#[kstdb(crate = "..")]` covers one derive.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

/// The path that stands before every item of kstdb-core.
#[derive(Default)]
pub(crate) enum CratePath {
    /// `::kstdb_core`, whatever the user's modules are called.
    #[default]
    Default,
    /// The path of `#[kstdb(crate = "..")]`.
    Given(syn::Path),
}

impl CratePath {
    /// The path as if it were written at `span`, where errors about it are to point.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let tokens = self.to_token_stream().into_iter();
        tokens
            .map(|mut token| {
                token.set_span(token.span().located_at(span));
                token
            })
            .collect()
    }
}

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Default => tokens.extend(quote!(::kstdb_core)),
            Self::Given(path) => path.to_tokens(tokens),
        }
    }
}
