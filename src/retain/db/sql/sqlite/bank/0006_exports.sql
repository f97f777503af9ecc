-- Where a bank was exported to, so that forgetting can name the copies that it cannot reach, and
-- delete what an export that was killed left.
CREATE TABLE export (
    bank_id TEXT NOT NULL,
    path TEXT NOT NULL,             -- absolute
    unfinished INTEGER NOT NULL,    -- 1: a working folder, which is deleted when the export ends
    PRIMARY KEY (bank_id, path)
) WITHOUT ROWID;
