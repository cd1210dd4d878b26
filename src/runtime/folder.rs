//! An instance's folder, made ready for a start.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::domain::{Instance, Layout};

use super::environment;

/// The script of an instance.
pub const SCRIPT: &str = "launch.sh";

/// Asks for a new environment: the next start keeps the old one aside, and `clean_env` of the shell library takes the marker.
pub const MARKER: &str = ".rebuild-env";

/// Beside the files of a deleted instance: what it was.
pub const TRASH_RECORD: &str = ".aikore-trash.json";

/// Makes the folders a start needs and writes what belongs into them: `launch.sh` from the blueprint's text if the
/// instance has none yet, and `aikore_vars.env`. `instance` is what starts, `family` whose folder it lives in.
///
/// # Errors
/// The path that could not be written, and why.
pub fn prepare(
    layout: &Layout,
    instance: &Instance,
    family: &Instance,
    pytorch_index: &str,
    blueprint: Option<&str>,
) -> Result<(), FolderError> {
    let home = layout.instance(&family.chosen.name);
    let output_path = family.chosen.output_path.as_ref().or(instance.chosen.output_path.as_ref());
    let folders = [
        home.clone(),
        layout.instance(&instance.chosen.name),
        layout.output(&instance.chosen.name, output_path),
        layout.models(),
        layout.tmp(),
        layout.cache(),
    ];
    for folder in folders {
        fs::create_dir_all(&folder).map_err(|source| FolderError { path: folder.clone(), source })?;
    }
    let script = home.join(SCRIPT);
    if let Some(text) = blueprint {
        replace(&script, text.as_bytes(), 0o755)?;
    }
    mend_lines(&script)?;
    replace(&home.join("aikore_vars.env"), environment::vars_file(family, pytorch_index).as_bytes(), 0o644)
}

/// A script that was saved on Windows: bash takes the end of its lines for a part of every word. Nothing but these ends
/// is changed.
fn mend_lines(script: &Path) -> Result<(), FolderError> {
    // A script that can't be read is bash's to complain of.
    let Ok(text) = fs::read(script) else { return Ok(()) };
    if memchr::memmem::find(&text, b"\r\n").is_none() {
        return Ok(());
    }
    let mut mended = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        mended.extend_from_slice(line.strip_suffix(b"\r\n").unwrap_or(line));
        if line.ends_with(b"\r\n") {
            mended.push(b'\n');
        }
    }
    tracing::info!(path = %script.display(), "its lines ended as on Windows: they end as bash needs it now");
    replace(script, &mended, 0o755)
}

/// Writes a file beside its target and renames it over: a full disk leaves the old one whole (earlier-defects.md 27).
///
/// # Errors
/// The path that could not be written, and why.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), FolderError> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    // A name of its own: a parent and its satellite may start at the same moment, and write the same file.
    let fresh = path.with_extension(format!("aikore-new-{:08x}", fastrand::u32(..)));
    let written = (|| {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&fresh)?;
        file.write_all(content)?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    })();
    written.map_err(|source| {
        let _ = fs::remove_file(&fresh);
        FolderError { path: path.to_owned(), source }
    })
}

/// A file or folder that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}", path = path.display())]
pub struct FolderError {
    /// Which.
    pub path: std::path::PathBuf,
    /// The system's words.
    pub source: io::Error,
}
