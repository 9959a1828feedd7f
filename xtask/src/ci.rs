//! `cargo xtask ci`: every check of the project, the test suite last.

use std::ffi::OsString;
use std::time::Instant;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::cargo::Cargo;
use crate::sqlcipher::Provider;
use crate::workspace::{self, Workspace};
use crate::{flags, installed, interop, sops_check};

/// The cargo-deny that is installed if there is none.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// The setting of cargo for what is built to be checked, or to run for seconds: the C code is not
/// optimised, which is most of the time.
const QUICK: [&str; 2] = ["--config", "profile.dev.package.libsqlite3-sys.opt-level=0"];

/// The feature that chooses SQLCipher, and the one that only chooses its OpenSSL as well.
const SQLCIPHER: &str = "sqlcipher";
const VENDORED: &str = "vendored-openssl";

/// Leaves out what starts a cargo of its own: that has nothing to do with the library, and takes
/// minutes. The last step runs it.
const OWN_CARGO: [&str; 8] = [
    "--skip",
    "ui::",
    "--skip",
    "outside::",
    "--skip",
    "random_schemas::",
    "--skip",
    "rebuild::",
];

/// Workers of each kind of maintenance that are killed at work.
const KILLS: u32 = 200;

/// Files of each format that are compared with sops.
const SOPS_FILES: usize = 200;

impl flags::Ci {
    /// Cheap checks come first. Nothing is printed after the summary of the last one.
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        sh.change_dir(workspace::root());
        let test = |bundled, args: &[&str]| {
            let args = args.iter().map(OsString::from).collect();
            flags::Test { bundled, args }.run(sh, provider)
        };
        timed("format", || {
            Ok(cmd!(sh, "cargo fmt --all -- --check").run()?)
        })?;
        timed("tidy", || flags::Tidy {}.run(sh))?;
        let mut not_run = Vec::new();
        not_run.extend(timed("deny", || deny(sh))?);
        let cargo = timed("sqlcipher", || Cargo::linked(sh, provider))?;
        timed("clippy", || clippy(sh, &cargo))?;
        timed("docs", || docs(sh, &cargo))?;
        if !self.fast {
            timed("plain", || plain(sh))?;
            timed("features", || features(sh))?;
            timed("bundled", || {
                test(true, &[&["--"], &OWN_CARGO[..]].concat())
            })?;
            timed("torture", || torture(sh, provider))?;
            timed("kills", || kills(sh, provider))?;
            not_run.extend(timed("interop", || interop(sh, provider))?);
            not_run.extend(timed("sops-check", || sops_check(sh))?);
        } else {
            not_run.push(
                "plain, features, bundled, torture, kills, interop, sops-check: --fast".to_owned(),
            );
        }
        // The last words before those of the tests: what passed although nobody looked.
        for what in &not_run {
            eprintln!("== NOT RUN: {what}");
        }
        step("cargo xtask test", || test(false, &[]))
    }
}

/// The short torture programme, after the tests of its own runner and models: a few minutes. Its
/// lines are kept in `<target>/torture.json`.
fn torture(sh: &Shell, provider: Provider) -> anyhow::Result<()> {
    let own = [
        "test",
        "--locked",
        "--package",
        "kstdb-core",
        "--features",
        "_torture",
    ];
    let cargo = Cargo::linked(sh, provider)?;
    cargo
        .cmd(sh)
        .args(own)
        .args(["--example", "torture"])
        .run()?;
    let short = flags::Torture {
        bundled: false,
        ci: true,
        long: false,
        mutants: false,
        // Fuzzing wants nightly Rust and a build of everything for itself; its corpus is in the tests.
        only: (1..=10).collect(),
        skip: Vec::new(),
        seed: None,
        input: None,
        cases: None,
        minutes: None,
        json: Some(Workspace::load(sh)?.target_dir.join("torture.json")),
    };
    short.run(sh, provider)
}

/// Kills each kind of maintenance at work, many times: what the suite does a few times.
fn kills(sh: &Shell, provider: Provider) -> anyhow::Result<()> {
    let many = sh.push_env("KSTDB_CORE_TEST_KILLS", KILLS.to_string());
    let killed = flags::Test {
        bundled: false,
        args: ["--test", "it", "--", "maintenance::kill"]
            .map(OsString::from)
            .to_vec(),
    };
    let done = killed.run(sh, provider);
    drop(many);
    done
}

/// Runs a step; its name stands on stderr, and in its error.
fn step<T>(name: &str, run: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    eprintln!("== {name}");
    run().with_context(|| format!("step `{name}` failed"))
}

/// Runs a step and says how long it took.
fn timed<T>(name: &str, run: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let start = Instant::now();
    let result = step(name, run)?;
    eprintln!("== {name}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(result)
}

/// Every target and feature. The feature that builds OpenSSL is checked with the system's.
fn clippy(sh: &Shell, cargo: &Cargo) -> anyhow::Result<()> {
    let all = ["--workspace", "--all-targets", "--all-features", "--locked"];
    let cargo = cargo.cmd(sh).env("OPENSSL_NO_VENDOR", "1");
    Ok(cargo
        .arg("clippy")
        .args(all)
        .args(["--", "-D", "warnings"])
        .run()?)
}

fn docs(sh: &Shell, cargo: &Cargo) -> anyhow::Result<()> {
    let all = ["--workspace", "--no-deps", "--all-features", "--locked"];
    let cargo = cargo
        .cmd(sh)
        .env("OPENSSL_NO_VENDOR", "1")
        .env("RUSTDOCFLAGS", "-D warnings");
    Ok(cargo.arg("doc").args(all).run()?)
}

/// The tests without any feature, where SQLite is plain and any key is refused: the C code and the
/// macros are those of the next step.
fn plain(sh: &Shell) -> anyhow::Result<()> {
    let cargo = Cargo::bundled(sh)?;
    for package in ["kstdb-cipher", "kstdb-core"] {
        cargo
            .cmd(sh)
            .args(["test", "--quiet", "--locked", "--no-default-features"])
            .args(["--package", package, "--lib", "--test", "it"])
            .args(QUICK)
            .arg("--")
            .args(OWN_CARGO)
            .run()?;
    }
    Ok(())
}

/// Each crate without features, then with each feature alone, as plain cargo builds it. Nothing
/// runs. What has SQLCipher shares the library of the tests that come next.
fn features(sh: &Shell) -> anyhow::Result<()> {
    let cargo = Cargo::bundled(sh)?;
    for package in Workspace::load(sh)?.packages {
        // The OpenSSL is clippy's affair: alone it would build everything anew for another flag.
        let alone = package.features.iter().filter(|name| {
            !["default", VENDORED].contains(&name.as_str()) && !name.starts_with('_')
        });
        for features in std::iter::once("").chain(alone.map(String::as_str)) {
            cargo
                .cmd(sh)
                .env("OPENSSL_NO_VENDOR", "1")
                .args([
                    "check",
                    "--quiet",
                    "--locked",
                    "--no-default-features",
                    "--package",
                    &package.name,
                ])
                .args(["--features", features])
                .args(
                    (features != SQLCIPHER)
                        .then_some(QUICK)
                        .into_iter()
                        .flatten(),
                )
                .run()?;
        }
    }
    Ok(())
}

/// The parts of cargo-deny that need no network once the crates are there, and the advisories where
/// their database can be fetched. Says what did not run.
fn deny(sh: &Shell) -> anyhow::Result<Option<String>> {
    let options = ["--no-default-features"];
    let target_dir = Workspace::load(sh)?.target_dir;
    let cargo_deny =
        installed::program(sh, "cargo-deny", CARGO_DENY_VERSION, &options, &target_dir)?;
    cmd!(sh, "cargo fetch --locked").run()?;
    let options = ["--all-features", "--log-level", "error", "check"];
    let parts = ["bans", "licenses", "sources"];
    cmd!(sh, "{cargo_deny} --offline {options...} {parts...}").run()?;
    let fetched = cmd!(sh, "{cargo_deny} --log-level off fetch db")
        .quiet()
        .ignore_stderr()
        .run();
    if fetched.is_err() {
        return Ok(not_run(
            "advisories",
            "the database of RustSec cannot be fetched (no network, or no git)",
        ));
    }
    cmd!(sh, "{cargo_deny} {options...} --disable-fetch advisories").run()?;
    Ok(None)
}

/// Says at once that a check does not run, and gives the line that says it again at the end.
fn not_run(check: &str, why: impl std::fmt::Display) -> Option<String> {
    let line = format!("{check}: {why}");
    eprintln!("not run: {line}");
    Some(line)
}

/// The comparison with the real sops, where it can be had. Says what did not run.
fn sops_check(sh: &Shell) -> anyhow::Result<Option<String>> {
    match sops_check::program(sh) {
        Ok(program) => flags::SopsCheck {
            files: SOPS_FILES,
            sops: Some(program),
        }
        .run(sh)
        .map(|()| None),
        Err(error) => Ok(not_run("sops-check", format!("{error:#}"))),
    }
}

/// The comparison with Python, where there is a Python to compare with. Says what did not run.
fn interop(sh: &Shell, provider: Provider) -> anyhow::Result<Option<String>> {
    match interop::python(sh) {
        Ok(python) => flags::Interop {
            python: Some(python),
        }
        .run(sh, provider)
        .map(|()| None),
        Err(error) => Ok(not_run("interop", format!("{error:#}"))),
    }
}
