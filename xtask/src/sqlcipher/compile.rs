//! Compiles SQLCipher, and LibTomCrypt where it is the provider.

use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use xshell::Shell;

use super::recipe::{LIBTOMCRYPT_DEFINES, SQLITE_DEFINES};
use super::{Provider, openssl};
use crate::machine::Machine;

/// One build into an empty directory.
pub(super) struct Compilation<'a> {
    pub(super) sh: &'a Shell,
    pub(super) provider: Provider,
    pub(super) machine: &'a Machine,
    /// Gets `lib/`, `lib/pkgconfig/` and `include/`.
    pub(super) dir: &'a Path,
}

/// The compiler and the arguments that every file is compiled with, `CC` and `CFLAGS` included.
pub(super) fn arguments(host: &str) -> anyhow::Result<String> {
    let tool = compiler(host).try_get_compiler()?;
    let parts = [tool.cc_env(), tool.path().into(), tool.cflags_env()];
    Ok(parts
        .map(|part| part.to_string_lossy().into_owned())
        .join(" "))
}

impl Compilation<'_> {
    /// Fills the directory.
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let lib = self.dir.join("lib");
        let include = self.dir.join("include");
        let objects = self.dir.join("objects");
        for dir in [&lib.join("pkgconfig"), &include, &objects] {
            fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        }
        let cryptography = self.cryptography(&lib, &objects)?;
        let source = sqlcipher_src::source_dir();
        compiler(&self.machine.host)
            .out_dir(&objects)
            .file(source.join(sqlcipher_src::SOURCE_FILE))
            .define(cryptography.define, None)
            .defines(SQLITE_DEFINES)
            .includes(cryptography.include_dirs)
            .defines(cryptography.defines)
            .objects(cryptography.objects)
            .try_compile("sqlcipher")
            .context("SQLCipher does not compile")?;
        fs::copy(objects.join("libsqlcipher.a"), lib.join("libsqlcipher.a"))?;
        fs::copy(
            source.join(sqlcipher_src::HEADER_FILE),
            include.join(sqlcipher_src::HEADER_FILE),
        )?;
        fs::write(
            lib.join("pkgconfig/sqlcipher.pc"),
            pkg_config_file(&cryptography.libs),
        )?;
        fs::remove_dir_all(&objects)?;
        Ok(())
    }

    fn cryptography(&self, lib: &Path, objects: &Path) -> anyhow::Result<Cryptography> {
        match self.provider {
            Provider::Openssl => {
                let found = self
                    .machine
                    .openssl
                    .as_ref()
                    .context("OpenSSL was not found")?;
                let include_dirs = found.include_dirs.iter().map(PathBuf::from).collect();
                Ok(Cryptography::openssl(include_dirs, found.libs.clone()))
            }
            Provider::VendoredOpenssl => {
                let compiler = compiler(&self.machine.host).try_get_compiler()?;
                let include_dirs = openssl::build(self.sh, compiler.path(), objects, lib)?;
                Ok(Cryptography::openssl(include_dirs, "-lcrypto".to_owned()))
            }
            Provider::Libtomcrypt => self.libtomcrypt(objects),
        }
    }

    /// Every file of the list is compiled; those that the switches leave out come out empty.
    fn libtomcrypt(&self, objects: &Path) -> anyhow::Result<Cryptography> {
        let source = sqlcipher_src::source_dir();
        let headers = source.join(sqlcipher_src::LIBTOMCRYPT_INCLUDE_DIR);
        let objects = compiler(&self.machine.host)
            .out_dir(objects)
            .files(
                sqlcipher_src::LIBTOMCRYPT_SOURCES
                    .iter()
                    .map(|file| source.join(file)),
            )
            .define("LTC_SOURCE", None)
            .defines(LIBTOMCRYPT_DEFINES)
            .include(&headers)
            .try_compile_intermediates()
            .context("LibTomCrypt does not compile")?;
        Ok(Cryptography {
            define: "SQLCIPHER_CRYPTO_LIBTOMCRYPT",
            defines: LIBTOMCRYPT_DEFINES,
            include_dirs: vec![headers],
            objects,
            libs: String::new(),
        })
    }
}

/// What a provider adds to the compilation of SQLCipher.
struct Cryptography {
    /// Chooses the provider in SQLCipher's source.
    define: &'static str,
    /// The provider's own switches, which its headers need too.
    defines: &'static [(&'static str, Option<&'static str>)],
    include_dirs: Vec<PathBuf>,
    /// The provider itself, if it goes into the library.
    objects: Vec<PathBuf>,
    /// The provider itself, if it is linked beside the library.
    libs: String,
}

impl Cryptography {
    fn openssl(include_dirs: Vec<PathBuf>, libs: String) -> Self {
        Self {
            define: "SQLCIPHER_CRYPTO_OPENSSL",
            defines: &[],
            include_dirs,
            objects: Vec::new(),
            libs,
        }
    }
}

trait Defines {
    fn defines(&mut self, defines: &[(&str, Option<&str>)]) -> &mut Self;
}

impl Defines for cc::Build {
    fn defines(&mut self, defines: &[(&str, Option<&str>)]) -> &mut Self {
        defines
            .iter()
            .fold(self, |build, (name, value)| build.define(name, *value))
    }
}

/// cc as it is used outside a build script: everything is said, nothing goes to stdout.
fn compiler(host: &str) -> cc::Build {
    let mut build = cc::Build::new();
    build
        .target(host)
        .host(host)
        .opt_level(3)
        .debug(false)
        .pic(true)
        .warnings(false)
        .cargo_metadata(false)
        .cargo_warnings(false)
        .cargo_output(false)
        .message_logger(Some(Arc::new(Stderr)));
    build
}

/// Shows what the compiler says.
struct Stderr;

impl cc::BuildMessageLogger for Stderr {
    fn log(&self, kind: cc::BuildMessageKind, message: cc::BuildMessage<'_>, _: &dyn Any) {
        if kind == cc::BuildMessageKind::StderrForwarding {
            eprintln!("{message}");
        }
    }
}

/// `libs` is what stands behind the library on the linker's line: its symbols are looked up from
/// left to right. The version is SQLite's, which is what libsqlite3-sys asks for.
fn pkg_config_file(libs: &str) -> String {
    let libs = format!("-L${{libdir}} -lsqlcipher {libs}");
    format!(
        "prefix=${{pcfiledir}}/../..\n\
         libdir=${{prefix}}/lib\n\
         includedir=${{prefix}}/include\n\
         \n\
         Name: sqlcipher\n\
         Description: SQLCipher {}\n\
         Version: {}\n\
         Libs: {}\n\
         Libs.private: -lpthread -ldl -lm\n\
         Cflags: -I${{includedir}}\n",
        sqlcipher_src::SQLCIPHER_VERSION,
        sqlcipher_src::SQLITE_VERSION,
        libs.trim_end(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn libs_of(libs: &str) -> Option<String> {
        pkg_config_file(libs)
            .lines()
            .find_map(|line| line.strip_prefix("Libs: "))
            .map(str::to_owned)
    }

    #[test]
    fn cryptography_stands_behind_the_library() {
        assert_eq!(
            libs_of("-lcrypto").as_deref(),
            Some("-L${libdir} -lsqlcipher -lcrypto")
        );
        assert_eq!(libs_of("").as_deref(), Some("-L${libdir} -lsqlcipher"));
    }

    #[test]
    fn version_is_that_of_sqlite() {
        let file = pkg_config_file("-lcrypto");
        assert!(file.contains(&format!("\nVersion: {}\n", sqlcipher_src::SQLITE_VERSION)));
    }

    #[test]
    fn arguments_are_the_same_in_every_shell() -> anyhow::Result<()> {
        let sh = Shell::new()?;
        let host = Machine::probe(&sh)?.host;
        let arguments = arguments(&host)?;
        assert!(arguments.contains("-O3"), "{arguments}");
        let path = sh.var("PATH")?;
        assert!(
            !arguments.contains(&path),
            "the environment is no argument: {arguments}"
        );
        Ok(())
    }

    #[test]
    fn sources_are_the_ones_that_were_asked_for() {
        assert_eq!(sqlcipher_src::SQLCIPHER_VERSION, "4.20.0");
        assert!(
            sqlcipher_src::source_dir()
                .join(sqlcipher_src::SOURCE_FILE)
                .is_file()
        );
    }
}
