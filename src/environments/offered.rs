//! Which versions of Python, CUDA and torch a person may choose: what uv and the package index say, and what is known without
//! them. What is known without them is told as such.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the index is asked with; run by the machine's own Python, since that knows its proxies and certificates.
pub const ASK: &str = include_str!("offered.py");

/// So many versions of CUDA are asked for.
pub const CUDAS: usize = 8;

/// What is known without anybody: builds for CUDA, with the versions of torch published for each. As of November 2026.
const KNOWN: [(&str, &[&str]); 6] = [
    ("cu130", &["2.11.0", "2.10.0", "2.9.1", "2.9.0"]),
    ("cu129", &["2.9.1", "2.9.0", "2.8.0"]),
    ("cu128", &["2.11.0", "2.10.0", "2.9.1", "2.9.0", "2.8.0", "2.7.1", "2.7.0"]),
    ("cu126", &["2.11.0", "2.10.0", "2.9.1", "2.9.0", "2.8.0", "2.7.1", "2.7.0", "2.6.0"]),
    ("cu124", &["2.6.0", "2.5.1", "2.5.0", "2.4.1", "2.4.0"]),
    ("cu118", &["2.7.1", "2.7.0", "2.6.0", "2.5.1", "2.5.0", "2.4.1", "2.4.0"]),
];

/// Pythons that apps ask for.
const PYTHONS: [&str; 5] = ["3.14", "3.13", "3.12", "3.11", "3.10"];

/// The oldest driver that runs builds of a major version of CUDA, as NVIDIA's table of minor-version compatibility has it.
const DRIVERS: [(u32, [u32; 2]); 3] = [(13, [580, 0]), (12, [525, 60]), (11, [450, 80])];

/// Where a list comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = VersionsSource)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The index was asked.
    Index,
    /// It could not be asked: what is known without it.
    Offline,
}

/// A Python that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Python {
    /// `3.12`.
    pub version: String,
    /// Whether this machine has it; else it is downloaded.
    pub here: bool,
}

/// A CUDA that torch is built for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Cuda {
    /// As the index calls it: `cu128`.
    pub cu: String,
    /// `12.8`.
    pub version: String,
    /// Whether the driver runs it; unknown without one.
    pub fits: Option<bool>,
}

/// Everything that can be chosen, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Offered {
    /// Pythons.
    pub python: Vec<Python>,
    /// Versions of CUDA.
    pub cuda: Vec<Cuda>,
    /// Versions of torch, by the name of the CUDA they are built for.
    pub torch: BTreeMap<String, Vec<String>>,
    /// Where `cuda` and `torch` come from.
    pub source: Source,
    /// The newest CUDA the driver can run.
    pub driver_cuda: Option<String>,
}

impl Offered {
    /// Puts together what was found out. `torch`: what the index said.
    pub fn new(
        python: Vec<Python>,
        torch: Option<BTreeMap<String, Vec<String>>>,
        driver: Option<&str>,
        driver_cuda: Option<String>,
    ) -> Self {
        let source = if torch.is_some() { Source::Index } else { Source::Offline };
        let torch = torch.unwrap_or_else(known);
        let mut cuda: Vec<Cuda> = torch.keys().filter_map(|cu| Cuda::of(cu, driver)).collect();
        cuda.sort_by_key(|one| std::cmp::Reverse(numbers(&one.version)));
        Self { python, cuda, torch, source, driver_cuda }
    }
}

impl Cuda {
    /// `cu128` is 12.8, `cu92` is 9.2.
    fn of(cu: &str, driver: Option<&str>) -> Option<Self> {
        let digits = cu.strip_prefix("cu").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        let (major, minor) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
        let major_number: u32 = major.parse().ok()?;
        let driver = driver.map(numbers);
        let least = DRIVERS.iter().find(|(cuda, _)| *cuda == major_number).map(|(_, least)| least.to_vec());
        // One that nobody knows yet wants a newer driver than all that are known.
        let fits = driver.map(|driver| least.map_or(major_number < 11, |least| driver >= least));
        Some(Self { cu: cu.to_owned(), version: format!("{major}.{minor}"), fits })
    }
}

fn known() -> BTreeMap<String, Vec<String>> {
    let list = |versions: &[&str]| versions.iter().map(|version| (*version).to_owned()).collect();
    KNOWN.iter().map(|(cu, versions)| ((*cu).to_owned(), list(versions))).collect()
}

/// `2.10.1` for comparing: versions are no texts (earlier-defects.md 42).
pub fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

/// The Pythons in uv's list (`uv python list --output-format json`), by their minor versions, those of this machine marked.
pub fn of_uv(said: &str) -> Option<Vec<Python>> {
    #[derive(Deserialize)]
    struct Listed {
        version: String,
        path: Option<String>,
        #[serde(default)]
        implementation: String,
        #[serde(default)]
        variant: String,
    }
    let all: Vec<Listed> = serde_json::from_str(said).ok()?;
    let mut minors: BTreeMap<Vec<u32>, bool> = BTreeMap::new();
    for one in all {
        let is_plain = one.implementation == "cpython" && matches!(one.variant.as_str(), "" | "default");
        // No release: 3.15.0a3.
        let is_release = one.version.split('.').all(|part| part.parse::<u32>().is_ok());
        if let [major, minor, ..] = numbers(&one.version)[..]
            && (major, minor) >= (3, 8)
            && is_plain
            && is_release
        {
            *minors.entry(vec![major, minor]).or_default() |= one.path.is_some();
        }
    }
    let python = |(minor, here): (Vec<u32>, bool)| Python {
        version: minor.iter().map(ToString::to_string).collect::<Vec<_>>().join("."),
        here,
    };
    Some(minors.into_iter().rev().map(python).collect())
}

/// Without uv: what apps ask for, and which of them this machine has.
pub fn without_uv(is_here: impl Fn(&str) -> bool) -> Vec<Python> {
    PYTHONS.iter().map(|version| Python { version: (*version).to_owned(), here: is_here(version) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_sorted_as_versions_and_measured_by_the_driver() {
        let torch = |cu: &str| (cu.to_owned(), vec!["2.9.1".to_owned()]);
        let index = ["cu118", "cu130", "cu92", "cu128", "cu140", "nightly"].map(torch).into();
        let offered = Offered::new(Vec::new(), Some(index), Some("535.104.05"), Some("12.2".to_owned()));
        let told: Vec<_> = offered.cuda.iter().map(|one| (one.version.as_str(), one.fits)).collect();
        let wanted = [("14.0", false), ("13.0", false), ("12.8", true), ("11.8", true), ("9.2", true)];
        assert_eq!(told, wanted.map(|(version, fits)| (version, Some(fits))));
        assert_eq!(offered.source, Source::Index);
        let offline = Offered::new(Vec::new(), None, None, None);
        assert_eq!((offline.source, offline.cuda.len()), (Source::Offline, KNOWN.len()));
        assert!(offline.cuda.iter().all(|cuda| cuda.fits.is_none()));
        for versions in offline.torch.values() {
            assert!(versions.is_sorted_by_key(|version| std::cmp::Reverse(numbers(version))), "{versions:?}");
        }
    }

    #[test]
    fn what_uv_lists() {
        let said = r#"[
            {"version":"3.15.0a3","path":null,"implementation":"cpython","variant":"default"},
            {"version":"3.13.1","path":null,"implementation":"cpython","variant":"default"},
            {"version":"3.13.1","path":"/x","implementation":"cpython","variant":"freethreaded"},
            {"version":"3.9.2","path":"/usr/bin/python3.9","implementation":"cpython"},
            {"version":"3.9.20","path":null,"implementation":"cpython","variant":"default"},
            {"version":"3.10.14","path":null,"implementation":"pypy","variant":"default"}
        ]"#;
        let told: Vec<_> = of_uv(said).unwrap().into_iter().map(|one| (one.version, one.here)).collect();
        assert_eq!(told, [("3.13".to_owned(), false), ("3.9".to_owned(), true)]);
        assert_eq!(of_uv("no list"), None);
        assert!(without_uv(|version| version == "3.12").iter().any(|one| one.here));
    }
}
