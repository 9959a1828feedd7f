//! The struct that a row of `query!` is.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::columns::Field;

/// The struct of a row, and the path that makes one.
///
/// Items have the hygiene of the call: the user's types and values, which stand in the same block,
/// would see the struct. So it has a name that nobody else gives, and `Debug` prints `Record`.
///
/// A type of the user's own stands as a type parameter, so that `Debug`, `Clone` and `PartialEq` are
/// there if it has them.
pub(super) fn record(fields: &[Field]) -> (TokenStream, TokenStream) {
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let parameter = |index: usize| format_ident!("T{index}");
    let own = (0..fields.len()).filter(|index| fields[*index].is_overridden);
    let parameters: Vec<Ident> = own.map(parameter).collect();
    let types = fields.iter().enumerate().map(|(index, field)| {
        let parameter = parameter(index);
        if field.is_overridden {
            quote!(#parameter)
        } else {
            field.ty.clone()
        }
    });
    let shown = idents.iter().map(|ident| ident.unraw().to_string());
    let record = quote! {
        #[derive(::core::clone::Clone, ::core::cmp::PartialEq)]
        #[allow(dead_code, non_snake_case)]
        struct __KstdbRecord<#(#parameters),*> {
            #(#idents: #types,)*
        }

        impl<#(#parameters: ::core::fmt::Debug),*> ::core::fmt::Debug for __KstdbRecord<#(#parameters),*> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct("Record") #(.field(#shown, &self.#idents))* .finish()
            }
        }
    };
    (record, quote!(__KstdbRecord))
}
