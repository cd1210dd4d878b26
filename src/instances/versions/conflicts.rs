//! What those who look for conflicts say, line by line, and what can be done about each. Pure.

use serde::Serialize;

/// Two things that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Conflict {
    /// In the words of whoever found it.
    pub text: String,
    /// What can be done.
    pub remedy: Option<String>,
}

/// What somebody said about all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) by: Option<&'static str>,
    pub(super) conflicts: Vec<Conflict>,
}

impl Verdict {
    /// `pip check`: 0 and a sentence when all is well, 1 and a line for each conflict when not.
    pub(super) fn of_pip(output: &str, code: Option<i32>) -> Option<Self> {
        let lines = output.lines().map(str::trim).filter(|line| !line.is_empty());
        let conflicts: Vec<_> =
            lines.filter(|line| *line != "No broken requirements found.").map(Conflict::new).collect();
        Self::settled("pip check", code, conflicts)
    }

    /// `uv pip check`: the same by its code; its lines are among others.
    pub(super) fn of_uv(errors: &str, code: Option<i32>) -> Option<Self> {
        let lines = errors.lines().map(str::trim).filter(|line| line.starts_with("The package "));
        Self::settled("uv pip check", code, lines.map(Conflict::new).collect())
    }

    /// Found by ourselves.
    pub(super) fn of_metadata(lines: &[String]) -> Self {
        Self { by: Some("metadata"), conflicts: lines.iter().map(|line| Conflict::new(line)).collect() }
    }

    /// No verdict: it failed, or says something that is not understood.
    fn settled(by: &'static str, code: Option<i32>, conflicts: Vec<Conflict>) -> Option<Self> {
        let well = code == Some(0);
        (well == conflicts.is_empty() && matches!(code, Some(0 | 1))).then_some(Self { by: Some(by), conflicts })
    }
}

impl Conflict {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), remedy: remedy(text) }
    }
}

/// For the sentences of pip and of uv.
fn remedy(text: &str) -> Option<String> {
    let install =
        |what: &str| format!("In the instance's terminal: pip install \"{}\".", what.trim().trim_matches('`'));
    if let Some((_, rest)) = text.split_once(" requires ") {
        let (wanted, state) = rest.split_once(", ")?;
        let install = install(wanted);
        return Some(if state.contains("not installed") {
            format!("{install} If nothing of the app needs it, it can be left as it is.")
        } else {
            clash(&install)
        });
    }
    if let Some((_, rest)) = text.split_once(" has requirement ") {
        // The requirement itself may hold commas.
        let (wanted, _) = rest.split_once(", but you have ")?;
        return Some(clash(&install(wanted)));
    }
    text.contains("is not supported on this platform").then(|| {
        "It was built for another Python or another system. Install it anew, or rebuild the environment.".to_owned()
    })
}

fn clash(install: &str) -> String {
    format!("{install} Other packages may need the version that is there: check again afterwards.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pip_says() {
        let clean = Verdict::of_pip("No broken requirements found.\n", Some(0)).unwrap();
        assert_eq!((clean.by, clean.conflicts.len()), (Some("pip check"), 0));
        let text = "demo 1.0 requires missing, which is not installed.\n\
                    demo 1.0 has requirement numpy<2,>=1.2; python_version > \"3\", but you have numpy 2.1.0.\n\
                    odd 1 is not supported on this platform\n";
        let Verdict { conflicts, .. } = Verdict::of_pip(text, Some(1)).unwrap();
        let remedies: Vec<_> = conflicts.iter().map(|one| one.remedy.as_deref().unwrap()).collect();
        assert!(remedies[0].contains("pip install \"missing\""), "{remedies:?}");
        assert!(remedies[1].contains("pip install \"numpy<2,>=1.2;"), "{remedies:?}");
        assert!(remedies[2].contains("rebuild"), "{remedies:?}");
        assert_eq!(Verdict::of_pip("", Some(1)), None, "pip itself is broken");
        assert_eq!(Verdict::of_pip("Traceback", Some(2)), None);
        assert_eq!(Verdict::of_pip("", None), None);
        assert_eq!(Verdict::of_pip("something new", Some(1)).unwrap().conflicts[0].remedy, None);
    }

    #[test]
    fn what_uv_says() {
        let text = "Using Python 3.11.7 environment at: env\nChecked 4 packages in 1ms\nFound 2 incompatibilities\n\
                    The package `demo` requires `missing`, but it's not installed\n\
                    The package `demo` requires `numpy>=1.2,<2`, but `2.1.0` is installed\n";
        let Verdict { by, conflicts } = Verdict::of_uv(text, Some(1)).unwrap();
        assert_eq!((by, conflicts.len()), (Some("uv pip check"), 2));
        assert!(conflicts[0].remedy.as_ref().unwrap().contains("pip install \"missing\""), "{conflicts:?}");
        assert!(conflicts[1].remedy.as_ref().unwrap().contains("pip install \"numpy>=1.2,<2\""), "{conflicts:?}");
        assert_eq!(Verdict::of_uv("All installed packages are compatible", Some(0)).unwrap().conflicts, []);
        assert_eq!(Verdict::of_uv("error: no such thing", Some(2)), None);
    }
}
