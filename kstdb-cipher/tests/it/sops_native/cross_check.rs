//! The same files read here and by the real sops: equal answers, and nothing that it refuses.
//!
//! `cargo xtask sops-check` installs sops and runs this with many files; with
//! `KSTDB_SOPS_PROGRAM` naming a sops 3.9 or later, `cargo test` runs it with a few.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fmt, fs, thread};

use kstdb_cipher::{SopsError, SopsReader};
use serde_json::Value;
use tempfile::TempDir;

use super::random::{Documents, Format};
use super::support::{document, fixture, native, same};
use crate::support::TestResult;

const PROGRAM_VARIABLE: &str = "KSTDB_SOPS_PROGRAM";
const FILES_VARIABLE: &str = "KSTDB_SOPS_FILES";
const RECIPIENT: &str = "age12xmk0nl6stz50dmw44g5kst3h0eva4e56gutjqy330ekfk3hsezs74q2us";

/// Files per format that `cargo test` checks by itself.
const FEW: usize = 6;

/// Of so many encrypted files one is also checked in a changed form.
const TAMPERED_EVERY: usize = 4;

/// How many agreed, and who refused what the other one read.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    same: usize,
    both_refuse: usize,
    only_sops_reads: usize,
    handed_over: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} equal, {} refused by both, {} left to the program, {} refused here alone",
            self.same, self.both_refuse, self.handed_over, self.only_sops_reads
        )
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is how xtask says which sops and how many files"
)]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The program, run with no identity but that of the fixtures.
fn sops(program: &Path, arguments: &[&str], file: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let output = Command::new(program)
        .arg("--disable-version-check")
        .args(arguments)
        .arg(file)
        .env("SOPS_AGE_KEY_FILE", fixture("keys/age-id1.txt"))
        .output()?;
    Ok(output.status.success().then_some(output.stdout))
}

/// Reads a file with both and compares. What sops refuses and we do not is the only error.
fn compare(program: &Path, file: &Path, counts: &mut Counts) -> Result<(), Box<dyn Error>> {
    let theirs = sops(program, &["decrypt", "--output-type", "json"], file)?;
    let ours = document(&native(file).reader(SopsReader::Native));
    match (ours, theirs) {
        (Ok(ours), Some(theirs)) => {
            let theirs: Value = serde_json::from_slice(&theirs)?;
            if !same(&ours, &theirs) {
                return Err(format!("{}: {ours}\nsops: {theirs}", file.display()).into());
            }
            counts.same += 1;
        }
        (Ok(ours), None) => {
            return Err(format!("{}: sops refuses {ours}", file.display()).into());
        }
        (Err(_), None) => counts.both_refuse += 1,
        (Err(error), Some(_)) => {
            let handed = matches!(
                error.downcast_ref(),
                Some(SopsError::ProgramNotAllowed { .. })
            );
            counts.handed_over += usize::from(handed);
            counts.only_sops_reads += usize::from(!handed);
        }
    }
    Ok(())
}

/// Changes a file in a way that a person with an editor could.
fn tamper(text: &str, number: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let at = number % lines.len().max(1);
    let without = |at: usize| {
        let kept = lines.iter().enumerate().filter(|(line, _)| *line != at);
        kept.map(|(_, line)| *line).collect::<Vec<_>>().join("\n") + "\n"
    };
    match number % 10 {
        0 => without(at),
        1 => [lines[at], text].join("\n"),
        2 => text.replacen("type:str", "type:bytes", 1),
        3 => text.replacen("_unencrypted", "_unencrypter", 1),
        4 => text.replacen("data:", "data:A", 1),
        5 => text.replacen("ENC[AES256_GCM,", "", 1),
        6 => text.replacen("lastmodified", "lastmodifies", 1),
        7 => text.replacen("unencrypted_suffix", "encrypted_suffix", 1),
        8 => without(lines.len().saturating_sub(2)),
        _ => text.replacen('1', "2", 3),
    }
}

/// Encrypts random documents of a format and compares; then some of them changed.
fn check(
    program: &Path,
    dir: &Path,
    format: Format,
    files: usize,
) -> Result<(Counts, Counts), Box<dyn Error + Send + Sync>> {
    let fail = |error: Box<dyn Error>| error.to_string();
    let mut documents = Documents::new();
    let (mut whole, mut tampered) = (Counts::default(), Counts::default());
    let mut made = 0;
    for number in 0..files * 2 {
        if made == files {
            break;
        }
        let path = dir.join(format!("{number}.{}", format.extension()));
        fs::write(&path, documents.next(format)?)?;
        // sops does not take every document: an INI name that it cannot read, for example.
        let arguments = ["encrypt", "--age", RECIPIENT];
        let Some(encrypted) = sops(program, &arguments, &path)? else {
            continue;
        };
        made += 1;
        fs::write(&path, &encrypted)?;
        compare(program, &path, &mut whole).map_err(fail)?;
        if made % TAMPERED_EVERY == 1 {
            let changed = tamper(&String::from_utf8(encrypted)?, made / TAMPERED_EVERY);
            fs::write(&path, changed)?;
            compare(program, &path, &mut tampered).map_err(fail)?;
        }
        fs::remove_file(&path)?;
    }
    if made < files {
        return Err(format!("sops encrypted {made} of {files} {format:?} files").into());
    }
    Ok((whole, tampered))
}

#[test]
#[expect(clippy::print_stderr, reason = "the counts are what this is for")]
fn nothing_that_sops_refuses_is_read_here() -> TestResult {
    let Some(program) = variable(PROGRAM_VARIABLE).map(PathBuf::from) else {
        eprintln!("not compared with sops: {PROGRAM_VARIABLE} names none (cargo xtask sops-check)");
        return Ok(());
    };
    let files = match variable(FILES_VARIABLE) {
        Some(files) => files.parse()?,
        None => FEW,
    };
    let dir = TempDir::new()?;
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    // Two threads: what takes time are the processes.
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(format) = Format::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = check(&program, dir.path(), *format, files);
                    if let Ok(mut results) = results.lock() {
                        results.push((*format, result));
                    }
                }
            });
        }
    });
    let results = results.into_inner().map_err(|error| error.to_string())?;
    assert_eq!(results.len(), Format::ALL.len());
    let mut changed = 0;
    for (format, result) in results {
        let (whole, tampered) = result.map_err(|error| format!("{format:?}: {error}"))?;
        eprintln!("{format:?}: {whole}");
        eprintln!("{format:?}, tampered with: {tampered}");
        // sops itself cannot read a few of its own files (-0, for example).
        assert!(whole.same * 10 >= files * 8, "{format:?}: {whole}");
        changed += tampered.both_refuse;
    }
    assert!(changed > 0);
    Ok(())
}

/// Expressions that Go and Rust read differently, or that one of them refuses, each with a name
/// that may match in one and not in the other.
const EXPRESSIONS: [(&str, &str); 22] = [
    (r"^\w+$", "cl\u{e9}"),
    (r"^\W", "\u{e9}"),
    (r"^\d$", "\u{664}"),
    (r"^[\w-]+$", "\u{e9}-a"),
    (r"^\s$", "\u{a0}"),
    (r"^\S+$", "a\u{a0}b"),
    (r"cl\b", "cl\u{e9}"),
    (r"\bl", "\u{e9}l"),
    ("^[a&&b]$", "a"),
    ("^[a&&b]$", "&"),
    ("^[a--z]$", "a"),
    ("^[[a]]$", "a"),
    ("^[a~~b]$", "~"),
    ("(?x)^k y$", "ky"),
    ("a**", "key"),
    ("^k{,5}$", "k{,5}"),
    ("^k{,5}$", "kk"),
    ("(?i)KEY", "\u{212a}ey"),
    ("^.{3}$", "cl\u{e9}"),
    (r"\<k", "key"),
    ("^[[:alpha:]]+$", "cl\u{e9}"),
    ("^k(ey)?$", "key"),
];

#[test]
#[expect(clippy::print_stderr, reason = "the counts are what this is for")]
fn an_expression_accepts_nothing_that_it_does_not_accept_in_sops() -> TestResult {
    let Some(program) = variable(PROGRAM_VARIABLE).map(PathBuf::from) else {
        return Ok(());
    };
    let dir = TempDir::new()?;
    let path = dir.path().join("f.yaml");
    let mut counts = Counts::default();
    for (expression, name) in EXPRESSIONS {
        fs::write(&path, format!("'{name}': value\n"))?;
        let arguments = ["encrypt", "--age", RECIPIENT];
        let encrypted = sops(&program, &arguments, &path)?.ok_or("not encrypted")?;
        let encrypted = String::from_utf8(encrypted)?;
        // The file is whole if the name matches, and with the other rule if it does not.
        for rule in ["encrypted_regex", "unencrypted_regex"] {
            let rule = format!("{rule}: '{expression}'");
            let changed = encrypted.replace("unencrypted_suffix: _unencrypted", &rule);
            assert_ne!(changed, encrypted);
            fs::write(&path, changed)?;
            compare(&program, &path, &mut counts)
                .map_err(|error| format!("{rule} {name}: {error}"))?;
        }
    }
    eprintln!("expressions: {counts}");
    assert!(counts.same > 0 && counts.only_sops_reads == 0, "{counts}");
    Ok(())
}
