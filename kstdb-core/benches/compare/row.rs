//! One row of the comparison: what each peer did in each round, medians and ratios.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::goal::{Bound, Goal, Judged};
use crate::tasks::Ran;

/// Who did the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Kstdb,
    Sqlx,
    Rusqlite,
    /// The C API.
    Limit,
    /// Python's kstlib.db, in a process of its own.
    Kstlib,
}

/// What the figures of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Milliseconds,
    Queries,
    Rows,
    Transactions,
    /// Bytes are counted.
    Megabytes,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Queries => "queries/s",
            Self::Rows => "rows/s",
            Self::Transactions => "tx/s",
            Self::Megabytes => "MB/s",
        }
    }
}

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) unit: Unit,
    pub(crate) goal: Goal,
    /// What a reader has to know, and no goal is about.
    pub(crate) notes: Vec<String>,
    /// Calls of kstdb's that failed, where they are counted.
    pub(crate) errors: Option<i64>,
    /// Waits, memory: goals that are no ratios.
    checks: Vec<Judged>,
    samples: BTreeMap<Peer, Vec<f64>>,
}

impl Row {
    pub(crate) fn new(id: &'static str, unit: Unit, goal: Goal) -> Self {
        Self {
            id,
            unit,
            goal,
            notes: Vec::new(),
            errors: None,
            checks: Vec::new(),
            samples: BTreeMap::new(),
        }
    }

    /// Adds the figure of one round: `count` pieces of work in `elapsed`.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn add(&mut self, peer: Peer, count: i64, elapsed: Duration) {
        let figure = match self.unit {
            Unit::Milliseconds => elapsed.as_secs_f64() * 1_000.0,
            Unit::Queries | Unit::Rows | Unit::Transactions => count as f64 / elapsed.as_secs_f64(),
            Unit::Megabytes => count as f64 / 1e6 / elapsed.as_secs_f64(),
        };
        self.samples.entry(peer).or_default().push(figure);
    }

    /// Adds what kstdb did on many tasks, `pieces` of work in each call.
    pub(crate) fn add_ours(&mut self, ran: &Ran, pieces: i64) {
        self.add(Peer::Kstdb, ran.succeeded * pieces, ran.elapsed);
        self.fail(ran.failed, ran.error.as_deref());
    }

    /// Counts calls of kstdb's that failed. None may: the run ends with an error.
    pub(crate) fn fail(&mut self, failed: i64, error: Option<&str>) {
        let errors = self.errors.get_or_insert(0);
        if let (0, Some(error)) = (*errors, error) {
            self.notes.push(format!("the first error: {error}"));
        }
        *errors += failed;
    }

    /// Judges a figure that is no ratio of speeds.
    pub(crate) fn check(&mut self, what: &'static str, measured: f64, wanted: Bound) {
        self.checks.push(Judged {
            what,
            measured,
            wanted,
        });
    }

    /// Forgets the rounds until now: they filled the caches.
    pub(crate) fn forget_rounds(&mut self) {
        self.samples.clear();
    }

    /// Every goal of the row that was measured.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn judged(&self) -> Vec<Judged> {
        let ratio = |what, peer: Option<Peer>, wanted: Option<f64>| {
            Some(Judged {
                what,
                measured: self.ratio(peer?)?,
                wanted: Bound::AtLeast(wanted?),
            })
        };
        let errors = self.errors.map(|errors| Judged {
            what: "errors",
            measured: errors as f64,
            wanted: Bound::AtMost(0.0),
        });
        let ratios = [
            ratio("x sqlx", Some(Peer::Sqlx), self.goal.sqlx),
            ratio("x limit", self.limit(), self.goal.limit),
            errors,
        ];
        let ratios = ratios.into_iter().flatten();
        ratios.chain(self.checks.iter().copied()).collect()
    }

    /// Adds a figure that somebody else has measured.
    pub(crate) fn add_figure(&mut self, peer: Peer, figure: f64) {
        self.samples.entry(peer).or_default().push(figure);
    }

    /// The figure of a peer: the median of its rounds.
    pub(crate) fn figure(&self, peer: Peer) -> Option<f64> {
        median(self.samples.get(&peer)?)
    }

    /// The limit: the C API where it was measured, else rusqlite.
    pub(crate) fn limit(&self) -> Option<Peer> {
        [Peer::Limit, Peer::Rusqlite]
            .into_iter()
            .find(|peer| self.samples.contains_key(peer))
    }

    /// How many times faster than `peer` kstdb is: the median of the rounds' own ratios, so that a
    /// disturbance that lasts for a round hits both.
    pub(crate) fn ratio(&self, peer: Peer) -> Option<f64> {
        median(&self.ratios(peer)?)
    }

    /// The least and the greatest ratio of a round.
    pub(crate) fn spread(&self, peer: Peer) -> Option<(f64, f64)> {
        let mut ratios = self.ratios(peer)?;
        ratios.sort_by(f64::total_cmp);
        Some((*ratios.first()?, *ratios.last()?))
    }

    fn ratios(&self, peer: Peer) -> Option<Vec<f64>> {
        let (ours, theirs) = (self.samples.get(&Peer::Kstdb)?, self.samples.get(&peer)?);
        let ratio = |(ours, theirs): (&f64, &f64)| match self.unit {
            Unit::Milliseconds => theirs / ours,
            _ => ours / theirs,
        };
        Some(ours.iter().zip(theirs).map(ratio).collect())
    }

    /// One line for whoever waits.
    pub(crate) fn progress(&self) -> String {
        let ratio = self.ratio(Peer::Sqlx);
        let ratio = ratio.map_or(String::new(), |ratio| format!(", {ratio:.2} x sqlx"));
        let figure = self.figure(Peer::Kstdb).unwrap_or_default();
        format!("{}: {figure:.0} {}{ratio}", self.id, self.unit.name())
    }
}

fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(*upper);
    }
    Some(f64::midpoint(*sorted.get(middle.checked_sub(1)?)?, *upper))
}
