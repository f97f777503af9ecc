-- Runs that another run of their key has replaced, oldest first by id.
CREATE TABLE earlier_run (
    id INTEGER PRIMARY KEY,
    run_key TEXT NOT NULL,
    version INTEGER NOT NULL,
    ended_at REAL NOT NULL,   -- seconds since 1970
    head BLOB NOT NULL,
    body BLOB NOT NULL        -- its fields and its step log, compressed
);

CREATE INDEX earlier_run_by_key ON earlier_run (run_key, ended_at);
