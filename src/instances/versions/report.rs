//! What a check has found, and how a person would tell it.

use std::fmt::Write;

use serde::Serialize;

use super::conflicts::{Conflict, Verdict};
use crate::domain::Timestamp;
use crate::monitor::{Driver, Stats};
use crate::runtime::python::PythonEnvironment;

/// The packages that decide whether an app runs: told first, in this order.
const KEY: [&str; 26] = [
    "torch",
    "torchvision",
    "torchaudio",
    "triton",
    "xformers",
    "flash-attn",
    "sageattention",
    "bitsandbytes",
    "numpy",
    "transformers",
    "diffusers",
    "accelerate",
    "safetensors",
    "huggingface-hub",
    "tokenizers",
    "onnxruntime",
    "onnxruntime-gpu",
    "tensorflow",
    "jax",
    "opencv-python",
    "pillow",
    "gradio",
    "fastapi",
    "pydantic",
    "setuptools",
    "pip",
];

/// A package of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether it is one of those that decide whether an app runs.
    pub key: bool,
}

/// A GPU of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = CheckedGpu)]
pub struct Gpu {
    /// Its number, in PCI bus order.
    pub id: u32,
    /// The product's name.
    pub name: String,
    /// Bytes of its memory.
    pub vram_total: u64,
}

/// What the machine gives the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Machine {
    /// The NVIDIA driver.
    pub driver: Option<Driver>,
    /// Its GPUs.
    pub gpus: Vec<Gpu>,
    /// What there is to say of those that are not there.
    pub gpu_note: Option<String>,
}

impl Machine {
    pub(super) fn of(stats: &Stats) -> Self {
        let gpu = |gpu: &crate::monitor::Gpu| Gpu { id: gpu.id, name: gpu.name.clone(), vram_total: gpu.vram.total };
        Self {
            driver: stats.driver.clone(),
            gpus: stats.gpus.iter().map(gpu).collect(),
            gpu_note: stats.gpu_note.clone(),
        }
    }
}

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Checked {
    /// When.
    pub checked_at: Timestamp,
    /// Whose environment it is.
    pub instance: String,
    /// The environment; `None`: there is none yet.
    pub environment: Option<PythonEnvironment>,
    /// The version of its Python.
    pub python: Option<String>,
    /// The version of torch, its build included.
    pub torch: Option<String>,
    /// The CUDA torch was built with.
    pub cuda: Option<String>,
    /// The ROCm torch was built with.
    pub rocm: Option<String>,
    /// The CUDA of the compiler that the environment finds.
    pub nvcc: Option<String>,
    /// The machine around it.
    #[serde(flatten)]
    pub machine: Machine,
    /// Every package, those that matter most first.
    pub packages: Vec<Package>,
    /// What does not go together.
    pub conflicts: Vec<Conflict>,
    /// Who said so: `pip check`, `uv pip check`, `metadata`; `None`: nobody could.
    pub conflicts_by: Option<&'static str>,
    /// What else there is to say.
    pub note: Option<String>,
    /// All of it as a person would tell it.
    pub text: String,
}

/// What a check has found, before it is told.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) at: Timestamp,
    pub(super) environment: Option<PythonEnvironment>,
    pub(super) told: Told,
    pub(super) nvcc: Option<String>,
    pub(super) machine: Machine,
    pub(super) verdict: Option<Verdict>,
    pub(super) note: Option<String>,
}

/// What the environment's own Python says.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    pub(super) python: Option<String>,
    #[serde(default)]
    pub(super) packages: std::collections::BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub(super) torch: Option<Torch>,
    #[serde(default)]
    pub(super) pip: bool,
    #[serde(default)]
    pub(super) packaging: bool,
}

/// What torch's files say.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Torch {
    version: Option<String>,
    cuda: Option<String>,
    hip: Option<String>,
}

/// As packages compare names: `Flash_Attn` is `flash-attn`.
fn normal(name: &str) -> String {
    let mut normal = String::new();
    for c in name.chars() {
        let c = if matches!(c, '.' | '_' | '-') { '-' } else { c.to_ascii_lowercase() };
        if c != '-' || !normal.ends_with('-') {
            normal.push(c);
        }
    }
    normal
}

impl Checked {
    pub(super) fn new(found: Found) -> Self {
        let rank = |name: &str| KEY.iter().position(|key| *key == normal(name));
        let mut packages: Vec<(Option<usize>, Package)> = found
            .told
            .packages
            .into_iter()
            .map(|(name, version)| {
                let rank = rank(&name);
                (rank, Package { key: rank.is_some(), version: version.unwrap_or_else(|| "unknown".to_owned()), name })
            })
            .collect();
        packages.sort_by_key(|(rank, package)| (rank.unwrap_or(usize::MAX), normal(&package.name)));
        let packages: Vec<Package> = packages.into_iter().map(|(_, package)| package).collect();
        let torch = found.told.torch.unwrap_or_default();
        let listed = packages.iter().find(|package| normal(&package.name) == "torch").map(|one| one.version.clone());
        let verdict = found.verdict.unwrap_or_default();
        let mut checked = Self {
            checked_at: found.at,
            instance: found.name,
            python: found.told.python.or_else(|| found.environment.as_ref().and_then(|env| env.version.clone())),
            environment: found.environment,
            torch: torch.version.or(listed),
            cuda: torch.cuda,
            rocm: torch.hip,
            nvcc: found.nvcc,
            machine: found.machine,
            packages,
            conflicts: verdict.conflicts,
            conflicts_by: verdict.by,
            note: found.note,
            text: String::new(),
        };
        checked.text = format!("{}\n\n{}", checked.versions_text(), checked.conflicts_text());
        checked
    }

    /// In one sentence, for the list of jobs.
    pub(super) fn summary(&self) -> String {
        if self.environment.is_none() {
            return self.note.clone().unwrap_or_default();
        }
        let conflicts = match (self.conflicts.len(), self.conflicts_by) {
            (_, None) => "conflicts could not be checked",
            (0, _) => "no conflicts",
            (1, _) => "1 conflict",
            (count, _) => return format!("{} packages, {count} conflicts.", self.packages.len()),
        };
        format!("{} packages, {conflicts}.", self.packages.len())
    }

    /// Everything but the conflicts, as it stands in a report.
    pub fn versions_text(&self) -> String {
        let mut lines =
            vec![format!("Versions of {} (AiKore {}, {})", self.instance, env!("CARGO_PKG_VERSION"), self.checked_at)];
        match &self.environment {
            Some(environment) => lines.push(format!("Environment: {}", environment.path.display())),
            None => lines.push("Environment: none".to_owned()),
        }
        lines.extend(self.note.clone());
        let mut fact = |what: &str, value: Option<&String>| lines.extend(value.map(|value| format!("{what}: {value}")));
        fact("Python", self.python.as_ref());
        fact("torch", self.torch.as_ref());
        fact("CUDA of torch", self.cuda.as_ref());
        fact("ROCm of torch", self.rocm.as_ref());
        fact("nvcc", self.nvcc.as_ref());
        if let Some(driver) = &self.machine.driver {
            let cuda = driver.cuda.as_ref().map(|cuda| format!(" (up to CUDA {cuda})")).unwrap_or_default();
            lines.push(format!("NVIDIA driver: {}{cuda}", driver.version));
        }
        for gpu in &self.machine.gpus {
            lines.push(format!("GPU {}: {} ({} MiB)", gpu.id, gpu.name, gpu.vram_total >> 20));
        }
        if self.machine.gpus.is_empty() {
            lines.push(format!("GPUs: {}", self.machine.gpu_note.as_deref().unwrap_or("none")));
        }
        let mut text = lines.join("\n");
        if !self.packages.is_empty() {
            let widest = self.packages.iter().map(|package| package.name.chars().count()).max().unwrap_or(0);
            let _ = write!(text, "\n\nPackages ({}):", self.packages.len());
            for Package { name, version, .. } in &self.packages {
                let _ = write!(text, "\n  {name:widest$}  {version}");
            }
        }
        text
    }

    /// The conflicts, in the words of the earlier system where it had some.
    pub fn conflicts_text(&self) -> String {
        match self.conflicts_by {
            None => "No conflict check output.".to_owned(),
            Some(_) if self.conflicts.is_empty() => "No dependency conflicts found.".to_owned(),
            Some(by) => {
                let lines: Vec<&str> = self.conflicts.iter().map(|conflict| conflict.text.as_str()).collect();
                format!("Conflicts ({by}):\n{}", lines.join("\n"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::python::PythonKind;

    fn found(told: &str) -> Found {
        Found {
            name: "Studio".to_owned(),
            at: Timestamp::from_millis(0),
            environment: Some(PythonEnvironment {
                kind: PythonKind::Venv,
                path: "/c/instances/Studio/env".into(),
                version: Some("3.12".to_owned()),
            }),
            told: serde_json::from_str(told).unwrap(),
            nvcc: None,
            machine: Machine::default(),
            verdict: None,
            note: None,
        }
    }

    #[test]
    fn what_matters_comes_first() {
        let checked = Checked::new(found(
            r#"{"python":"3.12.4","packages":{"zlib-x":"1","Flash_Attn":"2.7","NumPy":"2.1","aa":null,"torch":"2.7.0"},
                "torch":{"version":"2.7.0+cu128","cuda":"12.8","hip":null}}"#,
        ));
        let names: Vec<_> = checked.packages.iter().map(|one| (one.name.as_str(), one.key)).collect();
        assert_eq!(names, [("torch", true), ("Flash_Attn", true), ("NumPy", true), ("aa", false), ("zlib-x", false)]);
        assert_eq!((checked.torch.as_deref(), checked.cuda.as_deref()), (Some("2.7.0+cu128"), Some("12.8")));
        assert_eq!(checked.python.as_deref(), Some("3.12.4"));
        for line in [
            "Versions of Studio",
            "\nEnvironment: /c/instances/Studio/env\n",
            "\nPython: 3.12.4\n",
            "\ntorch: 2.7.0+cu128\n",
            "\n  Flash_Attn  2.7\n",
            "\n  aa          unknown\n",
            "\n\nNo conflict check output.",
        ] {
            assert!(checked.text.contains(line), "{line:?} in {}", checked.text);
        }
    }

    #[test]
    fn conflicts_are_told() {
        let mut clean = found("{}");
        clean.verdict = Some(Verdict { by: Some("pip check"), conflicts: Vec::new() });
        let clean = Checked::new(clean);
        assert_eq!(clean.conflicts_text(), "No dependency conflicts found.");
        assert_eq!(clean.summary(), "0 packages, no conflicts.");
        assert_eq!(clean.python.as_deref(), Some("3.12"), "its files know it too");
        let mut bad = found("{}");
        bad.verdict = Verdict::of_pip("a 1 requires b, which is not installed.\n", Some(1));
        let bad = Checked::new(bad);
        assert_eq!(bad.conflicts_text(), "Conflicts (pip check):\na 1 requires b, which is not installed.");
        assert_eq!(bad.summary(), "0 packages, 1 conflict.");
    }
}
