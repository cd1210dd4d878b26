//! What a request to the panel takes: read off its method and path, before anything is routed.

use http::Method;

use crate::domain::InstanceId;

/// What a caller must be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: the doors of the login itself, and what their pages are made of.
    Nothing,
    /// To be known at all.
    BeKnown,
    /// To ask the panel.
    Read,
    /// To ask about some instance, whichever: what is told goes by who asks.
    AskSome,
    /// To ask about one instance.
    Ask(InstanceId),
    /// To start and stop one instance.
    Control(InstanceId),
    /// Everything.
    Manage,
}

/// What may be asked of one instance, and done with it, by who may do nothing else.
const ASKED: [&str; 6] = ["", "logs", "logs/runs", "size", "versions", "environment"];
/// What of an instance only those get to see who may do everything: files may hold secrets, and so may what people call their
/// terminals and run in them.
const PRIVATE: [&str; 4] = ["terminal", "terminals", "file", "files"];
const CONTROLLED: [&str; 3] = ["start", "stop", "restart"];

impl Need {
    /// What this call takes. `changes`: it is no mere question (another method than GET, HEAD and OPTIONS, or a
    /// websocket). `path` is without the prefix of an outer proxy. What nobody thought of takes everything, or at least
    /// the right to ask.
    pub fn of(method: &Method, changes: bool, path: &str) -> Self {
        match path {
            "/login" | "/setup" if !changes => return Self::Nothing,
            "/api/auth/login" | "/api/auth/setup" if *method == Method::POST => return Self::Nothing,
            "/api/auth/session" if !changes => return Self::BeKnown,
            "/api/instances" | "/api/instances/" if !changes => return Self::AskSome,
            "/api/auth/logout" if *method == Method::POST => return Self::BeKnown,
            "/favicon.ico" if !changes => return Self::Nothing,
            "/api/audit" | "/api/system/config" | "/api/system/log" | "/api/system/log/follow" => return Self::Manage,
            // Their addresses may be secrets.
            _ if path.starts_with("/api/notices/targets") => return Self::Manage,
            // Which models there are helps whoever may ask; what is in them is gigabytes, and may be licensed.
            _ if path.starts_with("/api/models/files/") => return Self::Manage,
            _ => {}
        }
        if let Some(file) = path.strip_prefix("/.aikore/assets/") {
            return if changes || !is_open_asset(file) { Self::Read } else { Self::Nothing };
        }
        // The texts of blueprints, as those of instances below: people write keys and passwords into their scripts.
        let backups = path == "/api/backups" || path.starts_with("/api/backups/");
        if backups || path.starts_with("/api/auth/") || path.starts_with("/api/system/blueprints/") {
            return Self::Manage;
        }
        if let Some((id, rest)) = path.strip_prefix("/api/instances/").and_then(of_instance) {
            if PRIVATE.contains(&rest.split('/').next().unwrap_or_default()) {
                return Self::Manage;
            }
            // The one websocket that changes nothing: it is asked as a log is.
            let follows = *method == Method::GET && rest == "logs/follow";
            if follows || (!changes && ASKED.contains(&rest)) {
                return Self::Ask(id);
            }
            // Picks what is to be downloaded: no change, though it has a body.
            if *method == Method::POST && rest == "outputs/archive" {
                return Self::Read;
            }
            if *method == Method::POST && CONTROLLED.contains(&rest) {
                return Self::Control(id);
            }
        }
        if changes { Self::Manage } else { Self::Read }
    }
}

/// `7/logs` as 7 and `logs`.
fn of_instance(path: &str) -> Option<(InstanceId, &str)> {
    let (id, rest) = path.split_once('/').unwrap_or((path, ""));
    Some((id.parse().ok()?, rest))
}

/// What the pages need that are shown before a login, and in the place of an instance that is not ready. A hash of the
/// content may stand in front.
fn is_open_asset(file: &str) -> bool {
    const OPEN: [&str; 6] = ["css/page.css", "img/icon.svg", "js/theme.js", "recover.js", "page-helper.js", "pages/"];
    let versioned = file.split_once('/').map_or("", |(_, rest)| rest);
    OPEN.iter().any(|open| {
        let is = |file: &str| if open.ends_with('/') { file.starts_with(open) } else { file == *open };
        is(file) || is(versioned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs() {
        for (method, path, need) in [
            (Method::GET, "/", Need::Read),
            (Method::GET, "/login", Need::Nothing),
            (Method::POST, "/login", Need::Manage),
            (Method::GET, "/setup", Need::Nothing),
            (Method::POST, "/api/auth/login", Need::Nothing),
            (Method::POST, "/api/auth/setup", Need::Nothing),
            (Method::DELETE, "/api/auth/login", Need::Manage),
            (Method::GET, "/api/auth/tokens", Need::Manage),
            (Method::POST, "/api/auth/tokens", Need::Manage),
            (Method::GET, "/api/auth/session", Need::BeKnown),
            (Method::POST, "/api/auth/logout", Need::BeKnown),
            (Method::GET, "/api/audit", Need::Manage),
            (Method::GET, "/api/backups", Need::Manage),
            (Method::POST, "/api/backups", Need::Manage),
            (Method::GET, "/api/backups/aikore-20260921-141320-manual.tar.gz/download", Need::Manage),
            (Method::GET, "/api/events", Need::Read),
            (Method::GET, "/api/instances", Need::AskSome),
            (Method::GET, "/api/instances/", Need::AskSome),
            (Method::POST, "/api/instances/", Need::Manage),
            (Method::GET, "/api/instances/7", Need::Ask(7)),
            (Method::PUT, "/api/instances/7", Need::Manage),
            (Method::DELETE, "/api/instances/7", Need::Manage),
            (Method::GET, "/api/instances/7/logs", Need::Ask(7)),
            (Method::GET, "/api/instances/7/logs/follow", Need::Ask(7)),
            (Method::POST, "/api/instances/7/logs/follow", Need::Manage),
            (Method::GET, "/api/instances/7/environment", Need::Ask(7)),
            (Method::POST, "/api/instances/7/environment/prune", Need::Manage),
            (Method::POST, "/api/instances/7/update", Need::Manage),
            (Method::POST, "/api/instances/7/rollback", Need::Manage),
            (Method::GET, "/api/notices", Need::Read),
            (Method::POST, "/api/notices/read", Need::Manage),
            (Method::GET, "/api/notices/targets", Need::Manage),
            (Method::POST, "/api/notices/targets/1/test", Need::Manage),
            (Method::GET, "/api/system/log", Need::Manage),
            (Method::GET, "/api/system/log/follow", Need::Manage),
            (Method::GET, "/api/instances/7/file", Need::Manage),
            (Method::HEAD, "/api/instances/7/file", Need::Manage),
            (Method::GET, "/api/instances/7/file/history/3", Need::Manage),
            (Method::PUT, "/api/instances/7/file", Need::Manage),
            (Method::POST, "/api/instances/7/file/check", Need::Manage),
            (Method::GET, "/api/system/blueprints", Need::Read),
            (Method::GET, "/api/system/blueprints/custom", Need::Manage),
            (Method::GET, "/api/system/blueprints/hello.sh", Need::Manage),
            (Method::POST, "/api/system/blueprints/custom", Need::Manage),
            (Method::GET, "/api/instances/7/files", Need::Manage),
            (Method::GET, "/api/instances/7/files/content", Need::Manage),
            (Method::OPTIONS, "/api/instances/7/files/uploads", Need::Manage),
            (Method::POST, "/api/instances/7/files/discard", Need::Manage),
            (Method::GET, "/api/instances/7/outputs", Need::Read),
            (Method::GET, "/api/instances/7/outputs/content", Need::Read),
            (Method::POST, "/api/instances/7/outputs/archive", Need::Read),
            (Method::PUT, "/api/instances/7/outputs/archive", Need::Manage),
            (Method::POST, "/api/instances/7/outputs/discard", Need::Manage),
            (Method::POST, "/api/discarded/0a/restore", Need::Manage),
            (Method::GET, "/api/models/files", Need::Read),
            (Method::GET, "/api/models/files/content", Need::Manage),
            (Method::POST, "/api/models/files/discard", Need::Manage),
            (Method::GET, "/api/instances/7/filesystem", Need::Read),
            (Method::GET, "/api/instances/7/versions", Need::Ask(7)),
            (Method::POST, "/api/instances/7/version-check", Need::Manage),
            (Method::GET, "/api/instances/7/wheels", Need::Read),
            (Method::POST, "/api/instances/7/wheels", Need::Manage),
            (Method::GET, "/api/builder/wheels", Need::Read),
            (Method::GET, "/api/builder/wheels/x.whl/download", Need::Read),
            (Method::PUT, "/api/builder/wheels/x.whl", Need::Manage),
            (Method::DELETE, "/api/builder/wheels/x.whl", Need::Manage),
            (Method::POST, "/api/instances/7/start", Need::Control(7)),
            (Method::POST, "/api/instances/7/copy", Need::Manage),
            (Method::PUT, "/api/instances/7/start", Need::Manage),
            (Method::GET, "/api/instances/7/terminals", Need::Manage),
            (Method::POST, "/api/instances/7/terminals", Need::Manage),
            (Method::DELETE, "/api/instances/7/terminals/a1", Need::Manage),
            (Method::GET, "/.aikore/assets/js/main.js", Need::Read),
            (Method::GET, "/.aikore/assets/0a1b/js/main.js", Need::Read),
            (Method::GET, "/.aikore/assets/css/page.css", Need::Nothing),
            (Method::GET, "/.aikore/assets/0a1b/css/page.css", Need::Nothing),
            (Method::GET, "/.aikore/assets/x/y/css/page.css", Need::Read),
            (Method::GET, "/.aikore/assets/pages/login.js", Need::Nothing),
            (Method::PATCH, "/whatever", Need::Manage),
        ] {
            let changes = !matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
            assert_eq!(Need::of(&method, changes, path), need, "{method} {path}");
        }
        assert_eq!(Need::of(&Method::GET, true, "/api/instances/7/terminal"), Need::Manage, "a websocket");
        assert_eq!(Need::of(&Method::GET, true, "/api/instances/7/logs"), Need::Manage);
        for (path, need) in [
            ("/api/instances/7/logs/follow", Need::Ask(7)),
            ("/api/instances/7/logs/follow/", Need::Manage),
            ("/api/instances/x/logs/follow", Need::Manage),
            ("/api/system/log/follow", Need::Manage),
        ] {
            assert_eq!(Need::of(&Method::GET, true, path), need, "a websocket at {path}");
        }
    }
}
