//! The columns of a result as Rust fields: names, types and what an alias overrides.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Type;
use syn::parse::{Parse, ParseStream};

use crate::check::Column;
use crate::crate_path::CratePath;
use crate::schema::Kind;

/// A column with its Rust type.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The name that SQLite gives the column.
    pub(crate) column: String,
    pub(crate) ty: TokenStream,
    /// The type is one of the user's, of which nothing is known.
    pub(crate) is_overridden: bool,
}

/// What follows the name in an alias: `!`, `?`, `: Type`, `!: Type`, `?: Type`.
#[derive(Default)]
struct Override {
    can_be_null: Option<bool>,
    ty: Option<Type>,
}

impl Parse for Override {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let can_be_null = if input.parse::<Option<syn::Token![!]>>()?.is_some() {
            Some(false)
        } else if input.parse::<Option<syn::Token![?]>>()?.is_some() {
            Some(true)
        } else {
            None
        };
        let ty = match input.parse::<Option<syn::Token![:]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        Ok(Self { can_be_null, ty })
    }
}

/// Whether a name is read as an alias: the text of an expression that has none holds `!`, `?` and `:`
/// of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// It must be the name of a field.
    Field,
    /// The column is a value; the name says more about its type.
    Alias,
    /// The column is a value, and its name says nothing.
    Nothing,
}

/// Reads a column.
///
/// # Errors
/// - a message: its name is no Rust name, or what follows the name is no override.
pub(crate) fn field(
    column: &Column,
    naming: Naming,
    span: Span,
    krate: &CratePath,
) -> Result<Field, String> {
    let name = &column.name;
    let value = || Ident::new("value", span);
    let (ident, overridden) = if naming == Naming::Nothing {
        (value(), Override::default())
    } else {
        let end = name.find(['!', '?', ':']).unwrap_or(name.len());
        let (plain, rest) = name.split_at(end);
        let ident = identifier(plain.trim(), span);
        match (ident, syn::parse_str::<Override>(rest)) {
            (Some(ident), Ok(overridden)) => (ident, overridden),
            // The alias of a value need be no name, only what overrides its type.
            (None, Ok(overridden)) if naming == Naming::Alias => (value(), overridden),
            (None, Err(_)) if naming == Naming::Alias => (value(), Override::default()),
            (Some(_), Err(_)) => {
                return Err(format!(
                    "`{name}` is no alias that names a type; \
                     the forms are \"name!\", \"name?\", \"name: Type\", \"name!: Type\" and \"name?: Type\""
                ));
            }
            (None, _) => {
                return Err(format!(
                    "the column `{name}` has no name that a field can have; give it one: `AS name`"
                ));
            }
        }
    };
    let can_be_null = overridden.can_be_null.unwrap_or(column.can_be_null);
    let is_overridden = overridden.ty.is_some();
    let (ty, holds_null) = match overridden.ty {
        Some(ty) => (quote!(#ty), false),
        None => (rust_type(column.kind, krate), column.kind == Kind::Any),
    };
    // `Value` has a place for NULL already.
    let ty = match overridden.can_be_null {
        Some(true) => quote!(::core::option::Option<#ty>),
        Some(false) => ty,
        None if can_be_null && !holds_null => quote!(::core::option::Option<#ty>),
        None => ty,
    };
    Ok(Field {
        ident,
        column: name.clone(),
        ty,
        is_overridden,
    })
}

/// A name as an identifier, raw if it is a keyword.
pub(crate) fn identifier(name: &str, span: Span) -> Option<Ident> {
    let mut ident = syn::parse_str::<Ident>(name)
        .or_else(|_| syn::parse_str::<Ident>(&format!("r#{name}")))
        .ok()?;
    ident.set_span(span);
    Some(ident)
}

fn rust_type(kind: Kind, krate: &CratePath) -> TokenStream {
    let text = quote!(::std::string::String);
    match kind {
        Kind::Integer => quote!(::core::primitive::i64),
        Kind::Real => quote!(::core::primitive::f64),
        Kind::Text => text,
        Kind::Blob => quote!(::std::vec::Vec<::core::primitive::u8>),
        Kind::Boolean => quote!(::core::primitive::bool),
        Kind::Date if cfg!(feature = "chrono") => quote!(#krate::types::chrono::NaiveDate),
        Kind::Time if cfg!(feature = "chrono") => quote!(#krate::types::chrono::NaiveTime),
        Kind::DateTime if cfg!(feature = "chrono") => quote!(#krate::types::chrono::NaiveDateTime),
        Kind::Uuid if cfg!(feature = "uuid") => quote!(#krate::types::uuid::Uuid),
        Kind::Json if cfg!(feature = "json") => quote!(#krate::types::serde_json::Value),
        // Without their feature these are what they are stored as.
        Kind::Date | Kind::Time | Kind::DateTime | Kind::Uuid | Kind::Json => text,
        Kind::Any => quote!(#krate::Value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, kind: Kind, can_be_null: bool) -> Result<(String, String), String> {
        let column = Column {
            name: name.to_owned(),
            kind,
            can_be_null,
        };
        let krate = CratePath::default();
        let field = field(&column, Naming::Field, Span::call_site(), &krate)?;
        let ty = field.ty.to_string().replace(' ', "");
        Ok((
            field.ident.to_string(),
            ty.replace("::core::primitive::", "")
                .replace("::core::option::", ""),
        ))
    }

    #[test]
    fn an_alias_overrides_type_and_nullability() -> Result<(), String> {
        for (name, can_be_null, ident, ty) in [
            ("id", false, "id", "i64"),
            ("id", true, "id", "Option<i64>"),
            ("id!", true, "id", "i64"),
            ("id?", false, "id", "Option<i64>"),
            ("id: u32", true, "id", "Option<u32>"),
            ("id: u32", false, "id", "u32"),
            ("id!: UserId", true, "id", "UserId"),
            ("id?: u32", false, "id", "Option<u32>"),
            ("type", false, "r#type", "i64"),
        ] {
            let read = read(name, Kind::Integer, can_be_null)?;
            assert_eq!(read, (ident.to_owned(), ty.to_owned()), "{name}");
        }
        Ok(())
    }

    #[test]
    fn a_value_of_any_kind_holds_null_itself() -> Result<(), String> {
        assert_eq!(read("x", Kind::Any, true)?.1, "::kstdb_core::Value");
        assert_eq!(
            read("x?", Kind::Any, true)?.1,
            "Option<::kstdb_core::Value>"
        );
        Ok(())
    }

    #[test]
    fn names_that_no_field_can_have_are_refused() {
        for name in ["count(*)", "", "1", "a b", "self"] {
            assert!(read(name, Kind::Any, true).is_err(), "{name}");
        }
        assert!(read("id: ", Kind::Any, true).is_err());
        assert!(read("id!!", Kind::Any, true).is_err());
    }

    #[test]
    fn only_an_alias_of_a_value_overrides_its_type() -> Result<(), String> {
        for (naming, name, expected) in [
            (
                Naming::Nothing,
                "balance >= :cents",
                ":: core :: primitive :: i64",
            ),
            (Naming::Nothing, "a!=?", ":: core :: primitive :: i64"),
            (Naming::Alias, "a: u32", "u32"),
            (Naming::Alias, ": u32", "u32"),
            (Naming::Alias, "a b", ":: core :: primitive :: i64"),
        ] {
            let column = Column {
                name: name.to_owned(),
                kind: Kind::Integer,
                can_be_null: false,
            };
            let field = field(&column, naming, Span::call_site(), &CratePath::default())?;
            assert_eq!(field.ty.to_string(), expected, "{name}");
        }
        Ok(())
    }
}
