//! curl, for what has to be asked over TLS.

use std::process::{Command, Output};

pub(crate) fn curl(arguments: &[&str]) -> Output {
    Command::new("curl").args(["--silent", "--show-error", "--max-time", "20"]).args(arguments).output().unwrap()
}

/// Status, HTTP version and redirect of an answer that must come.
pub(crate) fn asked(arguments: &[&str]) -> String {
    let with =
        [&["--output", "/dev/null", "--write-out", "%{http_code} %{http_version} %{redirect_url}"], arguments].concat();
    let output = curl(&with);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
