//! The row of the programme, and a case by its kind.

use std::time::Duration;

use anyhow::Context as _;

use super::fork::Leave;
use super::{clock, close, exit, fork, runtime};
use crate::runner::{Scale, Tally, Test};
use crate::support::{Template, write_image};
use crate::vfs::Volume;

pub(crate) const TEST: Test = Test {
    number: 8,
    name: "unruly programs",
    plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(60),
    floors: &[
        ("forks", 20),
        ("closed while used", 100),
        ("closed while held", 2),
        ("runtimes shut down", 100),
        ("single threads", 100),
        ("clock jumps", 3),
    ],
};

/// A row of its own: a program that leaves in the middle of its work depends on more than this library.
pub(crate) const EXITS: Test = Test {
    name: "exits",
    plan: exits,
    floors: &[("exits", 100), ("forks that exit", 20)],
    ..TEST
};

/// What a program does. Their places are part of seeds.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Fork,
    Exit,
    CloseWhileUsed,
    CloseWhileHeld,
    ShutDown,
    OneThread,
    Clock,
    ForkAndExit,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Fork,
        Self::Exit,
        Self::CloseWhileUsed,
        Self::CloseWhileHeld,
        Self::ShutDown,
        Self::OneThread,
        Self::Clock,
        Self::ForkAndExit,
    ];

    /// How many of them a short run has; those with few wait for a second or more.
    const fn cases(self) -> usize {
        match self {
            Self::Fork | Self::ForkAndExit => 20,
            Self::CloseWhileHeld => 2,
            Self::Clock => 3,
            Self::Exit | Self::CloseWhileUsed | Self::ShutDown | Self::OneThread => 100,
        }
    }

    /// Whether a process leaves with its exit handlers while others were at work.
    const fn exits(self) -> bool {
        matches!(self, Self::Exit | Self::ForkAndExit)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Fork => "forks",
            Self::Exit => "exits",
            Self::CloseWhileUsed => "closed while used",
            Self::CloseWhileHeld => "closed while held",
            Self::ShutDown => "runtimes shut down",
            Self::OneThread => "single threads",
            Self::Clock => "clock jumps",
            Self::ForkAndExit => "forks that exit",
        }
    }
}

/// A seed is the kind in its low byte.
fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    Ok(seeds(scale, |kind| !kind.exits()))
}

fn exits(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    Ok(seeds(scale, Kind::exits))
}

fn seeds(scale: &Scale, wanted: impl Fn(Kind) -> bool) -> Vec<u64> {
    let mut seeds = Vec::new();
    for (place, kind) in (0..).zip(Kind::ALL).filter(|(_, kind)| wanted(*kind)) {
        let random = scale.seeds(8 + (place << 8), kind.cases() * scale.choose(1, 50));
        seeds.extend(
            random
                .into_iter()
                .map(|seed| seed & !0xff | u64::from(place)),
        );
    }
    seeds
}

fn run(seed: u64) -> anyhow::Result<Tally> {
    let kind = Kind::ALL[usize::try_from(seed & 0xff)? % Kind::ALL.len()];
    let mut rng = fastrand::Rng::with_seed(seed);
    let dir = tempfile::tempdir()?;
    let path = write_image(Template::cold()?.image(), dir.path())?;
    let _volume = Volume::mount(dir.path());
    match kind {
        Kind::Fork => fork::survives(&path, seed, Leave::AtOnce),
        Kind::ForkAndExit => fork::survives(&path, seed, Leave::Exit),
        Kind::Exit => exit::ends(&path, seed),
        Kind::CloseWhileUsed => close::while_used(&path, &mut rng),
        Kind::CloseWhileHeld => close::while_held(&path),
        Kind::ShutDown => runtime::shut_down(&path, &mut rng),
        Kind::OneThread => runtime::one_thread(&path, &mut rng),
        Kind::Clock => clock::jump(&path, &mut rng),
    }
    .with_context(|| format!("{kind:?}"))?;
    Ok(Tally::one(kind.name()))
}
