-- The first schema. Every column is explained in src/schema.rs. Never edited once released.

PRAGMA application_id = 0x424f574c;

CREATE TABLE vault_key (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    version        INTEGER NOT NULL,
    keystore       TEXT    NOT NULL,
    kdf_salt       BLOB,
    kdf_memory_kib INTEGER,
    kdf_passes     INTEGER,
    kdf_lanes      INTEGER,
    wrapped        BLOB    NOT NULL,
    key_check      BLOB    NOT NULL
) STRICT;

CREATE TABLE account (
    id                   TEXT    PRIMARY KEY NOT NULL,
    provider             TEXT    NOT NULL,
    issuer               TEXT,
    subject              TEXT    NOT NULL,
    label                TEXT,
    username             TEXT,
    display_name         TEXT,
    avatar_url           TEXT,
    requested            TEXT    NOT NULL,
    granted              TEXT    NOT NULL,
    connected_at         INTEGER NOT NULL,
    reconnected_at       INTEGER,
    paused               INTEGER NOT NULL,
    fallback             TEXT    REFERENCES account (id) ON DELETE SET NULL,
    access_expires_at    INTEGER,
    access_issued_at     INTEGER,
    grant_expires_at     INTEGER,
    refreshable          INTEGER NOT NULL,
    trouble_reason       TEXT,
    trouble_since        INTEGER,
    refresh_at           INTEGER,
    refresh_outcome      TEXT,
    refresh_code         TEXT,
    refresh_http_status  INTEGER,
    refresh_error        TEXT,
    refresh_description  TEXT,
    refresh_attempts     INTEGER
) STRICT;

CREATE UNIQUE INDEX account_is_one_person ON account (provider, subject);
CREATE INDEX account_by_fallback ON account (fallback) WHERE fallback IS NOT NULL;

CREATE TABLE token (
    account    TEXT PRIMARY KEY NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token_type TEXT NOT NULL,
    access     BLOB NOT NULL,
    refresh    BLOB,
    id_token   BLOB
) STRICT;

CREATE TABLE journal (
    account  TEXT    PRIMARY KEY NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    begun_at INTEGER NOT NULL,
    answer   BLOB,
    retried  INTEGER NOT NULL
) STRICT;

CREATE TABLE emergency (
    account TEXT    PRIMARY KEY NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    secret  BLOB    NOT NULL,
    reason  TEXT    NOT NULL,
    ends_at INTEGER NOT NULL
) STRICT;

CREATE TABLE client (
    provider           TEXT    PRIMARY KEY NOT NULL,
    issuer             TEXT,
    client_id          TEXT,
    secret             BLOB,
    auth               TEXT,
    expires_at         INTEGER,
    registration_token BLOB
) STRICT;

CREATE TABLE app (
    id           TEXT    PRIMARY KEY NOT NULL,
    name         TEXT    NOT NULL,
    key_hash     BLOB    NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    last_read_at INTEGER
) STRICT;

CREATE TABLE app_grant (
    app        TEXT    NOT NULL REFERENCES app (id) ON DELETE CASCADE,
    account    TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    scopes     TEXT,
    expires_at INTEGER,
    PRIMARY KEY (app, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX app_grant_by_account ON app_grant (account);

CREATE TABLE audit (
    first_seq INTEGER PRIMARY KEY,
    last_seq  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    body      BLOB    NOT NULL
) STRICT;

CREATE TABLE audit_account (
    account   TEXT    NOT NULL,
    first_seq INTEGER NOT NULL,
    PRIMARY KEY (account, first_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_head (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    anchor_seq  INTEGER NOT NULL,
    anchor_hash BLOB    NOT NULL,
    sealed      BLOB
) STRICT;

INSERT INTO audit_head (id, anchor_seq, anchor_hash, sealed) VALUES (1, 0, zeroblob(32), NULL);
