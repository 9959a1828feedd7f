//! Looks for the programs and headers that a build needs. Judges nothing.

use std::process::Command;

use xshell::{Cmd, Shell, cmd};

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Machine {
    /// The target triple of the machine.
    pub(crate) host: String,
    /// The C compiler's first line about itself.
    pub(crate) compiler: Option<String>,
    /// The version of pkg-config.
    pub(crate) pkg_config: Option<String>,
    /// OpenSSL with its headers.
    pub(crate) openssl: Option<OpenSsl>,
    /// perl's version, which configures OpenSSL.
    pub(crate) perl: Option<String>,
    /// make's first line about itself.
    pub(crate) make: Option<String>,
    /// The version in `sqlcipher.pc` of an installed SQLCipher: it is SQLite's.
    pub(crate) system_sqlcipher: Option<String>,
    /// The caller's shell tells libsqlite3-sys to link an installed SQLCipher.
    pub(crate) shell_wants_system: bool,
}

/// OpenSSL as pkg-config knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenSsl {
    pub(crate) version: String,
    /// Where its headers are, unless the compiler looks there anyway.
    pub(crate) include_dirs: Vec<String>,
    /// How it is linked: `-lcrypto`, after `-L` and a directory if it needs one.
    pub(crate) libs: String,
}

impl Machine {
    /// Looks around.
    ///
    /// # Errors
    ///
    /// - rustc cannot be asked for the host; what is merely missing is no error here
    pub(crate) fn probe(sh: &Shell) -> anyhow::Result<Self> {
        let rustc = cmd!(sh, "rustc -vV").quiet().read()?;
        let host = rustc
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap_or_default();
        let pkg_config = PkgConfig::new(sh);
        Ok(Self {
            host: host.to_owned(),
            compiler: compiler(host),
            pkg_config: pkg_config.ask(&["--version"]),
            openssl: pkg_config.openssl(),
            perl: first_line(cmd!(sh, "perl -e").arg("print substr($^V, 1)")),
            make: first_line(cmd!(sh, "make --version")),
            system_sqlcipher: pkg_config.ask(&["--modversion", "sqlcipher"]),
            shell_wants_system: sh.var_os("SQLCIPHER_LIB_DIR").is_none()
                && sh
                    .var_os("LIBSQLITE3_SYS_USE_PKG_CONFIG")
                    .is_some_and(|value| value != "0"),
        })
    }
}

/// The program pkg-config, which `PKG_CONFIG` may name.
struct PkgConfig<'a> {
    sh: &'a Shell,
    program: String,
}

impl<'a> PkgConfig<'a> {
    fn new(sh: &'a Shell) -> Self {
        Self {
            sh,
            program: sh
                .var("PKG_CONFIG")
                .unwrap_or_else(|_| "pkg-config".to_owned()),
        }
    }

    fn ask(&self, args: &[&str]) -> Option<String> {
        first_line(self.sh.cmd(&self.program).args(args))
    }

    fn openssl(&self) -> Option<OpenSsl> {
        let version = self.ask(&["--modversion", "libcrypto"])?;
        let cflags = self.ask(&["--cflags-only-I", "libcrypto"])?;
        let include_dirs = cflags
            .split_whitespace()
            .map(|flag| flag.trim_start_matches("-I"));
        Some(OpenSsl {
            version,
            include_dirs: include_dirs.map(str::to_owned).collect(),
            libs: self.ask(&["--libs", "libcrypto"])?.trim().to_owned(),
        })
    }
}

/// The first line of what the command prints; `None` if it cannot be run or fails.
fn first_line(cmd: Cmd<'_>) -> Option<String> {
    let output = cmd.quiet().ignore_stderr().read().ok()?;
    Some(output.lines().next().unwrap_or_default().to_owned())
}

/// Asks the compiler that cc chooses, `CC` included, who it is.
fn compiler(host: &str) -> Option<String> {
    let mut build = cc::Build::new();
    build
        .target(host)
        .host(host)
        .opt_level(0)
        .cargo_metadata(false)
        .cargo_warnings(false);
    let tool = build.try_get_compiler().ok()?;
    let mut command: Command = tool.to_command();
    let output = command
        .arg("--version")
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_that_is_not_there_is_none() -> anyhow::Result<()> {
        let sh = Shell::new()?;
        assert_eq!(first_line(cmd!(sh, "kstdb-no-such-program")), None);
        Ok(())
    }

    #[test]
    fn nothing_is_found_on_an_empty_path() -> anyhow::Result<()> {
        let sh = Shell::new()?;
        sh.set_var("PATH", "");
        sh.set_var("PKG_CONFIG", "kstdb-no-such-program");
        let pkg_config = PkgConfig::new(&sh);
        assert_eq!(pkg_config.ask(&["--version"]), None);
        assert_eq!(pkg_config.openssl(), None);
        Ok(())
    }

    #[test]
    fn machine_that_runs_the_tests_has_a_host() -> anyhow::Result<()> {
        assert!(Machine::probe(&Shell::new()?)?.host.contains('-'));
        Ok(())
    }
}
