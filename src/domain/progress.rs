//! How far an installation is, as a blueprint tells it.

/// The phase a blueprint is in. The shell function `phase "Installing PyTorch" 3 7` sends it as a terminal title
/// `[3/7] Installing PyTorch` beside the progress sequence OSC 9;4.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Progress {
    /// What is being done.
    pub phase: String,
    /// Which step this is, from 1.
    pub step: Option<u32>,
    /// Of how many.
    pub steps: Option<u32>,
    /// 0–100 over the whole, when known.
    pub percent: Option<u8>,
}

impl Progress {
    /// Reads a terminal title; text without `[n/m]` is a phase of unknown size.
    pub fn from_title(title: &str, percent: Option<u8>) -> Self {
        let numbered = title.strip_prefix('[').and_then(|rest| rest.split_once(']')).and_then(|(numbers, phase)| {
            let (step, steps) = numbers.split_once('/')?;
            Some((step.trim().parse().ok()?, steps.trim().parse().ok()?, phase.trim()))
        });
        match numbered {
            Some((step, steps, phase)) => Self {
                phase: clipped(phase),
                step: Some(step),
                steps: Some(steps),
                percent: percent.map(|p| p.min(100)),
            },
            None => Self { phase: clipped(title), step: None, steps: None, percent: percent.map(|p| p.min(100)) },
        }
    }
}

/// A child may send a title of any length; a row shows one line.
fn clipped(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        let p = Progress::from_title("[3/7] Installing PyTorch", Some(28));
        assert_eq!((p.phase.as_str(), p.step, p.steps, p.percent), ("Installing PyTorch", Some(3), Some(7), Some(28)));
        for odd in ["Working", "[x/y] Working", "[3] Working", "[3/7 Working", ""] {
            let p = Progress::from_title(odd, Some(250));
            assert_eq!((p.phase.as_str(), p.step, p.percent), (odd, None, Some(100)));
        }
    }
}
