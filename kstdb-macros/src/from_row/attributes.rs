//! The settings of `#[kstdb(..)]`, read but not yet weighed against each other.

use syn::meta::ParseNestedMeta;
use syn::parse::Parse;
use syn::{Attribute, Expr, LitStr, Path, Token, Type};

use super::rename::RenameAll;
use crate::crate_path::CratePath;
use crate::errors::Errors;

/// What `#[kstdb(..)]` on a struct says.
#[derive(Default)]
pub(super) struct StructAttributes {
    pub(super) krate: CratePath,
    /// The case and where it is written, for an error about it.
    pub(super) rename_all: Option<(RenameAll, LitStr)>,
}

/// What `#[kstdb(..)]` on a field says. The flags keep where they are written.
#[derive(Default)]
pub(super) struct FieldAttributes {
    pub(super) rename: Option<LitStr>,
    pub(super) default: Option<Path>,
    pub(super) skip: Option<Path>,
    pub(super) flatten: Option<Path>,
    pub(super) try_from: Option<(Type, LitStr)>,
}

impl StructAttributes {
    pub(super) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut krate = None;
        let mut rename_all = None;
        for_each_setting(attributes, errors, |name, meta, errors| {
            match name {
                "crate" => {
                    if let Some(path) = parsed(&string(meta)?, "a path", errors) {
                        once(&mut krate, path, meta, errors);
                    }
                }
                "rename_all" => {
                    let written = string(meta)?;
                    match RenameAll::parse(&written.value()) {
                        Ok(case) => once(&mut rename_all, (case, written), meta, errors),
                        Err(message) => errors.at(written, message),
                    }
                }
                _ => unknown(meta, "a struct", &["crate", "rename_all"], errors)?,
            }
            Ok(())
        });
        Self {
            krate: krate.map_or_else(CratePath::default, CratePath::Given),
            rename_all,
        }
    }
}

impl FieldAttributes {
    const NAMES: [&'static str; 5] = ["rename", "default", "skip", "flatten", "try_from"];

    pub(super) fn read(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut read = Self::default();
        for_each_setting(attributes, errors, |name, meta, errors| {
            match name {
                "rename" => {
                    let column = string(meta)?;
                    if column.value().is_empty() {
                        errors.at(&column, "a column has a name: this one is empty");
                    }
                    once(&mut read.rename, column, meta, errors);
                }
                "default" => flag(&mut read.default, meta, errors)?,
                "skip" => flag(&mut read.skip, meta, errors)?,
                "flatten" => flag(&mut read.flatten, meta, errors)?,
                "try_from" => {
                    let written = string(meta)?;
                    if let Some(source) = parsed(&written, "a type", errors) {
                        once(&mut read.try_from, (source, written), meta, errors);
                    }
                }
                _ => unknown(meta, "a field", &Self::NAMES, errors)?,
            }
            Ok(())
        });
        read
    }

    /// Every setting that is there, by name and with the tokens that an error about it points at.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&'static str, &dyn quote::ToTokens)> {
        let Self {
            rename,
            default,
            skip,
            flatten,
            try_from,
        } = self;
        let found: [Option<&dyn quote::ToTokens>; 5] = [
            rename.as_ref().map(|name| name as _),
            default.as_ref().map(|flag| flag as _),
            skip.as_ref().map(|flag| flag as _),
            flatten.as_ref().map(|flag| flag as _),
            try_from.as_ref().map(|(_, written)| written as _),
        ];
        Self::NAMES
            .into_iter()
            .zip(found)
            .filter_map(|(name, tokens)| Some((name, tokens?)))
    }
}

/// Calls `read` for each setting in each `#[kstdb(..)]`; an error that `read` returns ends that one attribute.
fn for_each_setting(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut read: impl FnMut(&str, &ParseNestedMeta<'_>, &mut Errors) -> syn::Result<()>,
) {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("kstdb"))
    {
        let result = attribute.parse_nested_meta(|meta| {
            let name = meta
                .path
                .get_ident()
                .map(ToString::to_string)
                .unwrap_or_default();
            read(&name, &meta, errors)
        });
        errors.keep(result);
    }
}

/// The string of `name = "string"`.
fn string(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    meta.value()?.parse()
}

/// Parses what is in a string; `wanted` is what it should be.
fn parsed<T: Parse>(written: &LitStr, wanted: &str, errors: &mut Errors) -> Option<T> {
    let parsed = written.parse().ok();
    if parsed.is_none() {
        errors.at(
            written,
            format_args!("`{}` is not {wanted}", written.value()),
        );
    }
    parsed
}

/// Sets `slot`, which may be said once.
fn once<T>(slot: &mut Option<T>, value: T, meta: &ParseNestedMeta<'_>, errors: &mut Errors) {
    if slot.replace(value).is_some() {
        let name = name_of(&meta.path);
        errors.at(&meta.path, format_args!("`{name}` is given twice"));
    }
}

/// Sets a flag, which takes no value.
fn flag(
    slot: &mut Option<Path>,
    meta: &ParseNestedMeta<'_>,
    errors: &mut Errors,
) -> syn::Result<()> {
    if swallow_value(meta)? {
        let name = name_of(&meta.path);
        errors.at(&meta.path, format_args!("`{name}` takes no value"));
    }
    once(slot, meta.path.clone(), meta, errors);
    Ok(())
}

fn unknown(
    meta: &ParseNestedMeta<'_>,
    place: &str,
    known: &[&str],
    errors: &mut Errors,
) -> syn::Result<()> {
    swallow_value(meta)?;
    let name = name_of(&meta.path);
    let known = known
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    errors.at(
        &meta.path,
        format_args!("unknown setting `{name}`; {place} takes {known}"),
    );
    Ok(())
}

/// Reads over a value that is not wanted, so that the settings after it are still read.
fn swallow_value(meta: &ParseNestedMeta<'_>) -> syn::Result<bool> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<Expr>()?;
        Ok(true)
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<proc_macro2::TokenStream>()?;
        Ok(true)
    } else {
        Ok(false)
    }
}

fn name_of(path: &Path) -> String {
    let segments: Vec<_> = path
        .segments
        .iter()
        .map(|part| part.ident.to_string())
        .collect();
    segments.join("::")
}
