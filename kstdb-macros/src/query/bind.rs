//! The parameters of a statement and what is bound to them.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::arguments::Input;
use super::columns::identifier;
use super::report::Text;
use crate::check::{Fault, Parameter, nearest};
use crate::crate_path::CratePath;
use crate::errors::Errors;
use crate::sql::{self, Lists};

/// The text around the lists, and the expression that gives the arguments.
pub(crate) struct Bound {
    pub(crate) pieces: Vec<String>,
    pub(crate) arguments: TokenStream,
}

/// Matches the parameters with what the macro was given.
pub(crate) fn bind(
    input: &Input,
    text: &Text,
    lists: &Lists,
    parameters: &[Parameter],
    krate: &CratePath,
    errors: &mut Errors,
) -> Bound {
    let list_of = |parameter: &Parameter| match parameter {
        Parameter::Named(name) => lists.of_parameter(name).map(str::to_owned),
        Parameter::Positional => None,
    };
    let positional = parameters
        .iter()
        .filter(|one| **one == Parameter::Positional)
        .count();
    if positional != input.positional.len() {
        errors.push(wrong_count(input, text, positional));
    }
    let names: Vec<String> = parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Named(name) => {
                Some(list_of(parameter).unwrap_or_else(|| name[1..].to_owned()))
            }
            Parameter::Positional => None,
        })
        .collect();
    for (at, (name, _)) in input.named.iter().enumerate() {
        let plain = plain(&name.to_string());
        if !names.contains(&plain) {
            let near = nearest(&plain, names.iter().map(String::as_str));
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

    let mut given = input.positional.iter();
    let mut values = Vec::new();
    // The number of each parameter of the checked text when the lists are left out.
    let mut numbers = vec![0; parameters.len() + 1];
    let mut named_numbers = Vec::new();
    for (index, parameter) in parameters.iter().enumerate() {
        if list_of(parameter).is_some() {
            continue;
        }
        numbers[index + 1] = values.len() + 1;
        let (shown, value) = match parameter {
            Parameter::Positional => {
                let Some(value) = given.next() else { continue };
                (format!("?{}", index + 1), quote!(#value))
            }
            Parameter::Named(name) => {
                named_numbers.push((name.as_str(), values.len() + 1));
                match by_name(input, text, &name[1..], errors) {
                    Some(value) => (name.clone(), value),
                    None => continue,
                }
            }
        };
        let span = located_at(&value);
        values.push(quote_spanned!(span=> .value(#shown, &(#value))));
    }
    for (name, _) in &lists.names {
        if let Some(value) = by_name(input, text, name, errors) {
            let shown = format!("..{name}");
            let span = located_at(&value);
            values.push(quote_spanned!(span=> .list(#shown, &(#value))));
        }
    }
    let pieces = lists.pieces(&text.sql, |name, position| {
        let named = named_numbers.iter().find(|(other, _)| *other == name);
        named.map_or_else(
            || numbers.get(position).copied().unwrap_or(position),
            |(_, number)| *number,
        )
    });
    Bound {
        pieces,
        arguments: quote!(#krate::checked::Arguments::new() #(#values)*),
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
