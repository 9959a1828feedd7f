//! What the findings mean: one line for each thing that stands in the way.

use super::Machine;
use crate::sqlcipher::Provider;

/// The oldest OpenSSL that has the functions SQLCipher 4.20 calls (`EVP_MAC`).
const OLDEST_OPENSSL: Version = (3, 0, 0);

/// The oldest SQLite that libsqlite3-sys 0.37 links.
const OLDEST_SQLITE: Version = (3, 34, 1);

const OTHER_PROVIDERS: &str = "use `--provider vendored-openssl` (builds OpenSSL, needs perl and make) or `--provider libtomcrypt` (slower)";

type Version = (u32, u32, u32);

impl Machine {
    /// What is missing for a build with this provider, each line with its remedy. Empty: go ahead.
    pub(crate) fn missing(&self, provider: Provider) -> Vec<String> {
        let mut missing = Vec::new();
        if self.compiler.is_none() {
            missing.push(install(
                "no C compiler (`cc`, or what `CC` names)",
                "build-essential",
                "gcc",
                "xcode-select --install",
            ));
        }
        let links_openssl = provider != Provider::Libtomcrypt;
        if links_openssl && self.pkg_config.is_none() {
            let remedy = install(
                "no pkg-config",
                "pkg-config",
                "pkgconf",
                "brew install pkgconf",
            );
            missing.push(format!(
                "{remedy}; or use `--provider libtomcrypt` (slower), which does not need it"
            ));
        }
        match provider {
            Provider::Openssl if self.pkg_config.is_some() => {
                missing.extend(self.missing_openssl())
            }
            Provider::VendoredOpenssl => missing.extend(self.missing_openssl_tools()),
            Provider::Openssl | Provider::Libtomcrypt => {}
        }
        missing
    }

    fn missing_openssl(&self) -> Option<String> {
        match &self.openssl {
            None => {
                let remedy = install(
                    "no OpenSSL headers",
                    "libssl-dev",
                    "openssl-devel",
                    "brew install openssl@3",
                );
                Some(format!("{remedy}; or {OTHER_PROVIDERS}"))
            }
            Some(found) if version(&found.version) < Some(OLDEST_OPENSSL) => Some(format!(
                "OpenSSL {} is too old, SQLCipher 4.20 needs 3.0: {OTHER_PROVIDERS}",
                found.version
            )),
            Some(_) => None,
        }
    }

    fn missing_openssl_tools(&self) -> Vec<String> {
        let perl = self
            .perl
            .is_none()
            .then(|| install("no perl", "perl", "perl", "brew install perl"));
        let make = self
            .make
            .is_none()
            .then(|| install("no make", "make", "make", "xcode-select --install"));
        perl.into_iter().chain(make).collect()
    }

    /// What the installed SQLCipher is worth, if there is one.
    pub(crate) fn system_sqlcipher_verdict(&self) -> Option<String> {
        let found = self.system_sqlcipher.as_ref()?;
        Some(if version(found) < Some(OLDEST_SQLITE) {
            format!(
                "SQLCipher on SQLite {found} (Debian's libsqlcipher-dev is SQLCipher 3.4): too old to link, xtask \
                 builds its own"
            )
        } else {
            format!("SQLCipher on SQLite {found}: not used, xtask builds its own")
        })
    }

    /// Warns of a shell in which plain cargo would link an installed SQLCipher.
    pub(crate) fn shell_warning(&self) -> Option<String> {
        let found = match &self.system_sqlcipher {
            _ if !self.shell_wants_system => return None,
            None => "of which there is none".to_owned(),
            Some(found) if version(found) < Some(OLDEST_SQLITE) => {
                format!(
                    "which is on SQLite {found}, too old (3.34.1 or later; Debian's libsqlcipher-dev is 3.15)"
                )
            }
            Some(_) => return None,
        };
        Some(format!(
            "LIBSQLITE3_SYS_USE_PKG_CONFIG is set in this shell: plain cargo links the installed SQLCipher, {found}; \
             unset it, or set what `cargo xtask sqlcipher` prints"
        ))
    }

    /// One line for each finding, for `cargo xtask doctor`.
    pub(crate) fn report(&self) -> Vec<String> {
        let found = |finding: &Option<String>| finding.clone().unwrap_or_else(|| "none".to_owned());
        let openssl = self.openssl.as_ref().map(|openssl| openssl.version.clone());
        let mut report = vec![
            format!("host              {}", self.host),
            format!("C compiler        {}", found(&self.compiler)),
            format!("pkg-config        {}", found(&self.pkg_config)),
            format!("OpenSSL headers   {}", found(&openssl)),
            format!(
                "perl              {} (only for vendored-openssl)",
                found(&self.perl)
            ),
            format!(
                "make              {} (only for vendored-openssl)",
                found(&self.make)
            ),
            format!(
                "system SQLCipher  {}",
                found(&self.system_sqlcipher_verdict())
            ),
        ];
        report.extend(
            self.shell_warning()
                .map(|warning| format!("warning: {warning}")),
        );
        report
    }
}

fn install(what: &str, apt: &str, dnf: &str, mac: &str) -> String {
    format!(
        "{what}: install it (Debian, Ubuntu: `apt install {apt}`; Fedora: `dnf install {dnf}`; macOS: `{mac}`)"
    )
}

/// The first three numbers of a version; letters after a number (`1.1.1w`) are ignored.
fn version(text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(|part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        part[..digits].parse().ok()
    });
    let major = numbers.next()??;
    let mut next = || numbers.next().flatten().unwrap_or(0);
    Some((major, next(), next()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::OpenSsl;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn complete() -> Machine {
        Machine {
            host: "x86_64-unknown-linux-gnu".to_owned(),
            compiler: some("cc 12.2.0"),
            pkg_config: some("1.8.1"),
            openssl: Some(OpenSsl {
                version: "3.0.19".to_owned(),
                include_dirs: Vec::new(),
                libs: "-lcrypto".to_owned(),
            }),
            perl: some("5.36.0"),
            make: some("GNU Make 4.3"),
            system_sqlcipher: None,
            shell_wants_system: false,
        }
    }

    const ALL: [Provider; 3] = [
        Provider::Openssl,
        Provider::VendoredOpenssl,
        Provider::Libtomcrypt,
    ];

    /// The one line that is said about a machine.
    fn only(machine: &Machine, provider: Provider) -> String {
        let missing = machine.missing(provider);
        assert_eq!(missing.len(), 1, "{missing:?}");
        assert!(!missing[0].contains('\n'), "{missing:?}");
        missing[0].clone()
    }

    #[test]
    fn complete_machine_lacks_nothing() {
        for provider in ALL {
            assert_eq!(complete().missing(provider), [""; 0]);
        }
    }

    #[test]
    fn missing_compiler_is_named_for_every_provider() {
        let machine = Machine {
            compiler: None,
            ..complete()
        };
        for provider in ALL {
            assert!(only(&machine, provider).contains("apt install build-essential"));
        }
    }

    #[test]
    fn missing_pkg_config_points_at_libtomcrypt() {
        let machine = Machine {
            pkg_config: None,
            openssl: None,
            ..complete()
        };
        for provider in [Provider::Openssl, Provider::VendoredOpenssl] {
            let line = only(&machine, provider);
            assert!(
                line.contains("apt install pkg-config") && line.contains("--provider libtomcrypt"),
                "{line}"
            );
        }
        assert_eq!(machine.missing(Provider::Libtomcrypt), [""; 0]);
    }

    #[test]
    fn missing_openssl_headers_point_at_the_package_and_the_other_providers() {
        let machine = Machine {
            openssl: None,
            ..complete()
        };
        let line = only(&machine, Provider::Openssl);
        for remedy in [
            "apt install libssl-dev",
            "--provider vendored-openssl",
            "--provider libtomcrypt",
        ] {
            assert!(line.contains(remedy), "{line}");
        }
        assert_eq!(machine.missing(Provider::VendoredOpenssl), [""; 0]);
        assert_eq!(machine.missing(Provider::Libtomcrypt), [""; 0]);
    }

    #[test]
    fn openssl_before_3_is_refused_with_its_version() {
        let mut machine = complete();
        machine.openssl = machine.openssl.map(|openssl| OpenSsl {
            version: "1.1.1w".to_owned(),
            ..openssl
        });
        assert!(only(&machine, Provider::Openssl).contains("OpenSSL 1.1.1w is too old"));
    }

    #[test]
    fn vendored_openssl_needs_perl_and_make() {
        let machine = Machine {
            perl: None,
            make: None,
            ..complete()
        };
        assert_eq!(machine.missing(Provider::VendoredOpenssl).len(), 2);
        assert_eq!(machine.missing(Provider::Openssl), [""; 0]);
    }

    #[test]
    fn debians_sqlcipher_is_called_too_old() {
        let machine = Machine {
            system_sqlcipher: some("3.15.2"),
            ..complete()
        };
        assert!(
            machine
                .system_sqlcipher_verdict()
                .is_some_and(|line| line.contains("too old"))
        );
        assert_eq!(machine.shell_warning(), None);
        let machine = Machine {
            shell_wants_system: true,
            ..machine
        };
        assert!(
            machine
                .shell_warning()
                .is_some_and(|line| line.contains("SQLite 3.15.2"))
        );
    }

    #[test]
    fn recent_system_sqlcipher_is_left_alone() {
        let machine = Machine {
            system_sqlcipher: some("3.50.4"),
            shell_wants_system: true,
            ..complete()
        };
        assert!(
            machine
                .system_sqlcipher_verdict()
                .is_some_and(|line| line.contains("not used"))
        );
        assert_eq!(machine.shell_warning(), None);
    }

    #[test]
    fn shell_that_wants_a_library_that_is_not_there_is_warned() {
        let machine = Machine {
            shell_wants_system: true,
            ..complete()
        };
        assert!(
            machine
                .shell_warning()
                .is_some_and(|line| line.contains("of which there is none"))
        );
    }

    #[test]
    fn versions_are_read_as_numbers() {
        assert_eq!(version("3.34.1"), Some((3, 34, 1)));
        assert_eq!(version("1.1.1w"), Some((1, 1, 1)));
        assert_eq!(version("3.9"), Some((3, 9, 0)));
        assert_eq!(version("unknown"), None);
        assert!(version("3.9.0") < version("3.34.1"));
    }
}
