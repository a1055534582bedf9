-- What the person was told of an account, so that a restart does not say it again. Explained in src/schema.rs.

CREATE TABLE notice (
    account    TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    cause      TEXT    NOT NULL,
    times      INTEGER NOT NULL,
    told_at    INTEGER,
    not_before INTEGER,
    PRIMARY KEY (account, cause)
) STRICT, WITHOUT ROWID;
