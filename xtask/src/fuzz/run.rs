//! Runs the targets, says what came of them, and replays an input.
#![expect(clippy::print_stdout, reason = "its rows are what it is run for")]

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::time::Instant;

use anyhow::Context as _;
use xshell::Shell;

use super::log::{self, Outcome};
use super::plan::Plan;
use super::target::{ALL, Target};
use super::tools::Tools;
use super::{TEST, json};
use crate::process::{self, Exit};
use crate::workspace;

/// Targets that run at the same time: most machines of a CI have two cores.
const SIDE_BY_SIDE: usize = 2;

/// An input that takes longer hangs, in seconds.
const INPUT_LIMIT_SECONDS: u32 = 10;

/// More memory than any input may make a program use, in MiB.
const MEMORY_LIMIT_MIB: u32 = 2_048;

/// Runs every target for the time of the plan. Where the tools cannot be had it says so, and that
/// is no failure.
///
/// # Errors
///
/// - the targets do not build, or cannot be started
/// - [`Exit`]: an input violates a property; it has been named
pub(crate) fn run(sh: &Shell, plan: &Plan) -> anyhow::Result<()> {
    let tools = match Tools::find(sh) {
        Ok(tools) => tools,
        Err(error) => {
            eprintln!("not run: test {TEST}: {error:#}");
            return Ok(());
        }
    };
    let mut outcomes = json::done(plan);
    let mut file = json::open(plan)?;
    tools.build(sh, None)?;
    let is_done = |target: &&Target| !outcomes.iter().any(|done| done.target == target.name);
    let targets: Vec<&Target> = ALL.iter().filter(is_done).collect();
    let queue = Mutex::new(targets.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(target) = next() {
                    let outcome = fuzz(&tools, target, plan);
                    if let Ok(outcome) = &outcome {
                        eprintln!("{}", outcome.row());
                    }
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.push(outcome);
                }
            });
        }
    });
    for outcome in found.into_inner().unwrap_or_else(PoisonError::into_inner) {
        let outcome = outcome?;
        if let Some(file) = &mut file {
            json::write(file, &outcome)?;
        }
        outcomes.push(outcome);
    }
    summary(&outcomes, &tools)
}

/// Prints the rows, and before them how to see each violation again.
fn summary(outcomes: &[Outcome], tools: &Tools) -> anyhow::Result<()> {
    let rows: Vec<String> = outcomes.iter().map(Outcome::row).collect();
    let mut violated = false;
    for outcome in outcomes {
        let Some(violation) = &outcome.violation else {
            continue;
        };
        violated = true;
        let replay = match &violation.input {
            Some(input) => format!("--only {TEST} --input {}", input.display()),
            None => format!(
                "of {}, see {}",
                outcome.target,
                log_of(tools, &outcome.target)
            ),
        };
        eprintln!("VIOLATION {replay}: {}", violation.what);
    }
    println!("{}\n{}", log::head(), rows.join("\n"));
    if violated {
        return Err(Exit { code: 1 }.into());
    }
    Ok(())
}

/// Runs one input again, on the user's terminal. The target is the one that its folder is named
/// after, as libFuzzer's artifacts and the corpus are.
///
/// # Errors
///
/// - no target has the name of the folder, the tools cannot be had, or the target does not build
/// - [`Exit`]: the input violates the property
pub(crate) fn replay(sh: &Shell, input: &Path) -> anyhow::Result<()> {
    let names = ALL.map(|target| target.name).join(", ");
    let target = Target::of_input(input)
        .with_context(|| format!("the folder of an input is one of: {names}"))?;
    let tools = Tools::find(sh)?;
    tools.build(sh, Some(target))?;
    let mut command = command(&tools, target)?;
    command.arg(input);
    process::hand_over(command)
}

/// Lets libFuzzer look for inputs of one target.
fn fuzz(tools: &Tools, target: &Target, plan: &Plan) -> anyhow::Result<Outcome> {
    let fuzz = workspace::root().join("kstdb-core/fuzz");
    // What earlier runs have found is the best to start from; the corpus of the repository stays.
    let found = folder(tools, "corpus", target.name)?;
    let artifacts = folder(tools, "artifacts", target.name)?;
    let mut command = command(tools, target)?;
    command
        .arg(format!("-max_total_time={}", plan.time().as_secs()))
        .arg(format!("-max_len={}", target.longest_bytes))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1")
        // Threads of a pool free what they have when they come to it: looking for leaks after each
        // input finds nothing and takes half of the time.
        .arg("-detect_leaks=0");
    if let Some(seed) = plan.seed {
        command.arg(format!("-seed={seed}"));
    }
    if let Some(cases) = plan.cases {
        command.arg(format!("-runs={cases}"));
    }
    let dictionary = fuzz
        .join("dictionaries")
        .join(target.name)
        .with_extension("dict");
    if dictionary.exists() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command
        .arg(found)
        .arg(fuzz.join("corpus").join(target.name));
    let path = log_of(tools, target.name);
    let log = File::create(&path).with_context(|| format!("cannot write {path}"))?;
    command.stdout(log.try_clone()?).stderr(log);
    let began = Instant::now();
    let status = command.status();
    let status = status.with_context(|| format!("cannot start the target {}", target.name))?;
    // Inputs that are no text can be in it.
    let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
    Ok(Outcome::read(
        target.name,
        &text,
        began.elapsed(),
        status.success(),
    ))
}

/// The program of a target with its limits, in an environment without keys.
fn command(tools: &Tools, target: &Target) -> anyhow::Result<Command> {
    let mut command = Command::new(tools.program(target));
    command
        .env("HOME", folder(tools, "home", "")?)
        .env("ASAN_OPTIONS", "detect_odr_violation=0")
        .arg(format!("-timeout={INPUT_LIMIT_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_LIMIT_MIB}"));
    for variable in ["XDG_CONFIG_HOME", "SOPS_AGE_KEY", "SOPS_AGE_KEY_FILE"] {
        command.env_remove(variable);
    }
    Ok(command)
}

fn folder(tools: &Tools, kind: &str, target: &str) -> anyhow::Result<std::path::PathBuf> {
    let folder = tools.home.join(kind).join(target);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn log_of(tools: &Tools, target: &str) -> String {
    let path = tools.home.join(target).with_extension("log");
    path.display().to_string()
}
