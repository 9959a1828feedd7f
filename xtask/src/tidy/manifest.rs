//! Rules about `Cargo.toml`: what each crate takes from the root, and one version for all.

use super::files::{File, Finding};

/// What every crate says.
const INHERITED: [&str; 6] = [
    "version.workspace = true",
    "edition.workspace = true",
    "rust-version.workspace = true",
    "license.workspace = true",
    "publish.workspace = true",
    "[lints]\nworkspace = true",
];

/// Checks a manifest: the root's, or that of a crate. A macro test may have one of its own.
pub(super) fn check(file: &File, files: &[File]) -> Vec<Finding> {
    match file.path.split('/').collect::<Vec<_>>()[..] {
        [_] => internal_versions(file),
        [name, _] => [
            not_listed(file, files, name),
            inherits(file),
            own_versions(file),
        ]
        .concat(),
        _ => Vec::new(),
    }
}

fn internal_versions(root: &File) -> Vec<Finding> {
    let Some((_, version)) = root
        .lines()
        .find(|(_, line)| line.starts_with("version = "))
    else {
        return vec![root.finding(1, "[workspace.package] has no version")];
    };
    let same = [format!("{version},"), format!("{version} }}")];
    let internal = root.lines().filter(|(_, line)| line.starts_with("kstdb-"));
    let other = internal.filter(|(_, line)| !same.iter().any(|same| line.contains(same)));
    let message = format!("not the workspace's {version}");
    other
        .map(|(number, _)| root.finding(number, message.as_str()))
        .collect()
}

fn not_listed(file: &File, files: &[File], name: &str) -> Vec<Finding> {
    let root = files.iter().find(|root| root.path == "Cargo.toml");
    let text = root
        .and_then(|root| root.text.as_deref())
        .unwrap_or_default();
    let listed = text.contains(&format!("\"{name}\""));
    if listed {
        Vec::new()
    } else {
        vec![file.finding(1, "not a member of the workspace")]
    }
}

fn inherits(file: &File) -> Vec<Finding> {
    let text = format!("\n{}\n", file.text.as_deref().unwrap_or_default());
    let missing = INHERITED
        .iter()
        .filter(|line| !text.contains(&format!("\n{line}\n")));
    missing
        .map(|line| file.finding(1, format!("`{line}` is missing")))
        .collect()
}

/// A version is chosen in the root, with its reason; a crate only says that it uses it.
fn own_versions(file: &File) -> Vec<Finding> {
    let own = |line: &str| {
        line.contains("version = \"")
            || line.split_once(" = ").is_some_and(|(_, to)| is_version(to))
    };
    let dependencies = file
        .lines()
        .skip_while(|(_, line)| !line.contains("dependencies]"));
    dependencies
        .filter(|(_, line)| own(line))
        .map(|(number, _)| {
            file.finding(
                number,
                "a dependency's version belongs in [workspace.dependencies]",
            )
        })
        .collect()
}

fn is_version(value: &str) -> bool {
    value.starts_with('"')
        && value
            .trim_matches('"')
            .starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "members = [\"a\"]\nversion = \"0.1.0\"\n\
        kstdb-a = { path = \"a\", version = \"0.1.0\" }\nkstdb-b = { version = \"0.1.0\", path = \"b\" }\n";

    fn findings(path: &str, text: &str) -> Vec<Finding> {
        let files = [File::new("Cargo.toml", ROOT), File::new(path, text)];
        check(&files[1], &files)
    }

    #[test]
    fn internal_version_that_differs_is_found() {
        assert_eq!(findings("Cargo.toml", ROOT), []);
        let other = ROOT.replace("\"a\", version = \"0.1.0\"", "\"a\", version = \"0.1.1\"");
        assert_eq!(
            findings("Cargo.toml", &other)
                .iter()
                .map(|found| found.line)
                .collect::<Vec<_>>(),
            [3]
        );
    }

    #[test]
    fn crate_that_inherits_everything_is_fine_and_each_line_counts() {
        assert_eq!(findings("a/Cargo.toml", &INHERITED.join("\n")), []);
        for line in INHERITED {
            let others = INHERITED.iter().filter(|other| **other != line);
            let text: String = others.map(|other| format!("{other}\n")).collect();
            assert_eq!(findings("a/Cargo.toml", &text).len(), 1, "{line}");
        }
    }

    #[test]
    fn crate_that_is_not_a_member_is_found() {
        let text = INHERITED.join("\n");
        assert_eq!(findings("c/Cargo.toml", &text).len(), 1);
        assert_eq!(findings("a/tests/ui/Cargo.toml", ""), []);
    }

    #[test]
    fn version_of_its_own_is_found() {
        let text = INHERITED.join("\n") + "\n[dependencies]\n";
        for line in ["x = \"1\"", "x = { version = \"1\" }"] {
            assert_eq!(
                findings("a/Cargo.toml", &format!("{text}{line}\n")).len(),
                1,
                "{line}"
            );
        }
        assert_eq!(
            findings(
                "a/Cargo.toml",
                &format!("{text}x = {{ workspace = true }}\n[[test]]\nname = \"it\"\n")
            ),
            []
        );
    }
}
