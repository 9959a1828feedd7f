//! The letter cases of `rename_all`, named as serde and sqlx name them.

use heck::{
    ToKebabCase, ToLowerCamelCase, ToShoutyKebabCase, ToShoutySnakeCase, ToSnakeCase,
    ToUpperCamelCase,
};

/// How a field's name becomes the name of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RenameAll {
    Lower,
    Upper,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
    Camel,
    Pascal,
}

impl RenameAll {
    /// Every case beside the name that users write.
    const NAMES: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
    ];

    /// Finds the case called `name`; the error lists the names there are.
    pub(super) fn parse(name: &str) -> Result<Self, String> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, case)| *case)
            .ok_or_else(|| {
                let known = Self::NAMES
                    .map(|(known, _)| format!("`{known}`"))
                    .join(", ");
                format!("unknown letter case `{name}`; there are {known}")
            })
    }

    /// The column of a field called `field`.
    pub(super) fn apply(self, field: &str) -> String {
        match self {
            Self::Lower => field.to_lowercase(),
            Self::Upper => field.to_uppercase(),
            Self::Snake => field.to_snake_case(),
            Self::ScreamingSnake => field.to_shouty_snake_case(),
            Self::Kebab => field.to_kebab_case(),
            Self::ScreamingKebab => field.to_shouty_kebab_case(),
            Self::Camel => field.to_lower_camel_case(),
            Self::Pascal => field.to_upper_camel_case(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_renames_as_serde_and_sqlx_do() -> Result<(), String> {
        for (case, column) in [
            ("lowercase", "created_at"),
            ("UPPERCASE", "CREATED_AT"),
            ("snake_case", "created_at"),
            ("SCREAMING_SNAKE_CASE", "CREATED_AT"),
            ("kebab-case", "created-at"),
            ("SCREAMING-KEBAB-CASE", "CREATED-AT"),
            ("camelCase", "createdAt"),
            ("PascalCase", "CreatedAt"),
        ] {
            assert_eq!(
                RenameAll::parse(case)?.apply("created_at"),
                column,
                "{case}"
            );
        }
        Ok(())
    }

    #[test]
    fn an_unknown_case_is_told_the_known_ones() {
        let error = RenameAll::parse("camel").err().unwrap_or_default();
        assert!(
            error.starts_with("unknown letter case `camel`; there are `lowercase`, "),
            "{error}"
        );
    }
}
