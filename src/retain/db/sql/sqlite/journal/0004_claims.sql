-- Requests that some process is sending; the others wait for its answer.
CREATE TABLE claim (
    bank_id TEXT NOT NULL,
    key TEXT NOT NULL,              -- of the request
    token TEXT NOT NULL,            -- the same for all keys that were claimed together
    holder TEXT NOT NULL,           -- the process that sends, as JSON
    expires_at REAL NOT NULL,       -- seconds since 1970, by the clock of this database
    PRIMARY KEY (bank_id, key)
) WITHOUT ROWID;
CREATE INDEX claim_by_token ON claim (token);
