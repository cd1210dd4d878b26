//! Medians, ratios and verdicts: pure.

/// What rounds of one measurement came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    /// The middle one.
    pub(crate) median: f64,
    /// The least.
    pub(crate) min: f64,
    /// The most.
    pub(crate) max: f64,
}

impl Spread {
    /// Of values in any order; `None` of no values.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        let median =
            if sorted.len() % 2 == 1 { upper } else { f64::midpoint(*sorted.get(middle.checked_sub(1)?)?, upper) };
        Some(Self { median, min, max })
    }

    /// Of ratios within the same round. Machines change their speed from one minute to the next, and both sides of a
    /// ratio must have seen the same machine.
    pub(crate) fn of_ratios(of: &[Option<f64>], to: &[Option<f64>]) -> Option<Self> {
        let ratios: Vec<f64> =
            of.iter().zip(to).filter_map(|(of, to)| Some((*of)? / (*to)?)).filter(|ratio| ratio.is_finite()).collect();
        Self::of(&ratios)
    }
}

/// The median of the rounds that have a value.
pub(crate) fn median(rounds: &[Option<f64>]) -> Option<f64> {
    Spread::of(&rounds.iter().flatten().copied().collect::<Vec<_>>()).map(|spread| spread.median)
}

/// The least value that so many percent of the values do not exceed; `None` of no values.
pub(crate) fn percentile(values: &[f64], percent: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil().max(1.0);
    sorted.get(rank as usize - 1).copied()
}

/// What a number is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Goal {
    /// What must be.
    pub(crate) hard: f64,
    /// What would be nice.
    pub(crate) stretch: f64,
    /// Whether it is to be at least that, and not at most.
    pub(crate) at_least: bool,
}

impl Goal {
    /// The less, the better.
    pub(crate) const fn at_most(hard: f64, stretch: f64) -> Self {
        Self { hard, stretch, at_least: false }
    }

    /// The more, the better.
    pub(crate) const fn at_least(hard: f64, stretch: f64) -> Self {
        Self { hard, stretch, at_least: true }
    }

    fn is_met(self, value: f64, limit: f64) -> bool {
        if self.at_least { value >= limit } else { value <= limit }
    }
}

/// How a goal was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Even the stretch goal.
    Stretch,
    /// The hard goal.
    Hard,
    /// Not even that.
    Missed,
    /// There is no goal.
    Shown,
    /// It could not be measured.
    Failed,
}

impl Verdict {
    /// Of a measured value.
    pub(crate) fn of(value: Option<f64>, goal: Option<Goal>) -> Self {
        match (value, goal) {
            (None, _) => Self::Failed,
            (Some(_), None) => Self::Shown,
            (Some(value), Some(goal)) if goal.is_met(value, goal.stretch) => Self::Stretch,
            (Some(value), Some(goal)) if goal.is_met(value, goal.hard) => Self::Hard,
            _ => Self::Missed,
        }
    }

    /// In a word or two.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Stretch => "met stretch",
            Self::Hard => "met hard",
            Self::Missed => "missed",
            Self::Shown => "",
            Self::Failed => "FAILED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(Spread::of(&[]), None);
        assert_eq!(Spread::of(&[2.0]), Some(Spread { median: 2.0, min: 2.0, max: 2.0 }));
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]).unwrap().median, 2.0);
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]), Some(Spread { median: 2.5, min: 1.0, max: 4.0 }));
        assert_eq!(median(&[None, Some(5.0), None]), Some(5.0));
        assert_eq!(median(&[None]), None);
    }

    #[test]
    fn percentiles() {
        let values: Vec<f64> = (1..=30).rev().map(f64::from).collect();
        for (percent, value) in [(0.0, 1.0), (50.0, 15.0), (90.0, 27.0), (99.0, 30.0), (100.0, 30.0)] {
            assert_eq!(percentile(&values, percent), Some(value), "{percent}");
        }
        assert_eq!(percentile(&[7.0], 50.0), Some(7.0));
        assert_eq!(percentile(&[], 50.0), None);
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        // The machine became three times slower: the ratio of the medians would be 0.75, each round says 0.5.
        let ours = [Some(1.0), Some(3.0), Some(3.0)];
        let theirs = [Some(2.0), Some(6.0), Some(6.0)];
        assert_eq!(Spread::of_ratios(&ours, &theirs), Some(Spread { median: 0.5, min: 0.5, max: 0.5 }));
        assert_eq!(Spread::of_ratios(&[Some(1.0), None], &[None, Some(1.0)]), None);
        assert_eq!(Spread::of_ratios(&[Some(1.0)], &[Some(0.0)]), None);
    }

    #[test]
    fn verdicts() {
        let goal = Some(Goal::at_most(0.95, 0.80));
        for (value, verdict) in
            [(0.8, Verdict::Stretch), (0.81, Verdict::Hard), (0.95, Verdict::Hard), (0.96, Verdict::Missed)]
        {
            assert_eq!(Verdict::of(Some(value), goal), verdict);
        }
        assert_eq!(Verdict::of(None, goal), Verdict::Failed);
        assert_eq!(Verdict::of(Some(9.0), None), Verdict::Shown);
        let goal = Some(Goal::at_least(50.0, 100.0));
        for (value, verdict) in
            [(49.9, Verdict::Missed), (50.0, Verdict::Hard), (99.9, Verdict::Hard), (100.0, Verdict::Stretch)]
        {
            assert_eq!(Verdict::of(Some(value), goal), verdict);
        }
    }
}
