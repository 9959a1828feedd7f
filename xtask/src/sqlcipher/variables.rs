//! The variables that make libsqlite3-sys link a SQLCipher from outside, for every kind of reader.

use std::path::Path;

use clap::ValueEnum;
use serde_json::{Map, Value, json};

const USE_PKG_CONFIG: &str = "LIBSQLITE3_SYS_USE_PKG_CONFIG";
const LIB_DIR: &str = "SQLCIPHER_LIB_DIR";
const INCLUDE_DIR: &str = "SQLCIPHER_INCLUDE_DIR";
const STATIC: &str = "SQLCIPHER_STATIC";

/// How the variables are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// bash, zsh, dash: `eval "$(cargo xtask sqlcipher)"`
    Sh,
    /// fish: `cargo xtask sqlcipher --format fish | source`
    Fish,
    /// PowerShell: `cargo xtask sqlcipher --format powershell | Out-String | Invoke-Expression`
    Powershell,
    /// One JSON object
    Json,
    /// Settings of rust-analyzer in an editor: `rust-analyzer.cargo.extraEnv`
    RustAnalyzer,
    /// The table `[env]` of a `.cargo/config.toml`
    CargoConfig,
}

/// The variables, in the order in which they are printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variables([(&'static str, String); 4]);

impl Variables {
    /// Every variable that [`Variables::new`] sets.
    pub(crate) const NAMES: [&'static str; 4] = [USE_PKG_CONFIG, LIB_DIR, INCLUDE_DIR, STATIC];

    /// Links `libsqlcipher.a` in `lib`, by `lib/pkgconfig/sqlcipher.pc` if there is pkg-config.
    pub(crate) fn new(lib: &Path, include: &Path) -> Self {
        let path = |path: &Path| path.display().to_string();
        let one = || "1".to_owned();
        Self([
            (USE_PKG_CONFIG, one()),
            (LIB_DIR, path(lib)),
            (INCLUDE_DIR, path(include)),
            (STATIC, one()),
        ])
    }

    /// Names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Writes them down; the text ends with a newline.
    pub(crate) fn render(&self, format: Format) -> String {
        match format {
            Format::Sh => self
                .lines(|name, value| format!("export {name}='{}'", value.replace('\'', r"'\''"))),
            Format::Fish => {
                self.lines(|name, value| format!("set -gx {name} '{}'", escape(value, '\'')))
            }
            Format::Powershell => {
                self.lines(|name, value| format!("$env:{name} = '{}'", value.replace('\'', "''")))
            }
            Format::CargoConfig => {
                let table =
                    self.lines(|name, value| format!("{name} = \"{}\"", escape(value, '"')));
                format!("[env]\n{table}")
            }
            Format::Json => pretty(&self.object()),
            Format::RustAnalyzer => {
                pretty(&json!({ "rust-analyzer.cargo.extraEnv": self.object() }))
            }
        }
    }

    fn lines(&self, line: impl Fn(&str, &str) -> String) -> String {
        self.iter()
            .map(|(name, value)| line(name, value) + "\n")
            .collect()
    }

    fn object(&self) -> Value {
        Value::Object(
            self.iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect::<Map<_, _>>(),
        )
    }
}

/// Puts a backslash before each backslash and each quote.
fn escape(value: &str, quote: char) -> String {
    value
        .replace('\\', r"\\")
        .replace(quote, &format!("\\{quote}"))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path with everything that a shell could take for its own.
    const ODD: &str = r#"/a b/$c/it's/"q"/d\e"#;

    fn odd() -> Variables {
        Variables::new(Path::new(ODD), Path::new("/include"))
    }

    /// The line that sets the library's directory.
    fn line(format: Format) -> String {
        let text = odd().render(format);
        text.lines()
            .find(|line| line.contains("SQLCIPHER_LIB_DIR"))
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn each_shell_gets_its_own_quotes() {
        assert_eq!(
            line(Format::Sh),
            r#"export SQLCIPHER_LIB_DIR='/a b/$c/it'\''s/"q"/d\e'"#
        );
        assert_eq!(
            line(Format::Fish),
            r#"set -gx SQLCIPHER_LIB_DIR '/a b/$c/it\'s/"q"/d\\e'"#
        );
        assert_eq!(
            line(Format::Powershell),
            r#"$env:SQLCIPHER_LIB_DIR = '/a b/$c/it''s/"q"/d\e'"#
        );
        assert_eq!(
            line(Format::CargoConfig),
            r#"SQLCIPHER_LIB_DIR = "/a b/$c/it's/\"q\"/d\\e""#
        );
    }

    #[test]
    #[cfg(unix)]
    fn sh_reads_back_what_was_printed() -> anyhow::Result<()> {
        let script = odd().render(Format::Sh) + "printf %s \"$SQLCIPHER_LIB_DIR\"";
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output()?;
        assert_eq!(String::from_utf8(output.stdout)?, ODD);
        Ok(())
    }

    #[test]
    fn json_holds_the_same_values() -> anyhow::Result<()> {
        let plain: Value = serde_json::from_str(&odd().render(Format::Json))?;
        let editor: Value = serde_json::from_str(&odd().render(Format::RustAnalyzer))?;
        for (name, value) in odd().iter() {
            assert_eq!(plain[name], value);
            assert_eq!(editor["rust-analyzer.cargo.extraEnv"][name], value);
        }
        Ok(())
    }

    #[test]
    fn every_name_has_its_value() {
        let names: Vec<_> = odd().iter().map(|(name, _)| name).collect();
        assert_eq!(names, Variables::NAMES);
        assert!(odd().iter().all(|(_, value)| !value.is_empty()));
    }
}
