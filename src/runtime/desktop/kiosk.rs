//! The browser that shows a web UI on its desktop: the whole screen, nothing else, with a profile per instance.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::program;

/// A browser that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    kind: Kind,
    program: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Firefox,
    Chromium,
}

/// In the order in which they are taken.
const KNOWN: [(&str, Kind); 5] = [
    ("firefox-esr", Kind::Firefox),
    ("firefox", Kind::Firefox),
    ("chromium", Kind::Chromium),
    ("chromium-browser", Kind::Chromium),
    ("google-chrome", Kind::Chromium),
];

/// What Firefox is told by `user.js`: no pages of its own, no questions, and nothing restored that the address does not say.
const FIREFOX: &str = r#"user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.sessionstore.resume_from_crash", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.tabs.warnOnClose", false);
user_pref("browser.translations.automaticallyPopup", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.disable_open_during_load", false);
user_pref("signon.rememberSignons", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
user_pref("trailhead.firstrun.didSeeAboutWelcome", true);
"#;

impl Browser {
    /// The first that is there.
    pub(super) fn find() -> Option<Self> {
        KNOWN.iter().find_map(|(name, kind)| Some(Self { kind: *kind, program: program(name)? }))
    }

    /// What its program is called.
    pub fn name(&self) -> String {
        self.program.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The command that shows a page on the whole screen. Its profile is made if it is not there.
    pub(super) fn command(&self, url: &str, profile: &Path) -> io::Result<Command> {
        fs::create_dir_all(profile)?;
        self.forget_the_dead(profile);
        let mut command = Command::new(&self.program);
        match self.kind {
            Kind::Firefox => {
                fs::write(profile.join("user.js"), FIREFOX)?;
                command.arg("--no-remote").arg("--profile").arg(profile).args(["--kiosk", url]);
            }
            Kind::Chromium => {
                let mut folder = std::ffi::OsString::from("--user-data-dir=");
                folder.push(profile);
                command.arg(folder);
                command.args(["--kiosk", "--no-first-run", "--no-default-browser-check", "--password-store=basic"]);
                command.args(["--disable-session-crashed-bubble", "--hide-crash-restore-bubble", "--noerrdialogs"]);
                command.args(["--disable-features=Translate", "--disable-background-networking"]);
                if !can_wall_off() {
                    // Its own sandbox can't be had as root or without user namespaces: it would not start.
                    command.arg("--no-sandbox").arg("--test-type");
                }
                // As an app of its own it can also be narrower than a window with a menu.
                command.arg(format!("--app={url}"));
            }
        }
        Ok(command)
    }

    /// Both keep a mark of the process that has the profile; one that was killed, maybe with its container, leaves it behind.
    fn forget_the_dead(&self, profile: &Path) {
        let marks: &[&str] = match self.kind {
            Kind::Firefox => &["lock", ".parentlock"],
            Kind::Chromium => &["SingletonLock", "SingletonSocket", "SingletonCookie"],
        };
        for mark in marks {
            let _ = fs::remove_file(profile.join(mark));
        }
    }
}

/// Whether Chromium's sandbox can be had: not as root, and not where user namespaces are forbidden (many containers).
fn can_wall_off() -> bool {
    let asked = Command::new("unshare").args(["--user", "true"]).stderr(Stdio::null()).status();
    !nix::unistd::geteuid().is_root() && asked.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: Kind, profile: &Path) -> String {
        let browser = Browser { kind, program: "/usr/bin/b".into() };
        let command = browser.command("http://127.0.0.1:1/", profile).unwrap();
        let all: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
        all.join(" ")
    }

    #[test]
    fn each_has_a_profile_of_its_own_and_the_whole_screen() {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("deep/profile");
        let firefox = said(Kind::Firefox, &profile);
        assert!(
            firefox.ends_with("--kiosk http://127.0.0.1:1/") && firefox.contains(profile.to_str().unwrap()),
            "{firefox}"
        );
        assert!(profile.join("user.js").exists());
        let chromium = said(Kind::Chromium, &profile);
        assert!(chromium.contains("--kiosk") && chromium.ends_with("--app=http://127.0.0.1:1/"), "{chromium}");
        assert!(chromium.contains(&format!("--user-data-dir={}", profile.display())), "{chromium}");
    }

    #[test]
    fn the_mark_of_a_dead_browser_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("elsewhere-123", folder.path().join("SingletonLock")).unwrap();
        said(Kind::Chromium, folder.path());
        assert!(folder.path().join("SingletonLock").symlink_metadata().is_err());
    }
}
