-- Programs without a key that were allowed, or blocked, for an account. Never edited once released.

CREATE TABLE program (
    id           TEXT    PRIMARY KEY NOT NULL,
    path         TEXT    NOT NULL,
    device       INTEGER NOT NULL,
    inode        INTEGER NOT NULL,
    size         INTEGER NOT NULL,
    modified     INTEGER NOT NULL,
    changed      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    last_read_at INTEGER
) STRICT;

CREATE UNIQUE INDEX program_is_one_file ON program (path, device, inode, size, modified, changed);

CREATE TABLE program_rule (
    program    TEXT    NOT NULL REFERENCES program (id) ON DELETE CASCADE,
    account    TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    allowed    INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (program, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX program_rule_by_account ON program_rule (account);
