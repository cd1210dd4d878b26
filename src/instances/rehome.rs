//! A folder that has got another name: what it holds of its own path is changed, and an environment for which that is not
//! sure is made anew at the next start.

use std::fs;
use std::path::Path;

use crate::environments::{self, Move, NeedsQuotes};
use crate::runtime::folder::{self, MARKER, SCRIPT};

/// What became of it.
#[derive(Debug, Default)]
pub(super) struct Rehomed {
    /// A rebuild was asked for, which was not before.
    marked: bool,
    /// What a person should know: sentences.
    pub(super) words: Vec<String>,
}

/// Changes what the files of `new` hold of its former path `old`. Blocks. What can't be changed is said, and no reason to
/// give the folder its old name back.
pub(super) fn rehome(old: &Path, new: &Path) -> Rehomed {
    let mut rehomed = Rehomed::default();
    let Some(moving) = Move::new(old, new) else { return rehomed };
    for environment in environments::find(new) {
        let path = new.join(&environment.inside);
        let tied = if environment.is_conda {
            Err("a conda environment can't be moved".to_owned())
        } else {
            moving.is_sure(&path).and_then(|()| moving.apply(&path))
        };
        if let Err(why) = tied {
            rehomed.mark(new);
            let inside = environment.inside.display();
            rehomed.words.push(format!("The environment {inside} is made anew at the next start: {why}."));
        }
    }
    let script = new.join(SCRIPT);
    let changed = fs::read(&script).map(|text| moving.script(&text));
    let written = match changed {
        Ok(Ok(Some(text))) => folder::replace(&script, &text, 0o755).map_err(|error| error.to_string()),
        Ok(Err(NeedsQuotes)) => Err("the new name would need quotes".to_owned()),
        // It names no folder, or there is no script yet.
        Ok(Ok(None)) | Err(_) => Ok(()),
    };
    if let Err(why) = written {
        rehomed.words.push(format!("launch.sh still names the old folder ({why}): change that before the next start."));
    }
    rehomed
}

impl Rehomed {
    fn mark(&mut self, home: &Path) {
        let marker = home.join(MARKER);
        if self.marked || marker.exists() {
            return;
        }
        match fs::write(&marker, "") {
            Ok(()) => self.marked = true,
            Err(error) => self.words.push(format!("{} could not be written: {error}.", marker.display())),
        }
    }

    /// Changes the files back, in a folder that has got its old name back.
    pub(super) fn undo(&self, old: &Path, new: &Path) {
        if self.marked {
            let _ = fs::remove_file(old.join(MARKER));
        }
        for words in rehome(new, old).words {
            tracing::error!(folder = %old.display(), "after a change that failed: {words}");
        }
    }
}
