//! The row of the programme, and a case by its kind.

use std::fs::File;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::places::{core_file, judge, told_to};
use super::program::Program;
use super::programme;
use super::search::Found;
use super::stages::Stage;
use crate::runner::{Scale, Tally, Test};
use crate::support::canary;

pub(crate) const TEST: Test = Test {
    number: 9,
    name: "secrets",
    plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(300),
    floors: &[
        ("logs of other tests", 4),
        ("looks into memory", 5),
        ("core files or dumps", 2),
        ("controls found", 6),
    ],
};

/// What is looked at. Their places are part of seeds.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// What the errors and the logs of another test tell.
    Logs(usize),
    /// A program from its beginning to its end.
    Stages,
    /// A program that aborts while its database is open, or after it.
    Core(Stage),
    /// A program that tells its passphrase and keeps it: each look must find it.
    Control,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Logs(0),
        Self::Logs(1),
        Self::Logs(2),
        Self::Logs(3),
        Self::Stages,
        Self::Core(Stage::Used),
        Self::Core(Stage::Closed),
        Self::Control,
    ];
}

/// A seed is the kind in its low byte.
fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    let mut seeds = Vec::new();
    for round in 0..scale.choose(1, 100) {
        let random = scale.seeds(9 + (round << 8), Kind::ALL.len());
        let kinds = random.into_iter().zip(0..);
        seeds.extend(kinds.map(|(seed, kind)| seed & !0xff | kind));
    }
    Ok(seeds)
}

fn run(seed: u64) -> anyhow::Result<Tally> {
    let kind = Kind::ALL[usize::try_from(seed & 0xff)? % Kind::ALL.len()];
    let mut rng = fastrand::Rng::with_seed(seed);
    match kind {
        Kind::Logs(which) => {
            let (test, cases) = programme::TESTS[which];
            programme::logs(test, cases, seed)
        }
        Kind::Stages => stages(&mut rng),
        Kind::Core(stage) => core(&mut rng, stage),
        Kind::Control => control(&mut rng),
    }
    .with_context(|| format!("{kind:?}"))
}

/// Looks everywhere at every stage.
fn stages(rng: &mut fastrand::Rng) -> anyhow::Result<Tally> {
    let mut program = Program::start(rng, false)?;
    let search = program.secrets.search(&program.database())?;
    let mut tally = Tally::default();
    for stage in Stage::ALL {
        program.reaches(stage)?;
        let copies = judge(stage, &search.memory(program.id())?)?;
        tally.add("looks into memory", 1);
        tally.add("copies of keys in use", copies);
        ensure!(copies > 0 || !stage.is_open(), "the look is blind");
        for (place, text) in told_to(program.id())? {
            clean(&program, place, &text)?;
        }
        if stage != Stage::Closed {
            program.go_on()?;
        }
    }
    program.end()?;
    let told = program.told()?;
    clean(&program, "stderr", &told)?;
    // It has told what it should have.
    for expected in [
        "AsyncDatabase {",
        "Transaction {",
        "database connected",
        "the key of the database was changed",
        "UNIQUE constraint failed",
        "index out of bounds",
        "PRAGMA rekey",
    ] {
        ensure!(told.contains(expected), "not told: {expected}");
    }
    Ok(tally)
}

/// No passphrase, no key and no bound value.
fn clean(program: &Program, place: &str, text: &str) -> anyhow::Result<()> {
    canary::clean(text).with_context(|| format!("in {place}"))?;
    let told = program.secrets.told(text);
    ensure!(told == 0, "a passphrase is told in {place}, {told} times");
    Ok(())
}

/// Has a program abort at a stage, and looks into what it leaves.
fn core(rng: &mut fastrand::Rng, at: Stage) -> anyhow::Result<Tally> {
    let mut program = Program::start(rng, false)?;
    reach(&mut program, at)?;
    let found = left(&mut program)?;
    let copies = judge(at, &found)?;
    ensure!(copies > 0 || !at.is_open(), "the look is blind");
    clean(&program, "stderr", &program.told()?)?;
    let mut tally = Tally::one("core files or dumps");
    tally.add("copies of keys in use", copies);
    Ok(tally)
}

fn reach(program: &mut Program, at: Stage) -> anyhow::Result<()> {
    for stage in Stage::ALL {
        program.reaches(stage)?;
        if stage == at {
            break;
        }
        program.go_on()?;
    }
    Ok(())
}

/// What the core file of a program holds, or all of its memory where the system keeps none.
fn left(program: &mut Program) -> anyhow::Result<Found> {
    let search = program.secrets.search(&program.database())?;
    let dumped = search.memory(program.id())?;
    let status = program.abort()?;
    ensure!(status.code().is_none(), "it ended with {status}");
    match core_file(program.folder())? {
        Some(core) => search.read(File::open(core)?),
        None => Ok(dumped),
    }
}

/// Every place where a program tells or keeps its passphrase is one where it is found.
fn control(rng: &mut fastrand::Rng) -> anyhow::Result<Tally> {
    let mut program = Program::start(rng, true)?;
    program.reaches(Stage::Begun)?;
    let search = program.secrets.search(&program.database())?;
    let in_memory = search.memory(program.id())?;
    let [environ, cmdline] = told_to(program.id())?;
    let left = left(&mut program)?;
    let told = program.told()?;
    let lines =
        |with: &str| -> String { told.lines().filter(|line| line.contains(with)).collect() };
    let passphrase = "first: the passphrase";
    for (place, found) in [
        ("the environment", program.secrets.told(&environ.1) > 0),
        ("the command line", program.secrets.told(&cmdline.1) > 0),
        (
            "a message",
            program.secrets.told(&lines("the control tells")) > 0,
        ),
        (
            "a log",
            program.secrets.told(&lines("the control logs")) > 0,
        ),
        ("memory", in_memory.contains_key(passphrase)),
        ("a core file or dump", left.contains_key(passphrase)),
    ] {
        ensure!(found, "not found in {place}, where it is");
    }
    let mut tally = Tally::default();
    tally.add("controls found", 6);
    Ok(tally)
}
