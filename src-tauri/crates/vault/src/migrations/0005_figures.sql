-- What was counted, hour by hour, and which apps may see it. Explained in src/schema.rs.

CREATE TABLE history (
    hour  INTEGER NOT NULL,
    name  TEXT    NOT NULL,
    label TEXT    NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (hour, name, label)
) STRICT, WITHOUT ROWID;

ALTER TABLE app ADD COLUMN metrics INTEGER NOT NULL DEFAULT 0;
