//! The names of migration files, read as sqlx reads them.

use super::MigrationsError;

/// What a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `.sql`: goes up and never down.
    Simple,
    /// `.up.sql`: goes up.
    Up,
    /// `.down.sql`: undoes the `.up.sql` of its version.
    Down,
}

/// A name in its parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileName {
    pub(super) version: i64,
    pub(super) description: String,
    pub(super) kind: Kind,
}

impl Kind {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Simple => ".sql",
            Self::Up => ".up.sql",
            Self::Down => ".down.sql",
        }
    }
}

impl FileName {
    /// Reads `<version>_<description>.sql`, `.up.sql` or `.down.sql`.
    ///
    /// `None` is a file of another kind: hidden, or not SQL by its extension. sqlx ignores any name without `_` too;
    /// here that is an error, because a migration that is silently not applied is worse than a build that stops.
    ///
    /// # Errors
    /// - [`MigrationsError::Name`]: no version, or no `_` after it.
    /// - [`MigrationsError::Version`]: 0, or more than an `i64` holds.
    pub(super) fn parse(file: &str) -> Result<Option<Self>, MigrationsError> {
        let is_sql = file
            .rsplit_once('.')
            .is_some_and(|(_, end)| end.eq_ignore_ascii_case("sql"));
        if !is_sql || file.starts_with('.') {
            return Ok(None);
        }
        let (version, rest) = match file.split_once('_') {
            Some((version, rest)) if is_number(version) && rest.ends_with(".sql") => {
                (version, rest)
            }
            _ => {
                return Err(MigrationsError::Name {
                    file: file.to_owned(),
                });
            }
        };
        let version = match version.parse() {
            Ok(version) if version > 0 => version,
            _ => {
                return Err(MigrationsError::Version {
                    file: file.to_owned(),
                });
            }
        };
        let kind = [Kind::Up, Kind::Down]
            .into_iter()
            .find(|kind| rest.ends_with(kind.suffix()))
            .unwrap_or(Kind::Simple);
        let description = rest.trim_end_matches(kind.suffix()).replace('_', " ");
        Ok(Some(Self {
            version,
            description,
            kind,
        }))
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(file: &str) -> Result<(i64, String, Kind), String> {
        let name = FileName::parse(file).map_err(|error| error.to_string())?;
        let name = name.ok_or_else(|| format!("{file} was ignored"))?;
        Ok((name.version, name.description, name.kind))
    }

    #[test]
    fn names_are_read_as_sqlx_reads_them() -> Result<(), String> {
        for (file, version, description, kind) in [
            ("1_a.sql", 1, "a", Kind::Simple),
            ("0001_create_users.sql", 1, "create users", Kind::Simple),
            (
                "20260102030405_add.index.sql",
                20_260_102_030_405,
                "add.index",
                Kind::Simple,
            ),
            ("2_add_mail.up.sql", 2, "add mail", Kind::Up),
            ("2_add_mail.down.sql", 2, "add mail", Kind::Down),
            ("3_.sql", 3, "", Kind::Simple),
            ("4_twice.sql.sql", 4, "twice", Kind::Simple),
        ] {
            assert_eq!(
                parsed(file)?,
                (version, description.to_owned(), kind),
                "{file}"
            );
        }
        Ok(())
    }

    #[test]
    fn other_files_are_ignored() -> Result<(), MigrationsError> {
        for file in [
            "README.md",
            ".keep",
            "schema",
            "1_a.sql~",
            ".1_a.sql.swp",
            ".#1_a.sql",
        ] {
            assert_eq!(FileName::parse(file)?, None, "{file}");
        }
        Ok(())
    }

    #[test]
    fn an_sql_file_without_a_version_is_refused() {
        for file in [
            "users.sql",
            "_users.sql",
            "x1_users.sql",
            "1-users.sql",
            "+1_users.sql",
            "-1_a.sql",
            "1_A.SQL",
        ] {
            let error = FileName::parse(file);
            assert!(
                matches!(error, Err(MigrationsError::Name { .. })),
                "{file}: {error:?}"
            );
        }
    }

    #[test]
    fn a_version_is_a_positive_i64() {
        for file in [
            "0_users.sql",
            "0000_users.sql",
            "9223372036854775808_users.sql",
        ] {
            let error = FileName::parse(file);
            assert!(
                matches!(error, Err(MigrationsError::Version { .. })),
                "{file}: {error:?}"
            );
        }
    }
}
