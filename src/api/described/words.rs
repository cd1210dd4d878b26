//! The words of the description that belong to no single call.

/// What stands above all calls.
pub(super) const INTRODUCTION: &str = "\
Everything the dashboard does, it does by these calls; a script can do the same.

**Who calls.** Send a token as `Authorization: Bearer …` (Settings → Access tokens, or `POST /api/auth/tokens`), or the \
cookie of a login. Each call says which scope it needs. The socket in the data folder, which only the server's own user can \
open, needs neither.

**Answers** are JSON in UTF-8 unless a call says otherwise. Moments are RFC 3339 in UTC; sizes are bytes, percentages 0–100. \
Members may be added; none is taken away or changes its meaning.

**Errors** are `{\"detail\": \"…\"}`, a sentence a person can act on; `field` names the member of the request to blame. Beside the \
errors a call names, every call can get 400 (the request is no HTTP), 405 (no such method here), 421 (the host name is none of this \
server's: `AIKORE_ALLOWED_HOSTS`) and 431 (the head is too large).

**What changes** comes as it happens by `GET /api/events`; asking again and again is not needed. Long work is a job: the call that \
begins it answers at once and names it in `X-Aikore-Job`.";

/// A part of the API.
pub(super) struct Area {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Where it is; a call belongs to the area that says most of its path.
    pub(super) paths: &'static [&'static str],
}

const fn area(name: &'static str, about: &'static str, paths: &'static [&'static str]) -> Area {
    Area { name, about, paths }
}

/// What there is, in the order it is shown.
pub(super) const AREAS: [Area; 20] = [
    area(
        "Instances",
        "Installed apps: made, changed, started, stopped, copied, deleted.",
        &["/api/instances", "/.aikore/instances"],
    ),
    area("Logs", "What an instance prints: by offset, as a file, and as it is written.", &["/api/instances/{id}/logs"]),
    area(
        "Terminals",
        "Shells in an instance's environment. They outlive the connections of those who look at them.",
        &["/api/instances/{id}/terminal", "/api/instances/{id}/terminals"],
    ),
    area(
        "Scripts",
        "The texts of an instance: its script, its requirements, its arguments, and any other, with their former versions.",
        &["/api/instances/{id}/file"],
    ),
    area(
        "Files",
        "Folders: an instance's own, and the models that all share. Uploads can be gone on with (tus 1.0.0).",
        &["/api/instances/{id}/files", "/api/models/files", "/api/discarded"],
    ),
    area("Outputs", "What an instance has made.", &["/api/instances/{id}/outputs"]),
    area(
        "Environments",
        "The Python environment of an instance: what is in it, a newer one, the one before.",
        &[
            "/api/instances/{id}/environment",
            "/api/instances/{id}/update",
            "/api/instances/{id}/rebuild",
            "/api/instances/{id}/rollback",
            "/api/instances/{id}/version-check",
            "/api/instances/{id}/versions",
        ],
    ),
    area(
        "Desktops",
        "The screens of instances in persistent mode.",
        &["/api/instances/{id}/screen", "/.aikore/instances/{slug}/screen", "/api/system/desktop"],
    ),
    area(
        "Wheels",
        "Python packages built once and shared by instances.",
        &["/api/builder/wheels", "/api/instances/{id}/wheels"],
    ),
    area("Versions", "Which versions of Python, CUDA and torch can be chosen.", &["/api/builder/versions"]),
    area("Blueprints", "The scripts that instances are made from.", &["/api/system/blueprints"]),
    area("Trash", "What was deleted, and can be brought back.", &["/api/trash"]),
    area("Jobs", "Long work: how far it is, and an end to it.", &["/api/jobs"]),
    area("Backups", "Archives of what can't be made again.", &["/api/backups"]),
    area("Notices", "What people were told, and where else it is sent.", &["/api/notices"]),
    area("Events", "Everything that changes, as it changes.", &["/api/events"]),
    area("Audit", "Who changed what.", &["/api/audit"]),
    area("Login", "Sessions of browsers, tokens of programs, the password.", &["/api/auth"]),
    area("System", "The machine, and the server itself.", &["/api/status", "/api/system", "/metrics"]),
    area("This description", "What you are reading.", &["/api/openapi.json"]),
];

/// What stands in a path.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// In paths that hold this.
    pub(super) at: &'static str,
    pub(super) number: bool,
    pub(super) about: &'static str,
    pub(super) example: &'static str,
}

const fn part(name: &'static str, at: &'static str, number: bool, about: &'static str, example: &'static str) -> Part {
    Part { name, at, number, about, example }
}

/// What stands in braces in paths.
pub(super) const PARTS: [Part; 17] = [
    part("id", "/instances/", true, "The instance's id: a number, for ever its own.", "1"),
    part("id", "/sessions/", true, "The session's id.", "1"),
    part("id", "/tokens/", true, "The token's id.", "1"),
    part("id", "/targets/", true, "The target's id.", "1"),
    part("id", "/jobs/", false, "The job's id, as `X-Aikore-Job` names it.", "5f0c6b1a9e"),
    part("slug", "/instances/", false, "The instance's slug: its name as addresses have it.", "comfyui"),
    part("terminal", "/terminals/", false, "The terminal's id.", "4f1a90c2"),
    part("upload", "/uploads/", false, "The upload's id, from the `Location` of its creation.", "0f8d1c"),
    part("n", "/history/", true, "The number of a save: the later, the higher.", "3"),
    part("filename", "/blueprints/", false, "The blueprint's file name.", "hello.sh"),
    part("cu", "/torch/", false, "A CUDA, as the index calls it.", "cu128"),
    part("name", "/wheels/", false, "The wheel's file name.", "xformers-0.0.30-cp312-cp312-linux_x86_64.whl"),
    part("name", "/trash/", false, "The entry's name in the trash.", "comfyui"),
    part("name", "/backups/", false, "The backup's file name.", "aikore-20261128-170411-manual.tar.gz"),
    part("token", "/discarded/", false, "What the call that moved it to the trash answered.", "0a1b2c3d"),
    part("path", "/assets/", false, "A file of the dashboard.", "js/main.js"),
    part("rest", "/builder/", false, "Anything.", "x"),
];

/// The errors that calls have in common.
pub(super) const ERRORS: [(u16, &str); 9] = [
    (401, "Nobody knows who calls: no token or session came with it, or one that has ended."),
    (403, "Who calls may not do this; or a page of another origin makes the call."),
    (408, "The rest of the body did not come in time."),
    (413, "The body is larger than `AIKORE_MAX_BODY`."),
    (415, "The body is not sent as `application/json`."),
    (422, "A value can't be understood, or breaks a rule; the sentence says which."),
    (500, "Something failed on the server: the sentence says what, its log says more."),
    (503, "Too many calls at once, or the server is stopping: try again."),
    (507, "The disk is too full."),
];

/// Who may make a call.
pub(super) const NEEDS: [(&str, &str); 8] = [
    ("nothing", "nothing."),
    ("a login", "any login or token."),
    ("read", "a login, or a token with `read` or `manage`."),
    ("read or any instance", "a login, or a token with `read`, `manage` or `instance:<slug>` of any."),
    ("read or instance", "a login, or a token with `read`, `manage` or `instance:<slug>` of this one."),
    ("instance", "a login, or a token with `manage` or `instance:<slug>` of this one."),
    ("manage", "a login, or a token with `manage`."),
    ("the instance", "who may open the instance: see its `access`."),
];
