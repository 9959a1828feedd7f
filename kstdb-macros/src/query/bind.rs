//! The parameters of a statement and what is bound to them.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::arguments::Input;
use super::columns::identifier;
use super::report::Text;
use crate::check::{Fault, nearest};
use crate::crate_path::CratePath;
use crate::errors::Errors;
use crate::sql::{self, Lists, Parameters};

/// The text around the lists, and the expression that gives the arguments.
pub(crate) struct Bound {
    pub(crate) pieces: Vec<String>,
    pub(crate) arguments: TokenStream,
}

/// Matches the parameters and lists with what the macro was given.
pub(crate) fn bind(
    input: &Input,
    text: &Text,
    lists: &Lists,
    parameters: &Parameters,
    krate: &CratePath,
    errors: &mut Errors,
) -> Bound {
    let positional = parameters.names.iter().filter(|name| name.is_none());
    let positional = positional.count();
    if positional != input.positional.len() {
        errors.push(wrong_count(input, text, positional));
    }
    check_names(input, text, lists, parameters, errors);

    let mut given = input.positional.iter();
    let mut calls = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for (index, parameter) in parameters.names.iter().enumerate() {
        let (shown, value) = match parameter {
            None => (
                format!("?{}", index + 1),
                given.next().map(|value| quote!(#value)),
            ),
            Some(name) => {
                let name = &name[1..];
                let same =
                    |other: &Option<String>| other.as_ref().is_some_and(|one| one[1..] == *name);
                if known.contains(&name) {
                    // `:x` beside `$x`: two parameters, but one expression.
                    let first = parameters.names.iter().position(same);
                    calls.push(quote!(.value_again(#first)));
                    continue;
                }
                known.push(name);
                (
                    parameter.clone().unwrap_or_default(),
                    by_name(input, text, name, errors),
                )
            }
        };
        let Some(value) = value else { continue };
        let span = located_at(&value);
        calls.push(quote_spanned!(span=> .value(#shown, &(#value))));
    }
    let mut named = Vec::new();
    for (_, number) in &lists.places {
        if named.contains(number) {
            calls.push(quote!(.list_again(#number)));
            continue;
        }
        named.push(*number);
        let name = &lists.names[*number];
        if let Some(value) = by_name(input, text, name, errors) {
            let shown = format!("..{name}");
            let span = located_at(&value);
            calls.push(quote_spanned!(span=> .list(#shown, &(#value))));
        }
    }
    Bound {
        pieces: lists.pieces(&text.sql, parameters),
        arguments: quote!(#krate::checked::Arguments::new() #(#calls)*),
    }
}

/// Checks that each name that is given is one of the query, and that no name is two things.
fn check_names(
    input: &Input,
    text: &Text,
    lists: &Lists,
    parameters: &Parameters,
    errors: &mut Errors,
) {
    let names = || {
        let parameters = parameters.names.iter().flatten().map(|name| &name[1..]);
        parameters.chain(lists.names.iter().map(String::as_str))
    };
    for (at, (name, _)) in input.named.iter().enumerate() {
        let plain = plain(&name.to_string());
        if !names().any(|other| other == plain) {
            let near = nearest(&plain, names());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            errors.at(
                name,
                format_args!("the query has no parameter `{plain}`{near}"),
            );
        }
        if input.named[..at].iter().any(|(other, _)| other == name) {
            errors.at(name, format_args!("`{plain}` is given twice"));
        }
    }
    for (range, number) in &lists.places {
        let name = &lists.names[*number];
        let mut values = parameters.names.iter().flatten();
        if values.any(|value| value[1..] == **name) {
            let message = format!("`{name}` is a list here and one value elsewhere");
            errors.push(text.error(&Fault::new(message, Some(range.clone()))));
        }
    }
}

/// The value of a name: what is given for it, else the variable of that name.
fn by_name(input: &Input, text: &Text, name: &str, errors: &mut Errors) -> Option<TokenStream> {
    let given = input
        .named
        .iter()
        .find(|(ident, _)| plain(&ident.to_string()) == name);
    if let Some((_, value)) = given {
        return Some(quote!(#value));
    }
    let variable = identifier(name, text.span());
    if variable.is_none() {
        let token = sql::tokens(&text.sql)
            .into_iter()
            .find(|token| text.sql[token.range.clone()].ends_with(name));
        let message = format!("the parameter `{name}` has no name that a variable can have");
        errors.push(text.error(&Fault::new(message, token.map(|token| token.range))));
    }
    variable.map(|variable| quote!(#variable))
}

fn wrong_count(input: &Input, text: &Text, expected: usize) -> syn::Error {
    let given = input.positional.len();
    let parameters = match expected {
        0 => "takes no value by position".to_owned(),
        1 => "takes 1 value by position".to_owned(),
        count => format!("takes {count} values by position"),
    };
    let given = match given {
        0 => "none is given".to_owned(),
        1 => "1 is given".to_owned(),
        count => format!("{count} are given"),
    };
    // What is too much is where the error is.
    let span = input
        .positional
        .get(expected)
        .map_or_else(|| text.span(), Spanned::span);
    let sql = text
        .sql
        .trim()
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("\n    ");
    syn::Error::new(span, format!("the query {parameters}, {given}:\n    {sql}"))
}

fn plain(ident: &str) -> String {
    ident.strip_prefix("r#").unwrap_or(ident).to_owned()
}

fn located_at(value: &TokenStream) -> Span {
    let span =
        syn::parse2::<Expr>(value.clone()).map_or_else(|_| Span::call_site(), |value| value.span());
    Span::call_site().located_at(span)
}
