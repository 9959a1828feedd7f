//! Keys from SOPS files, with a shell script in the place of the `sops` program.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kstdb_cipher::secrecy::ExposeSecret;
use kstdb_cipher::{
    JsonKind, KeyError, KeyKind, KeyPathProblem, KeySource, KeySourceError, SopsError, SopsExit,
    SopsReader, SopsSource, decrypt_document,
};
use tempfile::TempDir;

use crate::support::{TestResult, chain};

/// A directory with a SOPS file, and a program that pretends to be sops.
pub(crate) struct FakeSops {
    dir: TempDir,
}

impl FakeSops {
    pub(crate) fn new(script: &str) -> Result<Self, std::io::Error> {
        let dir = tempfile::tempdir()?;
        std::fs::write(dir.path().join("secrets.yml"), "sops: {}")?;
        // Written by another process: a descriptor that is open for writing here could be
        // inherited by the children of other tests, and the program would be "busy".
        let mut writer = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 700 \"$0\""])
            .arg(dir.path().join("sops"))
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = writer.stdin.take() {
            write!(stdin, "#!/bin/sh\n{script}\n")?;
        }
        writer.wait()?;
        Ok(Self { dir })
    }

    /// A program that prints this document.
    pub(crate) fn printing(document: &str) -> Result<Self, std::io::Error> {
        Self::new(&format!("cat <<'END'\n{document}\nEND"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn source(&self) -> SopsSource {
        SopsSource::new(self.path("secrets.yml"))
            .reader(SopsReader::Program)
            .program(self.path("sops"))
    }
}

fn refusal(source: &SopsSource) -> Result<SopsError, &'static str> {
    match source.resolve() {
        Err(KeySourceError::Sops(error)) => Ok(error),
        Err(_) => Err("another error"),
        Ok(_) => Err("a key was found"),
    }
}

#[test]
fn a_string_becomes_a_passphrase() -> TestResult {
    let raw = format!("x'{}'", "ab".repeat(32));
    let sops = FakeSops::printing(&format!(
        r#"{{"db_key": "sesame", "prod": {{"db_key": "{raw}"}}, "a.b": "dotted"}}"#
    ))?;
    assert_eq!(sops.source().resolve()?.kind(), KeyKind::Passphrase);
    assert_eq!(
        sops.source().key("prod.db_key").resolve()?.kind(),
        KeyKind::RawKey
    );
    assert_eq!(
        sops.source().key("[\"a.b\"]").resolve()?.kind(),
        KeyKind::Passphrase
    );
    Ok(())
}

#[test]
fn only_a_string_that_is_not_empty_becomes_a_key() -> TestResult {
    let sops = FakeSops::printing(
        r#"{"n": 12345, "b": true, "z": null, "l": ["x"], "m": {"a": 1}, "e": "", "nul": "a\u0000b"}"#,
    )?;
    for (key, expected) in [
        ("n", JsonKind::Number),
        ("b", JsonKind::Boolean),
        ("z", JsonKind::Null),
        ("l", JsonKind::List),
        ("m", JsonKind::Map),
    ] {
        let refused = refusal(&sops.source().key(key))?;
        assert!(matches!(refused, SopsError::NotAString { found, .. } if found == expected));
    }
    assert!(matches!(
        refusal(&sops.source().key("e"))?,
        SopsError::EmptyValue { .. }
    ));
    assert!(matches!(
        refusal(&sops.source().key("x"))?,
        SopsError::KeyNotFound { .. }
    ));
    assert!(matches!(
        sops.source().key("nul").resolve(),
        Err(KeySourceError::Key {
            source: KeyError::ContainsNul,
            ..
        })
    ));
    assert!(matches!(
        refusal(&sops.source().key(""))?,
        SopsError::KeyPath {
            problem: KeyPathProblem::Empty,
            ..
        }
    ));
    Ok(())
}

#[test]
fn a_name_that_fits_two_values_is_refused() -> TestResult {
    let sops = FakeSops::printing(r#"{"a.b": "one", "a": {"b": "two"}}"#)?;
    assert!(matches!(
        refusal(&sops.source().key("a.b"))?,
        SopsError::AmbiguousKey { .. }
    ));
    Ok(())
}

#[test]
fn the_program_gets_fixed_arguments_and_no_input() -> TestResult {
    let sops = FakeSops::new(
        "printf '%s\\n' \"$@\" > \"$0.args\"; cat > \"$0.stdin\"; echo '{\"db_key\": \"k\"}'",
    )?;
    sops.source().resolve()?;
    let arguments = std::fs::read_to_string(sops.path("sops.args"))?;
    let file = sops.path("secrets.yml");
    let expected = [
        "--disable-version-check",
        "decrypt",
        "--output-type",
        "json",
    ];
    let mut arguments = arguments.lines();
    assert_eq!(arguments.by_ref().take(4).collect::<Vec<_>>(), expected);
    assert_eq!(arguments.next().map(Path::new), Some(file.as_path()));
    assert_eq!(arguments.next(), None);
    assert_eq!(std::fs::read(sops.path("sops.stdin"))?, b"");
    Ok(())
}

#[test]
fn exit_codes_are_told_apart() -> TestResult {
    for (end, expected) in [
        ("exit 1", SopsExit::General),
        ("exit 2", SopsExit::Crashed),
        ("exit 25", SopsExit::DecryptionFailed),
        ("exit 51", SopsExit::MacMismatch),
        ("exit 100", SopsExit::FileNotFound),
        ("exit 128", SopsExit::NoDataKey),
        ("exit 7", SopsExit::Other(7)),
        ("kill -9 $$", SopsExit::Signal(Some(9))),
    ] {
        // What it printed before it failed does not count.
        let sops = FakeSops::new(&format!("echo '{{\"db_key\": \"k\"}}'; {end}"))?;
        let refused = refusal(&sops.source())?;
        assert!(
            matches!(refused, SopsError::Failed { exit, .. } if exit == expected),
            "{end}"
        );
    }
    Ok(())
}

#[test]
fn a_program_that_hangs_is_stopped_when_its_time_is_up() -> TestResult {
    for script in [
        "exec sleep 20",
        // The shell is stopped, its child keeps the output open.
        "sleep 20; echo late",
        // The output ends, the program does not.
        "exec sleep 20 >&-",
    ] {
        let sops = FakeSops::new(script)?;
        let started = Instant::now();
        let refused = refusal(&sops.source().timeout(Duration::from_millis(200)))?;
        assert!(
            matches!(refused, SopsError::Timeout { .. }),
            "{script}: {refused:?}"
        );
        assert!(started.elapsed() < Duration::from_secs(10), "{script}");
    }
    Ok(())
}

#[test]
fn a_flood_of_output_is_cut_off() -> TestResult {
    let sops = FakeSops::new("exec yes")?;
    let refused = refusal(&sops.source().max_output_bytes(10_000))?;
    assert!(matches!(
        refused,
        SopsError::OutputTooLarge {
            limit_bytes: 10_000,
            ..
        }
    ));
    Ok(())
}

#[test]
fn a_flood_of_errors_does_not_block_the_program() -> TestResult {
    let sops = FakeSops::new("yes | head -c 1000000 >&2; echo '{\"db_key\": \"k\"}'")?;
    assert_eq!(sops.source().resolve()?.kind(), KeyKind::Passphrase);
    Ok(())
}

#[test]
fn output_that_is_no_json_object_is_refused_unquoted() -> TestResult {
    for document in [
        "db_key: canary-4711",
        "[\"canary-4711\"]",
        "\"canary-4711\"",
        "",
    ] {
        let sops = FakeSops::printing(document)?;
        let refused = refusal(&sops.source())?;
        assert!(matches!(refused, SopsError::NotJson { .. }), "{document}");
        assert!(!format!("{refused:?} {}", chain(&refused)).contains("canary"));
    }
    Ok(())
}

#[test]
fn files_and_programs_that_are_not_there_are_named() -> TestResult {
    let sops = FakeSops::printing("{}")?;
    let at = |path: PathBuf| {
        SopsSource::new(path)
            .reader(SopsReader::Program)
            .program(sops.path("sops"))
    };
    assert!(matches!(
        refusal(&at(sops.path("no.yml")))?,
        SopsError::FileNotFound { .. }
    ));
    assert!(matches!(
        refusal(&at(sops.path(".")))?,
        SopsError::NotAFile { .. }
    ));
    let with = |program: PathBuf| sops.source().program(program);
    assert!(matches!(
        refusal(&with(sops.path("no")))?,
        SopsError::ProgramNotFound { .. }
    ));
    assert!(matches!(
        refusal(&with("no-such-sops".into()))?,
        SopsError::ProgramNotFound { .. }
    ));
    assert!(matches!(
        refusal(&with("./sops".into()))?,
        SopsError::ProgramPathRelative { .. }
    ));
    let refused = refusal(&with(sops.path("secrets.yml")))?;
    assert!(
        matches!(refused, SopsError::ProgramNotRun { .. }),
        "{refused:?}"
    );
    Ok(())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test compares the document")]
fn a_whole_document_can_be_decrypted() -> TestResult {
    let sops = FakeSops::printing(r#"{"db": {"pool": 5}}"#)?;
    let document = decrypt_document(&sops.source().key(""))?;
    assert_eq!(document.expose_secret(), "{\"db\": {\"pool\": 5}}\n");
    let binary = FakeSops::new("printf '\\377'")?;
    assert!(matches!(
        decrypt_document(&binary.source()),
        Err(SopsError::NotJson { .. })
    ));
    Ok(())
}
