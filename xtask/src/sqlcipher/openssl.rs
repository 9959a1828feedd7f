//! libcrypto from the sources in `openssl-src`, for the provider `vendored-openssl`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

use super::recipe::OPENSSL_OPTIONS;

/// Builds libcrypto below `work`, puts `libcrypto.a` into `lib`, and says where its headers are.
///
/// Not through [`openssl_src::Build`]: that also builds libssl, takes twice the time, and prints
/// to stdout, where the variables of `cargo xtask sqlcipher` go.
pub(super) fn build(
    sh: &Shell,
    compiler: &Path,
    work: &Path,
    lib: &Path,
) -> anyhow::Result<Vec<PathBuf>> {
    let source = openssl_src::source_dir();
    let build = work.join("openssl");
    fs::create_dir_all(&build)?;
    let _build = sh.push_dir(&build);
    let _compiler = sh.push_env("CC", compiler);
    let jobs = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .to_string();
    let configure = source.join("Configure");
    eprintln!("building OpenSSL {}", openssl_src::version());
    run(cmd!(
        sh,
        "perl {configure} --openssldir=/usr/local/ssl {OPENSSL_OPTIONS...} -fPIC"
    )
    .into())?;
    run(cmd!(sh, "make -s -j{jobs} build_generated").into())?;
    run(cmd!(sh, "make -s -j{jobs} libcrypto.a").into())?;
    fs::copy(build.join("libcrypto.a"), lib.join("libcrypto.a"))?;
    Ok(vec![build.join("include"), source.join("include")])
}

/// Runs a program whose stdout is noise: only shown if it fails.
fn run(mut command: Command) -> anyhow::Result<()> {
    let program = command.get_program().display().to_string();
    let output = command
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        io::Write::write_all(&mut io::stderr(), &output.stdout)?;
        io::Write::write_all(&mut io::stderr(), &output.stderr)?;
        bail!(
            "OpenSSL does not build: {program} failed ({})",
            output.status
        );
    }
    Ok(())
}
