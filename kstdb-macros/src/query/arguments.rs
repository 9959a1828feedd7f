//! What stands between the parentheses.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, LitStr, Token, Type};

/// What a macro makes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `query!`: a record.
    Record,
    /// `query_as!`: a struct that is given first.
    Struct,
    /// `query_scalar!`: the value of the only column.
    Scalar,
}

/// Where the SQL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Text,
    File,
}

impl Form {
    /// The macro's name, for messages.
    pub(crate) const fn name(self, source: Source) -> &'static str {
        match (self, source) {
            (Self::Record, Source::Text) => "query!",
            (Self::Struct, Source::Text) => "query_as!",
            (Self::Scalar, Source::Text) => "query_scalar!",
            (Self::Record, Source::File) => "query_file!",
            (Self::Struct, Source::File) => "query_file_as!",
            (Self::Scalar, Source::File) => "query_file_scalar!",
        }
    }
}

/// The arguments of a macro, read.
pub(crate) struct Input {
    pub(crate) form: Form,
    pub(crate) source: Source,
    /// The struct of `query_as!`.
    pub(crate) ty: Option<Type>,
    /// The SQL, or the path of its file.
    pub(crate) text: LitStr,
    /// Values of parameters by position.
    pub(crate) positional: Vec<Expr>,
    /// Values of parameters and lists by name.
    pub(crate) named: Vec<(Ident, Expr)>,
}

impl Input {
    /// Reads the arguments of one of the macros.
    ///
    /// # Errors
    /// - they do not have the form that the macro takes.
    pub(crate) fn parse(form: Form, source: Source, input: ParseStream<'_>) -> syn::Result<Self> {
        let name = form.name(source);
        let ty = if form == Form::Struct {
            let ty = input.parse().map_err(|error| {
                syn::Error::new(
                    error.span(),
                    format!("`{name}` takes a struct first, then the query"),
                )
            })?;
            input.parse::<Token![,]>()?;
            Some(ty)
        } else {
            None
        };
        let text = input.parse().map_err(|error| {
            let wanted = match source {
                Source::Text => "the query as a string literal: it is read while compiling",
                Source::File => "the path of a file as a string literal",
            };
            syn::Error::new(error.span(), format!("`{name}` takes {wanted}"))
        })?;
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            if input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
                let name = input.call(Ident::parse_any)?;
                input.parse::<Token![=]>()?;
                named.push((name, input.parse()?));
            } else if named.is_empty() {
                positional.push(input.parse()?);
            } else {
                return Err(input.error("values by position stand before those by name"));
            }
        }
        Ok(Self {
            form,
            source,
            ty,
            text,
            positional,
            named,
        })
    }
}
