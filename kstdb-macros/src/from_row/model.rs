//! What a struct wants from a row: the input after every check.

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Generics, Ident, LitStr, Member, Type};

use super::attributes::{FieldAttributes, StructAttributes};
use crate::crate_path::CratePath;
use crate::errors::Errors;

/// A struct that can be read from a row.
pub(super) struct Model {
    pub(super) krate: CratePath,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) fields: Vec<Field>,
}

/// A field and what fills it.
pub(super) struct Field {
    pub(super) member: Member,
    pub(super) ty: Type,
    pub(super) source: Source,
}

/// What fills a field.
pub(super) enum Source {
    /// One column.
    Column {
        column: Column,
        /// `try_from`: the type that is read and then turned into the field's.
        via: Option<Box<Type>>,
        /// `default`: the result may lack the column.
        may_be_missing: bool,
    },
    /// `flatten`: the columns that the field's own `FromRow` asks for.
    Flatten,
    /// `skip`: nothing of the row.
    Skip,
}

/// How a column is found.
pub(super) enum Column {
    Named(LitStr),
    /// Counted from 0 over the fields that are not skipped.
    At(usize),
}

impl Model {
    /// Checks the input of the derive.
    ///
    /// # Errors
    /// - every fault of the struct and its attributes, each where it is written.
    pub(super) fn new(input: DeriveInput) -> syn::Result<Self> {
        let mut errors = Errors::default();
        let attributes = StructAttributes::read(&input.attrs, &mut errors);
        for parameter in input.generics.lifetimes() {
            errors.at(
                parameter,
                "a row ends with its query, so a struct made from it owns its values: \
                 use `String` for `&str` and `Vec<u8>` for `&[u8]`",
            );
        }
        let fields = match &input.data {
            Data::Struct(data) => {
                if data.fields.is_empty() {
                    errors.at(&input.ident, "there is no field to fill from a row");
                }
                read_fields(&data.fields, &attributes, &mut errors)
            }
            Data::Enum(data) => {
                errors.at(
                    data.enum_token,
                    "`FromRow` fills a struct; an enum is one value of a row",
                );
                Vec::new()
            }
            Data::Union(data) => {
                errors.at(
                    data.union_token,
                    "`FromRow` fills a struct; a union has one field at a time",
                );
                Vec::new()
            }
        };
        errors.finish(Self {
            krate: attributes.krate,
            ident: input.ident,
            generics: input.generics,
            fields,
        })
    }
}

fn read_fields(fields: &Fields, attributes: &StructAttributes, errors: &mut Errors) -> Vec<Field> {
    let named = matches!(fields, Fields::Named(_));
    if let (false, Some((_, written))) = (named, &attributes.rename_all) {
        errors.at(written, by_position("rename_all"));
    }
    let mut position = 0;
    let mut read = Vec::with_capacity(fields.len());
    for (field, member) in fields.iter().zip(fields.members()) {
        let settings = FieldAttributes::read(&field.attrs, errors);
        refuse_contradictions(&settings, named, errors);
        let source = if settings.skip.is_some() {
            Source::Skip
        } else if settings.flatten.is_some() {
            Source::Flatten
        } else {
            let column = match &member {
                Member::Named(ident) => Column::Named(column_name(ident, &settings, attributes)),
                Member::Unnamed(_) => {
                    position += 1;
                    Column::At(position - 1)
                }
            };
            Source::Column {
                column,
                via: settings.try_from.map(|(source, _)| Box::new(source)),
                may_be_missing: settings.default.is_some(),
            }
        };
        read.push(Field {
            member,
            ty: field.ty.clone(),
            source,
        });
    }
    read
}

/// The column of a named field: `rename`, else `rename_all` of its name, else its name without `r#`.
fn column_name(ident: &Ident, settings: &FieldAttributes, attributes: &StructAttributes) -> LitStr {
    settings.rename.clone().unwrap_or_else(|| {
        let name = ident.unraw().to_string();
        let name = match &attributes.rename_all {
            Some((case, _)) => case.apply(&name),
            None => name,
        };
        LitStr::new(&name, ident.span())
    })
}

/// Refuses settings that would have no effect, rather than letting one of them win in silence.
fn refuse_contradictions(settings: &FieldAttributes, named: bool, errors: &mut Errors) {
    for (name, written) in settings.settings() {
        let winner = if name == "skip" {
            None
        } else if settings.skip.is_some() {
            Some("skip")
        } else if name != "flatten" && settings.flatten.is_some() {
            Some("flatten")
        } else {
            None
        };
        if let Some(winner) = winner {
            errors.at(
                written,
                format_args!("`{name}` has no effect beside `{winner}`"),
            );
        } else if !named && matches!(name, "rename" | "default" | "flatten") {
            errors.at(written, by_position(name));
        }
    }
}

fn by_position(name: &str) -> String {
    format!("`{name}` needs named fields: those of a tuple struct are filled by position")
}
