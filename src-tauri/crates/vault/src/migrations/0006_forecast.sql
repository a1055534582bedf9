-- How long grants lived that the provider ended, and from where the end of one is known. Explained in src/schema.rs.

ALTER TABLE account ADD COLUMN grant_basis TEXT;

CREATE TABLE ended_grant (
    account  TEXT    NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    ended_at INTEGER NOT NULL,
    lived    INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (account, ended_at)
) STRICT, WITHOUT ROWID;
