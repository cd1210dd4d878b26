//! The app whose listener comes, goes and moves on demand: `children/port.py`.

use super::Server;

/// Its script, as a blueprint's body.
pub(crate) fn script() -> String {
    format!("exec python3 -B - <<'PORT'\n{}\nPORT", include_str!("../children/port.py"))
}

impl Server {
    /// Puts a file into an instance's folder, whole.
    pub(crate) fn put(&self, name: &str, file: &str, content: &str) {
        let folder = self.config().join("instances").join(name);
        std::fs::write(folder.join(".new"), content).unwrap();
        std::fs::rename(folder.join(".new"), folder.join(file)).unwrap();
    }

    /// The lines of a file in an instance's folder.
    pub(crate) fn lines(&self, name: &str, file: &str) -> Vec<String> {
        let path = self.config().join("instances").join(name).join(file);
        std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}
