-- What people were told, the latest of it, and who hears of it outside the dashboard. Moments are ms since 1970.
CREATE TABLE notices (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    level       TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    instance_id INTEGER,                    -- which may be gone
    read        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE notice_targets (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL UNIQUE,
    kind         TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    secret       TEXT,                      -- it is sent, or signed with: a hash would not do
    wants        TEXT    NOT NULL,          -- kinds of notices, space separated
    enabled      INTEGER NOT NULL,
    last_sent_at INTEGER,
    last_error   TEXT,                      -- of what was tried last
    last_error_at INTEGER
) STRICT;
