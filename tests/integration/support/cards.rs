//! A machine with GPUs that a test can take away: NVIDIA's library as `children/nvml.c` plays it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Server, Start};

pub(crate) const ONE: &str = "GPU-one 25769803776 6442450944 37 61 180500";
pub(crate) const TWO: &str = "GPU-two 25769803776 0 0 30 20000";

/// A server on such a machine.
pub(crate) struct Cards {
    pub(crate) server: Server,
    pub(crate) state: PathBuf,
}

impl Cards {
    /// A line for each card, as `nvml.c` reads them.
    pub(crate) fn new(cards: &str) -> Self {
        let start = Start::new();
        let folder = start.folder().to_owned();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/children/nvml.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .arg(folder.join("libnvidia-ml.so.1"))
            .arg(source)
            .status();
        assert!(built.unwrap().success());
        let state = folder.join("cards");
        std::fs::write(&state, cards).unwrap();
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let server = start.env("LD_LIBRARY_PATH", &path(&folder)).env("TEST_NVML_STATE", &path(&state)).serve();
        Self { server, state }
    }

    pub(crate) fn turn_into(&self, cards: &str) {
        let draft = self.state.with_extension("new");
        std::fs::write(&draft, cards).unwrap();
        std::fs::rename(draft, &self.state).unwrap();
    }
}
