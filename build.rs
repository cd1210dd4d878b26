//! Checks that the dashboard's bundle is there before it is embedded.
#![allow(missing_docs)]

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=assets/dist");
    println!("cargo:rerun-if-changed=blueprints");
    println!("cargo:rerun-if-changed=src/store/migrations");
    if Path::new("assets/dist/bundle").is_file() {
        return ExitCode::SUCCESS;
    }
    println!("cargo::error=the dashboard is not bundled yet (assets/dist is missing): run \"make build\"");
    ExitCode::FAILURE
}
