-- When the user said yes to a stand-in key: a clock that shows less than that was set back, and the key has ended.
ALTER TABLE emergency ADD COLUMN approved_at INTEGER NOT NULL DEFAULT 0;
