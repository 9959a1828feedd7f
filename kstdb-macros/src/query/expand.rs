//! The code that a checked query becomes.

use std::borrow::Cow;
use std::fs;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{PathArguments, Type};

use super::arguments::{Form, Input, Source};
use super::bind::{self, Bound};
use super::columns::{self, Field, Naming};
use super::record::record;
use super::report::Text;
use super::tracked;
use crate::check::{self, Checked, Column};
use crate::crate_path::CratePath;
use crate::errors::{Errors, with_causes};
use crate::migrations;
use crate::package::Package;
use crate::schema;
use crate::sql::{self, Parameters};

/// Expands one of the macros to an expression: a `CheckedQuery`, or a `CheckedStatement` without rows.
///
/// # Errors
/// - all that is wrong with the migrations, the statement, its parameters or its columns.
pub(crate) fn expand(input: &Input, package: &Package) -> syn::Result<TokenStream> {
    let krate = CratePath::default();
    let (text, tracked_file) = match input.source {
        Source::Text => (Text::literal(&input.text), None),
        Source::File => {
            let path = package.dir.join(input.text.value());
            let sql = fs::read_to_string(&path).map_err(|error| {
                let message = format!(
                    "cannot read `{}`: {error}; paths start at the directory of Cargo.toml",
                    input.text.value()
                );
                syn::Error::new(input.text.span(), message)
            })?;
            (Text::file(&input.text, sql), Some(tracked::file(&path)))
        }
    };
    let tokens = sql::tokens(&text.sql);
    let lists = sql::lists(&tokens, &text.sql).map_err(|fault| text.error(&fault))?;
    let folder = migrations::locate(&package.dir, None)
        .map_err(|error| syn::Error::new(Span::call_site(), with_causes(&error)))?;
    let checked = schema::with_schema(&folder, |schema, paths| {
        let tracked = tracked::files(package, &folder, paths);
        check::check(schema, &lists.checked).map(|checked| (checked, tracked))
    });
    let (checked, tracked) = match checked {
        Ok(Ok(checked)) => checked,
        Ok(Err(fault)) => return Err(text.error(&fault)),
        Err(faults) => {
            let mut errors = Errors::default();
            for fault in faults {
                errors.push(syn::Error::new(Span::call_site(), fault));
            }
            return errors.finish(TokenStream::new());
        }
    };

    let mut errors = Errors::default();
    // SQLite knows best, but has numbered the lists, too.
    let parameters = if lists.places.is_empty() {
        Parameters::without_places(checked.parameters.clone())
    } else {
        sql::parameters(&tokens, &text.sql)
    };
    let Bound { pieces, arguments } =
        bind::bind(input, &text, &lists, &parameters, &krate, &mut errors);
    let effect = match checked.only_reads {
        true => quote!(#krate::checked::Effect::Reads),
        false => quote!(#krate::checked::Effect::Writes),
    };
    let common = quote!(&[#(#pieces),*], #effect, #arguments);
    let query = match input.form {
        Form::Record => record_query(&checked, &text, &krate, &common, &mut errors),
        Form::Struct => struct_query(input, &checked, &text, &krate, &common, &mut errors),
        Form::Scalar => scalar_query(input, &checked, &text, &krate, &common, &mut errors),
    };
    errors.finish(quote! {{
        #tracked
        #tracked_file
        #query
    }})
}

fn record_query(
    checked: &Checked,
    text: &Text,
    krate: &CratePath,
    common: &TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    if checked.columns.is_empty() {
        return quote!(#krate::CheckedStatement::new(#common));
    }
    let fields = fields(&checked.columns, text, krate, errors);
    let (record, constructor) = record(&fields);
    let members = fields.iter().enumerate().map(|(position, field)| {
        let Field { ident, ty, .. } = field;
        quote!(#ident: row.get::<#ty>(#position)?)
    });
    let read = read(&constructor, members, &fields, krate);
    quote! {
        #record
        #krate::CheckedQuery::new(#common, #read)
    }
}

fn struct_query(
    input: &Input,
    checked: &Checked,
    text: &Text,
    krate: &CratePath,
    common: &TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let Some(ty) = &input.ty else {
        return TokenStream::new();
    };
    if checked.columns.is_empty() {
        errors.push(no_columns(input, text));
    }
    let fields = fields(&checked.columns, text, krate, errors);
    let span = Span::call_site().located_at(ty.span());
    let members = fields.iter().enumerate().map(|(position, field)| {
        let ident = Ident::new(&field.ident.to_string().replace("r#", ""), span);
        let ident = columns::identifier(&ident.to_string(), span).unwrap_or(ident);
        let value = &field.ty;
        quote_spanned! {span=>
            #ident: ::core::convert::Into::into(row.get::<#value>(#position)?)
        }
    });
    let read = read(&constructor(ty), members, &fields, krate);
    quote!(#krate::CheckedQuery::<#ty>::new(#common, #read))
}

/// The names of the columns, and the function that reads a row.
fn read(
    constructor: &impl ToTokens,
    members: impl Iterator<Item = TokenStream>,
    fields: &[Field],
    krate: &CratePath,
) -> TokenStream {
    let names = fields.iter().map(|field| &field.column);
    quote! {
        &[#(#names),*],
        |row: &#krate::Row<'_>| ::core::result::Result::Ok(#constructor { #(#members),* })
    }
}

/// The type as it stands before the braces of an expression: `User::<Id>`.
fn constructor(ty: &Type) -> Type {
    let mut ty = ty.clone();
    if let Type::Path(path) = &mut ty {
        for segment in &mut path.path.segments {
            if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                arguments.colon2_token.get_or_insert_default();
            }
        }
    }
    ty
}

fn scalar_query(
    input: &Input,
    checked: &Checked,
    text: &Text,
    krate: &CratePath,
    common: &TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let [column] = checked.columns.as_slice() else {
        let error = match checked.columns.len() {
            0 => no_columns(input, text),
            count => {
                let name = input.form.name(input.source);
                syn::Error::new(
                    text.span(),
                    format!("`{name}` reads one column, this query has {count}"),
                )
            }
        };
        errors.push(error);
        return TokenStream::new();
    };
    let tokens = sql::tokens(&text.sql);
    let is = |quoted: Option<Cow<'_, str>>| quoted.is_some_and(|quoted| quoted == column.name);
    let naming = match tokens.iter().any(|token| is(token.in_quotes(&text.sql))) {
        true => Naming::Alias,
        false => Naming::Nothing,
    };
    match columns::field(column, naming, text.span(), krate) {
        Ok(Field { ty, .. }) => quote!(#krate::CheckedQuery::<#ty>::scalar(#common)),
        Err(message) => {
            errors.push(syn::Error::new(text.span(), message));
            TokenStream::new()
        }
    }
}

fn no_columns(input: &Input, text: &Text) -> syn::Error {
    let name = input.form.name(input.source);
    let message = format!(
        "`{name}` reads rows, but this statement returns none; use `query!`, or add `RETURNING`"
    );
    syn::Error::new(text.span(), message)
}

/// The columns as fields, whose names must differ.
fn fields(columns: &[Column], text: &Text, krate: &CratePath, errors: &mut Errors) -> Vec<Field> {
    let span = Span::call_site();
    let mut fields: Vec<Field> = Vec::with_capacity(columns.len());
    for column in columns {
        match columns::field(column, Naming::Field, span, krate) {
            Ok(field) => {
                if let Some(same) = fields.iter().find(|other| other.ident == field.ident) {
                    let message = format!(
                        "two columns are called `{}`; give one of them another name: `AS name`",
                        same.ident
                    );
                    errors.push(syn::Error::new(text.span(), message));
                }
                fields.push(field);
            }
            Err(message) => errors.push(syn::Error::new(text.span(), message)),
        }
    }
    fields
}
