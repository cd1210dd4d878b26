-- Who may come in. Nothing in here opens a door by itself: the password and every secret are hashes. Moments are ms since 1970.
CREATE TABLE login (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    password   TEXT,              -- a PHC string (Argon2id); NULL until somebody sets one
    pass_key   BLOB NOT NULL      -- signs the cookies that open one instance
) STRICT;

CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    secret       BLOB    NOT NULL UNIQUE, -- SHA-256 of the cookie
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    address      TEXT    NOT NULL,        -- where it was made from
    agent        TEXT    NOT NULL
) STRICT;

CREATE TABLE tokens (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT    NOT NULL UNIQUE,
    secret         BLOB    NOT NULL UNIQUE, -- SHA-256 of the token
    scopes         TEXT    NOT NULL,        -- space separated
    created_at     INTEGER NOT NULL,
    last_used_at   INTEGER,
    last_used_from TEXT
) STRICT;

-- Every change, by whom and from where.
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    address TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    target  TEXT,
    detail  TEXT,
    status  INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_at ON audit (at);
