//! What the macros read: whatever it is, they give Rust code or errors that point into it.
//!
//! The first byte says which macro, and whether the rest is the arguments or the SQL alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{DeriveInput, Expr, LitStr};

use crate::package::Package;
use crate::query::{self, Form, Input, Source};
use crate::{from_row, migrate, sql};

use super::scratch;

/// Brackets inside of brackets, as far as a person writes them. What reads tokens is recursive, in
/// the compiler as here.
const DEEPEST: usize = 32;

const FORMS: [Form; 3] = [Form::Record, Form::Struct, Form::Scalar];

/// A query whose expansion no other query may change.
const SENTINEL: &str = "SELECT * FROM accounts WHERE id = 1";

/// Runs the macro that the first byte chooses on the rest.
pub(crate) fn check(input: &[u8]) -> io::Result<()> {
    let Some((choice, text)) = input.split_first() else {
        return Ok(());
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return Ok(());
    };
    let form = FORMS[usize::from(choice % 3)];
    match choice / 3 % 5 {
        0 => arguments(form, text),
        1 => literal(form, text),
        2 => file(form, text)?,
        3 => derive(text),
        _ => migrations(text),
    }
    Ok(())
}

/// The arguments as tokens, the SQL among them.
fn arguments(form: Form, text: &str) {
    let parser = |input: ParseStream<'_>| Input::parse(form, Source::Text, input);
    let Some(input) = tokens(text).and_then(|tokens| parser.parse2(tokens).ok()) else {
        return;
    };
    let written = input.text.token().to_string();
    divided(&input.text.value());
    expanded(&input, &written);
}

/// The SQL alone, as a literal with every escape that it needs.
fn literal(form: Form, sql: &str) {
    divided(sql);
    let input = input_of(form, Source::Text, sql);
    let written = input.text.token().to_string();
    expanded(&input, &written);
}

/// The SQL alone, in a file.
fn file(form: Form, sql: &str) -> io::Result<()> {
    let folder = scratch::folder()?;
    let path = folder.path().join("query.sql");
    fs::write(&path, sql)?;
    let input = input_of(form, Source::File, &path.to_string_lossy());
    expanded(&input, sql);
    Ok(())
}

fn derive(text: &str) {
    let Some(input) = tokens(text).and_then(|tokens| syn::parse2::<DeriveInput>(tokens).ok())
    else {
        return;
    };
    match from_row::expand(input) {
        Ok(code) => is_rust::<syn::File>(&code),
        Err(errors) => is_rust::<syn::File>(&errors.into_compile_error()),
    }
}

fn migrations(text: &str) {
    let arguments = tokens(text).and_then(|tokens| syn::parse2(tokens).ok());
    let Some(arguments) = arguments else {
        return;
    };
    match migrate::expand(&arguments, package()) {
        Ok(code) => is_rust::<Expr>(&code),
        Err(errors) => is_rust::<syn::File>(&errors.into_compile_error()),
    }
}

/// The text as the compiler would hand it over, unless it is nested beyond reason.
fn tokens(text: &str) -> Option<TokenStream> {
    let mut depth = 0_usize;
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' | '<' | '&' | '*' | '!' | '-' => depth += 1,
            ')' | ']' | '}' | '>' | ',' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return None;
        }
    }
    text.parse().ok()
}

fn input_of(form: Form, source: Source, text: &str) -> Input {
    let text = LitStr::new(text, Span::call_site());
    let parser = |input: ParseStream<'_>| Input::parse(form, source, input);
    let ty = (form == Form::Struct).then(|| quote!(Type,));
    parser
        .parse2(quote!(#ty #text))
        .unwrap_or_else(|error| panic!("a type and a literal: {error}"))
}

/// Every token lies in the text, behind the one before it and between whole characters.
fn divided(sql: &str) {
    let mut end = 0;
    let tokens = sql::tokens(sql);
    for token in &tokens {
        assert!(token.range.start >= end, "{token:?} in {sql:?}");
        assert!(token.range.start < token.range.end, "{token:?} in {sql:?}");
        assert!(
            sql.get(token.range.clone()).is_some(),
            "{token:?} in {sql:?}"
        );
        end = token.range.end;
    }
    if let Ok(lists) = sql::lists(&tokens, sql) {
        assert_eq!(lists.checked.len(), sql.len(), "{sql:?}");
        for (range, list) in &lists.places {
            let name = &lists.names[*list];
            assert_eq!(sql[range.clone()], format!("..{name}"), "{sql:?}");
        }
    }
}

/// The macro gives an expression, or errors whose marks stand below a line of what is written.
fn expanded(input: &Input, written: &str) {
    match query::expand(input, package()) {
        Ok(code) => is_rust::<Expr>(&code),
        Err(errors) => {
            for error in &errors {
                marked(&error.to_string(), written);
            }
            is_rust::<syn::File>(&errors.into_compile_error());
        }
    }
    untouched();
}

/// Checks the line and the mark at the end of a message, if it has any.
fn marked(message: &str, written: &str) {
    let mut lines = message.lines().rev();
    let (Some(mark), Some(line)) = (lines.next(), lines.next()) else {
        return;
    };
    let carets = mark.trim_start();
    if carets.is_empty() || carets.chars().any(|letter| letter != '^') {
        return;
    }
    let line = line.strip_prefix("    ").unwrap_or(line);
    let mark = mark.strip_prefix("    ").unwrap_or(mark);
    assert!(written.contains(line), "{message}\nnot of:\n{written}");
    // One more than the line has: the place behind its end.
    let length = line.chars().count();
    assert!(mark.chars().count() <= length + 1, "{message}");
}

/// The next query is told what it would be told without this one.
fn untouched() {
    static EXPECTED: OnceLock<String> = OnceLock::new();
    let expand = || {
        let input = input_of(Form::Record, Source::Text, SENTINEL);
        query::expand(&input, package()).map_or_else(
            |error| panic!("{SENTINEL}: {error}"),
            |code| code.to_string(),
        )
    };
    let expected = EXPECTED.get_or_init(|| {
        // The first expansion of a crate also says which files it was made from.
        expand();
        expand()
    });
    assert_eq!(expand(), *expected);
}

fn is_rust<T: syn::parse::Parse>(code: &TokenStream) {
    if let Err(error) = syn::parse2::<T>(code.to_token_stream()) {
        panic!("{error}: {code}");
    }
}

/// The workspace itself, which has the migrations.
fn package() -> &'static Package {
    static PACKAGE: OnceLock<Package> = OnceLock::new();
    PACKAGE.get_or_init(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut roots = here.ancestors();
        let root = roots.find(|root| root.join("migrations").is_dir());
        Package {
            dir: root.map_or_else(PathBuf::new, Path::to_owned),
            out_dir: None,
        }
    })
}
