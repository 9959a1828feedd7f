//! Workspaces on disk that Cargo builds with these macros.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A workspace whose crates print the migrations that they embed.
///
/// It has a fixed place, so that a second run of the tests finds the dependencies built.
#[derive(Debug)]
pub(crate) struct Workspace(PathBuf);

impl Workspace {
    /// Starts afresh under `name`, with one more file per entry of `files`.
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> io::Result<Self> {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        fs::create_dir_all(&root)?;
        fs::copy(
            concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"),
            root.join("Cargo.lock"),
        )?;
        let workspace = Self(root);
        workspace.write(
            "Cargo.toml",
            "[workspace]\nresolver = '3'\nmembers = ['crates/*']\n",
        )?;
        for (path, text) in files {
            workspace.write(path, text)?;
        }
        Ok(workspace)
    }

    /// Adds the crate `crates/<name>`; `settings` go to the end of its Cargo.toml.
    pub(crate) fn add_crate(&self, name: &str, settings: &str) -> io::Result<()> {
        let main = "for one in kstdb_macros::migrate!().0 {\n        \
                    println!(\"{} {}\", one.version, one.sql);\n    }";
        self.add_crate_with(name, settings, main)
    }

    /// Adds a crate that has one checked query and embeds nothing.
    pub(crate) fn add_crate_with_query(&self, name: &str, sql: &str) -> io::Result<()> {
        let main = format!("println!(\"{{}}\", kstdb_macros::query!(\"{sql}\").0[0]);");
        self.add_crate_with(name, "", &main)
    }

    fn add_crate_with(&self, name: &str, settings: &str, main: &str) -> io::Result<()> {
        let macros = env!("CARGO_MANIFEST_DIR");
        self.write(
            &format!("crates/{name}/Cargo.toml"),
            &format!(
                "[package]\nname = '{name}'\nedition = '2024'\n\
                 [dependencies]\nkstdb-macros = {{ path = '{macros}' }}\n{settings}"
            ),
        )?;
        self.write(
            &format!("crates/{name}/src/main.rs"),
            &format!(
                "#![allow(dead_code)]\nextern crate self as kstdb_core;\n\
                 #[path = {:?}]\nmod mock;\npub use mock::*;\n\
                 fn main() {{\n    {main}\n}}\n",
                format!("{macros}/tests/mock/mod.rs")
            ),
        )
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = self.0.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)
    }

    pub(crate) fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(path))
    }

    /// Builds and runs a crate: the lines that it prints, and what Cargo and the compiler said.
    pub(crate) fn run(&self, name: &str) -> Result<(Vec<String>, String), Box<dyn Error>> {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO"))
            .args(["run", "--offline", "--package", name])
            .current_dir(&self.0)
            .env(
                "CARGO_TARGET_DIR",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("target"),
            )
            .env_remove("OUT_DIR")
            .output()?;
        let stderr = String::from_utf8(stderr)?;
        if !status.success() {
            return Err(stderr.into());
        }
        let lines = String::from_utf8(stdout)?
            .lines()
            .map(ToOwned::to_owned)
            .collect();
        Ok((lines, stderr))
    }
}
