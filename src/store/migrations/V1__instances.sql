-- The established columns keep their names and meanings (design.md §4.3); the rest is new.
CREATE TABLE instances (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT, -- an id is never used twice
    parent_instance_id  INTEGER REFERENCES instances (id) ON DELETE RESTRICT,
    name                TEXT    NOT NULL UNIQUE,
    slug                TEXT    NOT NULL UNIQUE,
    base_blueprint      TEXT    NOT NULL,
    status              TEXT    NOT NULL DEFAULT 'stopped',
    since               INTEGER NOT NULL,                  -- ms since 1970
    reason              TEXT,
    desired             TEXT    NOT NULL DEFAULT 'stopped',
    gpu_ids             TEXT,
    autostart           INTEGER NOT NULL DEFAULT 0,
    persistent_mode     INTEGER NOT NULL DEFAULT 0,
    hostname            TEXT,
    use_custom_hostname INTEGER NOT NULL DEFAULT 0,
    output_path         TEXT,
    python_version      TEXT,
    cuda_version        TEXT,
    torch_version       TEXT,
    pid                 INTEGER,
    port                INTEGER,
    persistent_port     INTEGER,
    persistent_display  INTEGER,
    app_port            INTEGER,
    run_id              TEXT,                              -- the present run
    last_run_id         TEXT,                              -- the run the log belongs to
    proxy               TEXT    NOT NULL DEFAULT 'strip',
    exit_code           INTEGER,
    exit_signal         INTEGER,
    exit_at             INTEGER,                           -- ms since 1970
    access              TEXT    NOT NULL DEFAULT 'private',
    restart_policy      TEXT    NOT NULL DEFAULT 'never',
    helper              TEXT    NOT NULL DEFAULT 'auto',
    list_order          INTEGER NOT NULL DEFAULT 0,
    params              TEXT    NOT NULL DEFAULT '{}',     -- JSON object
    import_notes        TEXT    NOT NULL DEFAULT '[]'      -- JSON array
) STRICT;

-- One public port leads to one instance, in either mode (earlier-defects.md 14).
CREATE UNIQUE INDEX instances_public_port
    ON instances (CASE WHEN persistent_mode THEN persistent_port ELSE port END);

CREATE INDEX instances_parent ON instances (parent_instance_id);
