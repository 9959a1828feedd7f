//! Whether Cargo notices a file that is added to the migrations.
//!
//! The compiler tracks files that it reads, so a changed or removed migration rebuilds its users. On stable Rust it
//! tracks no directory (`proc_macro::tracked::path` is unstable, and `include_bytes!` of a directory is an error); only
//! a build script can ask for that. Its absence would show as a migration that silently is not applied.

use std::fs;
use std::path::Path;

/// Whether the build script of the crate in `crate_dir` has Cargo watch `folder`.
///
/// `out_dir` is the `OUT_DIR` of the crate, which it has only with a build script. Beside that directory Cargo keeps
/// what the script printed; if it no longer does, the script gets the benefit of the doubt.
pub(crate) fn is_watched(folder: &Path, crate_dir: &Path, out_dir: Option<&Path>) -> bool {
    let Some(out_dir) = out_dir else {
        return false;
    };
    let Ok(printed) = fs::read_to_string(out_dir.with_file_name("output")) else {
        return true;
    };
    let mut conditions = printed
        .lines()
        .filter_map(|line| {
            line.strip_prefix("cargo::")
                .or_else(|| line.strip_prefix("cargo:"))
        })
        .filter(|instruction| instruction.starts_with("rerun-if-"))
        .peekable();
    if conditions.peek().is_none() {
        // A script without conditions runs again whenever a file of its package changes.
        return is_within(folder, crate_dir);
    }
    conditions
        .filter_map(|condition| condition.strip_prefix("rerun-if-changed="))
        .any(|path| is_within(folder, &crate_dir.join(path)))
}

fn is_within(folder: &Path, watched: &Path) -> bool {
    match (folder.canonicalize(), watched.canonicalize()) {
        (Ok(folder), Ok(watched)) => folder.starts_with(watched),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tempfile::TempDir;

    use super::*;

    /// Whether `folder` of a crate is watched by a build script that printed `output`.
    fn watched(folder: &str, output: &str) -> io::Result<bool> {
        let root = TempDir::new()?;
        let [out_dir, app] = ["out", "app"].map(|name| root.path().join(name));
        for dir in [
            &out_dir,
            &app,
            &app.join("migrations"),
            &root.path().join("shared"),
        ] {
            fs::create_dir(dir)?;
        }
        fs::write(root.path().join("output"), output)?;
        Ok(is_watched(&app.join(folder), &app, Some(&out_dir)))
    }

    #[test]
    fn a_script_that_names_the_folder_watches_it() -> io::Result<()> {
        assert!(watched(
            "migrations",
            "cargo::rerun-if-changed=migrations\n"
        )?);
        assert!(watched(
            "migrations",
            "hello\ncargo:rerun-if-changed=./migrations/\n"
        )?);
        assert!(watched("../shared", "cargo::rerun-if-changed=../shared\n")?);
        assert!(watched("migrations", "cargo::rerun-if-changed=.\n")?);
        Ok(())
    }

    #[test]
    fn a_script_without_conditions_watches_its_package() -> io::Result<()> {
        assert!(watched("migrations", "cargo::rustc-cfg=unix_like\n")?);
        assert!(!watched("../shared", "")?);
        Ok(())
    }

    #[test]
    fn a_script_that_names_other_things_does_not_watch() -> io::Result<()> {
        assert!(!watched(
            "migrations",
            "cargo::rerun-if-changed=build.rs\n"
        )?);
        assert!(!watched(
            "migrations",
            "cargo::rerun-if-env-changed=MIGRATIONS\n"
        )?);
        Ok(())
    }

    #[test]
    fn no_script_does_not_watch_and_an_unknown_one_may() -> io::Result<()> {
        let root = TempDir::new()?;
        assert!(!is_watched(root.path(), root.path(), None));
        assert!(is_watched(
            root.path(),
            root.path(),
            Some(&root.path().join("out"))
        ));
        Ok(())
    }
}
