//! From rounds to a row with a verdict.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::measure::rounded;
use crate::proxies::AiKore;
use crate::statistics::{Goal, Spread, Verdict, median};

/// Which configurations of NGINX count as NGINX at its best.
const BEST_OF: [&str; 2] = ["nginx", "nginx-big"];

/// The values of each proxy, round by round.
#[derive(Debug, Clone)]
pub(crate) struct Rounds {
    series: Vec<Series>,
}

#[derive(Debug, Clone)]
struct Series {
    name: &'static str,
    values: Vec<Option<f64>>,
    raw: Vec<Value>,
    error: Option<Failure>,
}

impl Rounds {
    /// Of these proxies.
    pub(crate) fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        let series = |name| Series { name, values: Vec::new(), raw: Vec::new(), error: None };
        Self { series: names.into_iter().map(series).collect() }
    }

    /// A round begins: nobody has a value in it yet.
    pub(crate) fn begin(&mut self) {
        for series in &mut self.series {
            series.values.push(None);
        }
    }

    /// A proxy's value in this round, and everything that is known about it.
    pub(crate) fn put(&mut self, name: &str, value: f64, raw: Value) {
        if let Some(series) = self.series.iter_mut().find(|series| series.name == name) {
            if let Some(last) = series.values.last_mut() {
                *last = Some(value);
            }
            series.raw.push(raw);
        }
    }

    /// A proxy could not do it: it takes no further part in this scenario.
    pub(crate) fn fail(&mut self, name: &str, error: &Failure) {
        eprintln!("  {name}: {error}");
        if let Some(series) = self.series.iter_mut().find(|series| series.name == name) {
            series.error = Some(error.clone());
        }
    }

    /// Whether it takes no part any more.
    pub(crate) fn has_failed(&self, name: &str) -> bool {
        self.series.iter().any(|series| series.name == name && series.error.is_some())
    }

    /// A proxy's values; none if it failed, since half a scenario says nothing.
    fn values(&self, name: &str) -> &[Option<f64>] {
        let found = self.series.iter().find(|series| series.name == name && series.error.is_none());
        found.map_or(&[], |series| series.values.as_slice())
    }

    /// The cheaper of the configurations that count.
    fn best(&self) -> Option<(&'static str, f64)> {
        let medians = BEST_OF.into_iter().filter_map(|name| Some((name, median(self.values(name))?)));
        medians.min_by(|(_, a), (_, b)| a.total_cmp(b))
    }

    fn errors(&self) -> Vec<String> {
        let failed = self.series.iter().filter_map(|series| Some((series.name, series.error.as_ref()?)));
        failed.map(|(name, error)| format!("{name}: {error}")).collect()
    }

    fn json(&self) -> Value {
        let series = self.series.iter().map(|series| (series.name.to_owned(), Value::from(series.raw.clone())));
        Value::Object(series.collect())
    }
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What `--only` calls it.
    pub(crate) name: String,
    /// What people call it.
    pub(crate) title: String,
    /// What the absolute values are in.
    pub(crate) unit: String,
    /// AiKore's own value.
    pub(crate) ours: Option<f64>,
    /// NGINX at its best: which, and its value.
    pub(crate) best: Option<(&'static str, f64)>,
    /// What is compared with the goal, and whether that is a ratio or the value itself.
    pub(crate) judged: Option<Spread>,
    /// Whether the goal is about the ratio to NGINX or about the value.
    pub(crate) is_ratio: bool,
    /// Ratio of AiKore to NGINX at its best, also where the goal is about the value.
    pub(crate) ratio: Option<Spread>,
    /// What is to be reached.
    pub(crate) goal: Option<Goal>,
    /// Whether it was.
    pub(crate) verdict: Verdict,
    /// The others, as ratios to NGINX at its best.
    pub(crate) others: Vec<(&'static str, f64)>,
    /// Sentences for below the table.
    pub(crate) notes: Vec<String>,
    /// What went wrong.
    pub(crate) errors: Vec<String>,
    raw: Value,
}

impl Row {
    /// A row whose goal is about the ratio to NGINX.
    pub(crate) fn ratio(name: &str, title: &str, unit: &str, goal: Option<Goal>, rounds: &Rounds) -> Self {
        Self::of(name, title, unit, goal, rounds, true)
    }

    /// A row whose goal is about the value itself.
    pub(crate) fn absolute(name: &str, title: &str, unit: &str, goal: Option<Goal>, rounds: &Rounds) -> Self {
        Self::of(name, title, unit, goal, rounds, false)
    }

    /// A row that could not be measured at all.
    pub(crate) fn failed(name: &str, error: &Failure) -> Self {
        let mut row = Self::of(name, name, "", None, &Rounds::new([]), false);
        row.errors.push(error.to_string());
        row
    }

    fn of(name: &str, title: &str, unit: &str, goal: Option<Goal>, rounds: &Rounds, is_ratio: bool) -> Self {
        let best = rounds.best();
        let against_best = |name| Spread::of_ratios(rounds.values(name), rounds.values(best?.0));
        let ratio = against_best(AiKore::NAME);
        let ours: Vec<f64> = rounds.values(AiKore::NAME).iter().flatten().copied().collect();
        let judged = if is_ratio { ratio } else { Spread::of(&ours) };
        let others = rounds.series.iter().map(|series| series.name).filter(|name| *name != AiKore::NAME);
        let others = others.filter(|name| best.is_none_or(|(best, _)| *name != best));
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            unit: unit.to_owned(),
            ours: median(rounds.values(AiKore::NAME)),
            best,
            judged,
            is_ratio,
            ratio,
            goal,
            verdict: Verdict::of(judged.map(|spread| spread.median), goal),
            others: others.filter_map(|name| Some((name, against_best(name)?.median))).collect(),
            notes: Vec::new(),
            errors: rounds.errors(),
            raw: rounds.json(),
        }
    }

    /// For the result file.
    pub(crate) fn json(&self) -> Value {
        let spread = |spread: Option<Spread>| {
            spread.map(|s| json!({ "median": rounded(s.median), "min": rounded(s.min), "max": rounded(s.max) }))
        };
        json!({
            "scenario": self.name,
            "title": self.title,
            "unit": self.unit,
            "aikore": self.ours.map(rounded),
            "nginx_best": self.best.map(|(name, value)| json!({ "name": name, "value": rounded(value) })),
            "ratio": spread(self.ratio),
            "judged": spread(self.judged),
            "goal": self.goal.map(|goal| {
                let about = if self.is_ratio { "ratio" } else { "value" };
                json!({ "hard": goal.hard, "stretch": goal.stretch, "about": about, "at_least": goal.at_least })
            }),
            "verdict": self.verdict.words(),
            "others": self.others.iter().map(|(name, ratio)| ((*name).to_owned(), json!(rounded(*ratio)))).collect::<serde_json::Map<_, _>>(),
            "notes": self.notes,
            "errors": self.errors,
            "rounds": self.raw,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(values: &[(&'static str, &[f64])]) -> Rounds {
        let mut rounds = Rounds::new(values.iter().map(|(name, _)| *name));
        for round in 0..values[0].1.len() {
            rounds.begin();
            for (name, values) in values {
                rounds.put(name, values[round], json!(values[round]));
            }
        }
        rounds
    }

    const GOAL: Option<Goal> = Some(Goal::at_most(0.95, 0.8));

    #[test]
    fn the_better_nginx_is_the_measure() {
        let rounds = rounds(&[
            ("aikore", &[9.0, 18.0, 9.0]),
            ("nginx", &[20.0, 40.0, 20.0]),
            ("nginx-big", &[10.0, 20.0, 10.0]),
            ("haproxy", &[5.0, 10.0, 5.0]),
        ]);
        let row = Row::ratio("x", "X", "us", GOAL, &rounds);
        assert_eq!(row.best, Some(("nginx-big", 10.0)));
        assert_eq!(row.judged, Some(Spread { median: 0.9, min: 0.9, max: 0.9 }));
        assert_eq!(row.verdict, Verdict::Hard);
        assert_eq!(row.others, [("nginx", 2.0), ("haproxy", 0.5)]);
    }

    #[test]
    fn who_fails_is_out_of_the_scenario() {
        let mut failed = rounds(&[("aikore", &[9.0]), ("nginx", &[10.0]), ("nginx-big", &[1.0])]);
        failed.fail("nginx-big", &Failure::new("status 502"));
        let row = Row::ratio("x", "X", "us", GOAL, &failed);
        assert_eq!((row.best, row.errors.len()), (Some(("nginx", 10.0)), 1));
        failed.fail("aikore", &Failure::new("status 500"));
        let row = Row::ratio("x", "X", "us", GOAL, &failed);
        assert_eq!((row.verdict, row.errors.len()), (Verdict::Failed, 2));
    }

    #[test]
    fn absolute_goals_do_not_look_at_nginx() {
        let row = Row::absolute(
            "x",
            "X",
            "KB",
            Some(Goal::at_most(3.0, 2.0)),
            &rounds(&[("aikore", &[2.5]), ("nginx", &[1.0])]),
        );
        assert_eq!((row.verdict, row.ratio.unwrap().median), (Verdict::Hard, 2.5));
    }
}
