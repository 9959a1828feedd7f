//! The model: a list of states. A write turns the last one into the next; a read sees one of them.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};

/// The values of all registers. The first one counts the writes.
pub(super) type State = Vec<u64>;

/// How many registers there are.
pub(super) const REGISTERS: usize = 6;

/// What a transaction did, with two readings of a clock that all tasks share.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    /// Read everything.
    Read(State),
    /// Read everything and wrote this, acknowledged.
    Wrote { before: State, after: State },
    /// Wrote and was rolled back, or its caller went away before the commit.
    Undone,
    /// Its caller went away while it was committed: nobody knows.
    Unknown { before: State, after: State },
}

/// Checks a history.
///
/// # Errors
/// No order of the transactions explains what they saw.
pub(super) fn check(events: &[Event], last: &State) -> anyhow::Result<()> {
    let mut states: BTreeMap<u64, &State> = BTreeMap::new();
    let first = vec![0; REGISTERS];
    states.insert(0, &first);
    for event in events {
        if let What::Wrote { after, .. } = &event.what {
            let other = states.insert(after[0], after);
            ensure!(
                other.is_none(),
                "a lost update: two writes are number {}",
                after[0]
            );
        }
    }
    // What nobody knows happened if something was built on it, or if it is there at the end.
    for event in events {
        if let What::Unknown { after, .. } = &event.what
            && !states.contains_key(&after[0])
            && happened(after, events, last)
        {
            states.insert(after[0], after);
        }
    }
    let numbers: Vec<u64> = states.keys().copied().collect();
    let expected: Vec<u64> = (0..).take(numbers.len()).collect();
    ensure!(numbers == expected, "a hole: the writes are {numbers:?}");
    for event in events {
        explain(event, &states, events)?;
    }
    let end = states.values().next_back().context("no state")?;
    ensure!(*end == last, "the end is {last:?}, not {end:?}");
    Ok(())
}

fn happened(after: &State, events: &[Event], last: &State) -> bool {
    let seen = |state: &State| state == after;
    last == after
        || events.iter().any(|event| match &event.what {
            What::Read(state) => seen(state),
            What::Wrote { before, .. } | What::Unknown { before, .. } => seen(before),
            What::Undone => false,
        })
}

fn explain(event: &Event, states: &BTreeMap<u64, &State>, events: &[Event]) -> anyhow::Result<()> {
    let seen = match &event.what {
        What::Read(state) => state,
        What::Wrote { before, after } => {
            ensure!(
                after[0] == before[0] + 1,
                "write {} saw state {}",
                after[0],
                before[0]
            );
            before
        }
        What::Unknown { .. } | What::Undone => return Ok(()),
    };
    let state = states
        .get(&seen[0])
        .with_context(|| format!("{seen:?} was never there"))?;
    ensure!(
        *state == seen,
        "a mixture: {seen:?}, but state {} is {state:?}",
        seen[0]
    );
    // In real time: not older than what was acknowledged before, and not from the future.
    let wrote = |event: &Event| match &event.what {
        What::Wrote { after, .. } => Some(after[0]),
        _ => None,
    };
    let earlier = events
        .iter()
        .filter(|other| other.ended < event.began)
        .filter_map(wrote);
    let acknowledged = earlier.max().unwrap_or(0);
    ensure!(
        seen[0] >= acknowledged,
        "state {} after {acknowledged} was acknowledged",
        seen[0]
    );
    let later = events
        .iter()
        .filter(|other| other.began > event.ended)
        .filter_map(wrote);
    let begun_later = later.min().unwrap_or(u64::MAX);
    ensure!(
        seen[0] < begun_later,
        "state {} before its write began",
        seen[0]
    );
    Ok(())
}
