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
    // In real time: not older than what anybody was told before, and not from the future.
    let wrote = |event: &Event| match &event.what {
        What::Wrote { after, .. } => Some(after[0]),
        _ => None,
    };
    let told = |event: &Event| match &event.what {
        What::Read(state) => Some(state[0]),
        _ => wrote(event),
    };
    let earlier = events
        .iter()
        .filter(|other| other.ended < event.began)
        .filter_map(told);
    let told_before = earlier.max().unwrap_or(0);
    ensure!(
        seen[0] >= told_before,
        "state {} after somebody was told of {told_before}",
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

#[cfg(test)]
mod tests {
    use super::*;

    fn state(number: u64) -> State {
        (0..)
            .take(REGISTERS)
            .map(|id| if id == 0 { number } else { id * number })
            .collect()
    }

    fn read(began: u64, number: u64) -> Event {
        let what = What::Read(state(number));
        event(began, what)
    }

    fn write(began: u64, number: u64) -> Event {
        let (before, after) = (state(number - 1), state(number));
        event(began, What::Wrote { before, after })
    }

    fn event(began: u64, what: What) -> Event {
        let ended = began + 10;
        Event { began, ended, what }
    }

    #[test]
    fn serial_writes_and_snapshots_are_explained() {
        let events = [
            write(0, 1),
            read(5, 0),
            read(6, 1),
            write(20, 2),
            read(40, 2),
        ];
        assert!(check(&events, &state(2)).is_ok());
    }

    #[test]
    fn what_no_order_explains_is_refused() {
        for (what, events) in [
            (
                "a lost update",
                vec![write(0, 1), write(20, 1), write(40, 2)],
            ),
            ("a hole", vec![write(0, 2)]),
            (
                "an old state after an acknowledgement",
                vec![write(0, 1), write(20, 2), read(40, 1)],
            ),
            // Both are within the write, so that each alone could be.
            (
                "two reads backwards",
                vec![
                    write(0, 1),
                    event(
                        20,
                        What::Wrote {
                            before: state(1),
                            after: state(2),
                        },
                    ),
                    Event {
                        began: 21,
                        ended: 22,
                        what: What::Read(state(2)),
                    },
                    Event {
                        began: 23,
                        ended: 24,
                        what: What::Read(state(1)),
                    },
                ],
            ),
            (
                "a state from the future",
                vec![read(0, 1), write(20, 1), write(40, 2)],
            ),
        ] {
            assert!(check(&events, &state(2)).is_err(), "{what}");
        }
        let mut mixed = state(1);
        mixed[3] = 0;
        let events = [write(0, 1), write(20, 2), event(40, What::Read(mixed))];
        assert!(check(&events, &state(2)).is_err());
    }
}
