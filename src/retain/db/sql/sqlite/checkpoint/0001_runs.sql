-- One row a run. `head` is the engine's own part of the context and changes with every save.
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    head BLOB NOT NULL,
    UNIQUE (bank_id, source_id)
);

-- One row a field of the context, written when its value changes.
CREATE TABLE run_field (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (run_id, name)
);

-- One row an attempt of a state, in order.
CREATE TABLE run_step (
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, n)
) WITHOUT ROWID;

-- Who runs what. A row stands while a lease is held; `token` fences off earlier holders.
CREATE TABLE lease (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    token INTEGER NOT NULL,
    holder TEXT NOT NULL,
    expires_at REAL NOT NULL,
    PRIMARY KEY (bank_id, source_id)
) WITHOUT ROWID;
