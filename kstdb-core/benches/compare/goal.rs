//! What the project wants of a row, and whether the row has it.

/// What is wanted of the ratios.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Goal {
    /// The least ratio to sqlx.
    pub(crate) sqlx: Option<f64>,
    /// The least ratio to the limit.
    pub(crate) limit: Option<f64>,
}

/// Where a figure has to lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
}

/// One goal, and what was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    /// What is measured, with its unit.
    pub(crate) what: &'static str,
    pub(crate) measured: f64,
    pub(crate) wanted: Bound,
}

impl Judged {
    /// Tells whether the goal is met; what is not a number meets none.
    pub(crate) fn met(&self) -> bool {
        match self.wanted {
            Bound::AtLeast(bound) => self.measured >= bound,
            Bound::AtMost(bound) => self.measured <= bound,
            Bound::Below(bound) => self.measured < bound,
        }
    }

    pub(crate) fn verdict(&self) -> &'static str {
        if self.met() { "met" } else { "missed" }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, bound) = match self {
            Self::AtLeast(bound) => (">=", bound),
            Self::AtMost(bound) => ("<=", bound),
            Self::Below(bound) => ("<", bound),
        };
        // Two places are enough, and none for whole numbers.
        if bound.fract() == 0.0 {
            write!(f, "{sign} {bound:.0}")
        } else {
            write!(f, "{sign} {bound:.2}")
        }
    }
}
