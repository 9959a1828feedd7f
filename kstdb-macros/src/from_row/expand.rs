//! The implementation that `#[derive(FromRow)]` writes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Generics, Index, Type, WherePredicate, parse_quote_spanned};

use super::model::{Column, Field, Model, Source};
use crate::crate_path::CratePath;

/// One field in the places where it appears.
struct Part {
    /// Its slot in the plan: the type, and the expression that fills it.
    slot: Option<(TokenStream, TokenStream)>,
    /// The expression that reads it from a row.
    read: TokenStream,
    /// What its type must be able to do.
    bounds: Vec<WherePredicate>,
}

/// The plan in the places where it appears.
struct Plan {
    /// A type of its own, if it needs one.
    item: Option<TokenStream>,
    ty: TokenStream,
    /// The expression that makes it from the columns.
    value: TokenStream,
    /// The statement that brings its slots to light.
    open: Option<TokenStream>,
}

/// Expands the derive.
///
/// # Errors
/// - every fault of the struct and its attributes, each where it is written.
pub(crate) fn expand(input: DeriveInput) -> syn::Result<TokenStream> {
    let Model {
        krate,
        ident,
        mut generics,
        fields,
    } = Model::new(input)?;
    // Said of every type, not only of parameters: a false bound is one error at the field, and the code below, which
    // relies on it, adds no further ones.
    let bounds = &mut generics.make_where_clause().predicates;
    let (mut slot_types, mut slot_values, mut reads) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields {
        let part = part(field, slot_types.len(), &krate);
        if let Some((slot_type, slot_value)) = part.slot {
            slot_types.push(slot_type);
            slot_values.push(slot_value);
        }
        let (member, read) = (&field.member, part.read);
        reads.push(quote!(#member: #read));
        bounds.extend(part.bounds);
    }

    let has = |wanted: fn(&Source) -> bool| fields.iter().any(|field| wanted(&field.source));
    let row_name = used_if(has(|source| !matches!(source, Source::Skip)), "row");
    let columns_name = used_if(!slot_types.is_empty(), "columns");
    let plan_name = used_if(!slot_types.is_empty(), "plan");
    let (slots, values) = (quote!((#(#slot_types,)*)), quote!((#(#slot_values,)*)));
    let Plan {
        item,
        ty,
        value,
        open,
    } = if has(|source| matches!(source, Source::Flatten)) {
        plan_struct(&slots, &values, &ident, &generics)
    } else {
        Plan {
            item: None,
            ty: slots,
            value: values,
            open: None,
        }
    };

    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let implementation = quote! {
        #[automatically_derived]
        impl #impl_generics #krate::FromRow for #ident #type_generics #where_clause {
            type Plan = #ty;

            fn plan(
                #columns_name: &#krate::Columns,
            ) -> ::core::result::Result<Self::Plan, #krate::RowError> {
                ::core::result::Result::Ok(#value)
            }

            fn from_row(
                #row_name: &#krate::Row<'_>,
                #plan_name: &Self::Plan,
            ) -> ::core::result::Result<Self, #krate::RowError> {
                #open
                ::core::result::Result::Ok(Self { #(#reads,)* })
            }
        }
    };
    Ok(match item {
        Some(item) => quote!(const _: () = { #item #implementation };),
        None => implementation,
    })
}

/// The plan of a struct with flattened fields. The tuple of its slots names their types, which may be more private than
/// the struct, as an associated type may not be; so it is a field of a type that is `pub` and out of reach.
fn plan_struct(
    slots: &TokenStream,
    values: &TokenStream,
    ident: &Ident,
    generics: &Generics,
) -> Plan {
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    Plan {
        item: Some(quote! {
            #[allow(
                missing_debug_implementations,
                missing_docs,
                private_bounds,
                unnameable_types,
                unreachable_pub
            )]
            pub struct __Plan #impl_generics #where_clause {
                slots: #slots,
                of: ::core::marker::PhantomData<fn() -> #ident #type_generics>,
            }
        }),
        ty: quote!(__Plan #type_generics),
        value: quote!(__Plan { slots: #values, of: ::core::marker::PhantomData }),
        open: Some(quote!(let plan = &plan.slots;)),
    }
}

fn part(field: &Field, slot: usize, krate: &CratePath) -> Part {
    let ty = &field.ty;
    let slot = Index::from(slot);
    let span = located_at(ty);
    let default = quote_spanned!(span=> <#ty as ::core::default::Default>::default());
    let is_default = parse_quote_spanned!(span=> #ty: ::core::default::Default);
    match &field.source {
        Source::Skip => Part {
            slot: None,
            read: default,
            bounds: vec![is_default],
        },
        Source::Flatten => {
            let trait_path = krate.at(span);
            let trait_path = quote_spanned!(span=> #trait_path::FromRow);
            let from_row = quote_spanned!(span=> <#ty as #trait_path>);
            Part {
                slot: Some((
                    quote_spanned!(span=> #from_row::Plan),
                    quote_spanned!(span=> #from_row::plan(columns)?),
                )),
                read: quote_spanned!(span=> #from_row::from_row(row, &plan.#slot)?),
                bounds: vec![parse_quote_spanned!(span=> #ty: #trait_path)],
            }
        }
        Source::Column {
            column,
            via,
            may_be_missing,
        } => {
            let (get, mut bounds) = getter(ty, via.as_deref(), krate);
            let (slot, read) = match column {
                Column::At(position) => (None, quote!(#get(#position)?)),
                Column::Named(name) if *may_be_missing => {
                    bounds.push(is_default);
                    let read = quote! {
                        match plan.#slot {
                            ::core::option::Option::Some(index) => #get(index)?,
                            ::core::option::Option::None => #default,
                        }
                    };
                    let index = quote!(::core::option::Option<::core::primitive::usize>);
                    (Some((index, quote!(columns.index_of(#name)))), read)
                }
                Column::Named(name) => {
                    let index = quote!(::core::primitive::usize);
                    (
                        Some((index, quote!(columns.require(#name)?))),
                        quote!(#get(plan.#slot)?),
                    )
                }
            };
            Part { slot, read, bounds }
        }
    }
}

/// The method of a row that reads a `ty`, and what it asks of the type.
fn getter(ty: &Type, via: Option<&Type>, krate: &CratePath) -> (TokenStream, Vec<WherePredicate>) {
    let span = located_at(ty);
    let read = via.unwrap_or(ty);
    let read_span = located_at(read);
    let trait_path = krate.at(read_span);
    let is_value = parse_quote_spanned!(read_span=> #read: #trait_path::FromValue);
    match via {
        None => (quote_spanned!(span=> row.get::<#ty>), vec![is_value]),
        Some(via) => (
            quote_spanned!(span=> row.get_via::<#via, #ty>),
            vec![
                is_value,
                parse_quote_spanned!(span=> #ty: ::core::convert::TryFrom<#via>),
                parse_quote_spanned! {span=>
                    <#ty as ::core::convert::TryFrom<#via>>::Error:
                        ::core::convert::Into<
                            ::std::boxed::Box<
                                dyn ::std::error::Error + ::core::marker::Send + ::core::marker::Sync,
                            >,
                        >
                },
            ],
        ),
    }
}

/// A span with the hygiene of the derive and the place of `tokens`: errors point there.
fn located_at(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}

/// Names a parameter so that an unused one draws no warning.
fn used_if(used: bool, name: &str) -> Ident {
    if used {
        format_ident!("{name}")
    } else {
        format_ident!("_{name}")
    }
}
