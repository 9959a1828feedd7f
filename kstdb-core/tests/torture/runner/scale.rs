//! How much is run.

/// How long a run takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Ci,
    Long,
}

impl Level {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Long => "long",
        }
    }
}

/// What a test makes its plan from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) level: Level,
    pub(crate) seed: u64,
}

impl Scale {
    /// One number or the other.
    pub(crate) const fn choose<T: Copy>(&self, ci: T, long: T) -> T {
        match self.level {
            Level::Ci => ci,
            Level::Long => long,
        }
    }

    /// So many cases, each with a seed of its own that depends on the run's.
    pub(crate) fn seeds(&self, test: u32, cases: usize) -> Vec<u64> {
        let mut rng = fastrand::Rng::with_seed(self.seed ^ u64::from(test).rotate_left(32));
        std::iter::repeat_with(|| rng.u64(..)).take(cases).collect()
    }
}
