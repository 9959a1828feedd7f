//! Rules about places: what is at the top level, what is in a name, what no file may contain.

use super::files::{File, Finding};
use crate::workspace;

/// Everything that may be at the top level. ARCHITECTURE.md says what each is for.
const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".gitattributes",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "kstdb-cipher",
    "kstdb-config",
    "kstdb-core",
    "kstdb-macros",
    "migrations",
    "rustfmt.toml",
    "xtask",
];

/// Checks a file of any kind.
pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    let top = file.path.split('/').next().unwrap_or_default();
    if !TOP_LEVEL.contains(&top) {
        findings.push(file.finding(1, format!("`{top}` has no place at the top level")));
    }
    if file.has_extension("rs") || file.has_extension("toml") {
        findings.extend(not_ascii(file));
    }
    findings.extend(machine_paths(file, &this_machine()));
    findings
}

fn not_ascii(file: &File) -> impl Iterator<Item = Finding> {
    let lines = file.lines().filter(|(_, line)| !line.is_ascii());
    lines.map(|(number, _)| file.finding(number, "not ASCII: write it as an escape"))
}

/// The places that exist on this machine only: the workspace and the home directory.
fn this_machine() -> Vec<String> {
    let home = std::env::home_dir();
    let places = home
        .iter()
        .map(|path| path.as_path())
        .chain([workspace::root()]);
    places
        .map(|path| format!("{}/", path.display()))
        .filter(|path| path != "/")
        .collect()
}

fn machine_paths(file: &File, places: &[String]) -> Vec<Finding> {
    let lines = file
        .lines()
        .filter(|(_, line)| places.iter().any(|place| line.contains(place)));
    lines
        .map(|(number, _)| file.finding(number, "a path of this machine"))
        .collect()
}

/// Checks `migrations/`: `<version>_<verb>_<noun>.sql`, each version once.
pub(super) fn migrations(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut versions: Vec<&str> = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.path.starts_with("migrations/"))
    {
        match migration_version(file.name()) {
            None => {
                findings.push(file.finding(1, "a migration is named <version>_<verb>_<noun>.sql"))
            }
            Some(version) if versions.contains(&version) => {
                findings.push(file.finding(1, format!("version {version} is there twice")));
            }
            Some(version) => versions.push(version),
        }
    }
    findings
}

fn migration_version(name: &str) -> Option<&str> {
    let (version, description) = name.strip_suffix(".sql")?.split_once('_')?;
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let words: Vec<&str> = description.split('_').collect();
    let numbered = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    (numbered && words.len() >= 2 && words.iter().all(|word| is_word(word))).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stranger_at_the_top_level_is_found() {
        assert_eq!(check(&File::new("utils/mod.txt", "")).len(), 1);
        assert!(check(&File::new("xtask/new.txt", "")).is_empty());
    }

    #[test]
    fn letter_outside_ascii_is_found_in_rust_and_toml_only() {
        for path in ["xtask/a.rs", "deny.toml"] {
            let findings = check(&File::new(path, "ok\n\u{e9}"));
            assert_eq!(
                findings.iter().map(|found| found.line).collect::<Vec<_>>(),
                [2],
                "{path}"
            );
        }
        assert!(check(&File::new("README.md", "\u{e9}")).is_empty());
    }

    #[test]
    fn path_of_the_machine_is_found() {
        let file = File::new("README.md", "see /home/someone/kstdb");
        assert_eq!(
            machine_paths(&file, &["/home/someone/".to_owned()]).len(),
            1
        );
        assert!(machine_paths(&file, &["/home/other/".to_owned()]).is_empty());
    }

    #[test]
    fn migration_names_are_read() {
        assert_eq!(migration_version("0001_create_accounts.sql"), Some("0001"));
        for name in [
            "create_accounts.sql",
            "0001_accounts.sql",
            "0001_Create_x.sql",
            "0001_create_.sql",
            "0001_a_b",
        ] {
            assert_eq!(migration_version(name), None, "{name}");
        }
    }

    #[test]
    fn migration_version_that_is_there_twice_is_found() {
        let files = [
            File::new("migrations/1_add_a.sql", ""),
            File::new("migrations/1_add_b.sql", ""),
        ];
        assert_eq!(migrations(&files).len(), 1);
        assert!(migrations(&files[..1]).is_empty());
    }
}
