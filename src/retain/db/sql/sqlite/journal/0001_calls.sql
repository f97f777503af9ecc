-- The ledger: one row a request that went to a model's server.
CREATE TABLE call (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,        -- whose run asked; empty where none did, or it is forgotten
    state TEXT NOT NULL,
    purpose TEXT NOT NULL,
    model TEXT NOT NULL,
    key TEXT NOT NULL,              -- of the request; empty where words of it are forgotten
    at TEXT NOT NULL,               -- ISO 8601, UTC
    latency_ms REAL NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost REAL,                      -- in US dollars; NULL: the price is not known
    error TEXT                      -- NULL: there is an answer; empty: the reason is forgotten
);
CREATE INDEX call_by_source ON call (bank_id, source_id);
CREATE INDEX call_by_key ON call (bank_id, key);

-- What was answered, by the key of the request.
CREATE TABLE answer (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL,
    key TEXT NOT NULL,
    call_id INTEGER NOT NULL REFERENCES call (id),
    body BLOB NOT NULL,
    packed INTEGER NOT NULL,        -- whether the body is compressed
    checksum BLOB NOT NULL,         -- SHA-256 of the body as it stands here
    at TEXT NOT NULL,               -- ISO 8601, UTC
    rejected TEXT,                  -- why it cannot be used; NULL: it can
    UNIQUE (bank_id, key)
);

-- The sources whose words a request holds.
CREATE TABLE use (
    bank_id TEXT NOT NULL,
    key TEXT NOT NULL,
    source_id TEXT NOT NULL,
    PRIMARY KEY (bank_id, key, source_id)
) WITHOUT ROWID;
CREATE INDEX use_by_source ON use (bank_id, source_id);

-- Holds a row while bytes of what was deleted may stand in unused parts of the file.
CREATE TABLE unfolded (
    one INTEGER PRIMARY KEY
);
