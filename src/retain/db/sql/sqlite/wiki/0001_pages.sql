-- What people read of a bank, and what it is made from: how long each fact has been there, which
-- fact replaced which, the pages, and the log.

-- The versions of a bank's sources, those before the visible one too.
CREATE TABLE source_version (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    retained_at TEXT NOT NULL,      -- ISO 8601, UTC
    sections INTEGER NOT NULL,
    PRIMARY KEY (bank_id, source_id, version)
) WITHOUT ROWID;

-- The version of its source that a visible fact came with.
CREATE TABLE fact_life (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (bank_id, source_id, fact_id)
) WITHOUT ROWID;

-- Facts that a later version of their source does not state, or states otherwise.
CREATE TABLE past_fact (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    fact_id TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,         -- the first version without it
    line INTEGER NOT NULL,
    body TEXT NOT NULL,             -- JSON of the fact
    PRIMARY KEY (bank_id, source_id, fact_id, since)
) WITHOUT ROWID;

-- Which fact replaced which.
CREATE TABLE edge (
    bank_id TEXT NOT NULL,
    older TEXT NOT NULL,
    newer TEXT NOT NULL,
    reason TEXT NOT NULL,
    since TEXT,                     -- when the newer one was said; ISO 8601, UTC
    PRIMARY KEY (bank_id, older, newer)
) WITHOUT ROWID;

-- What a bank's pages were rendered from: they are stale where its generation is another one.
CREATE TABLE view (
    bank_id TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    facts INTEGER NOT NULL,
    contents TEXT NOT NULL          -- the index, as Markdown
) WITHOUT ROWID;

CREATE TABLE page (
    bank_id TEXT NOT NULL,
    page_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    aliases TEXT NOT NULL,          -- JSON array
    facts INTEGER NOT NULL,
    text TEXT NOT NULL,             -- Markdown
    PRIMARY KEY (bank_id, page_id)
) WITHOUT ROWID;

CREATE TABLE log_entry (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    at TEXT NOT NULL,               -- ISO 8601, UTC
    body TEXT NOT NULL,             -- JSON: what came, what went, and the pages that it touched
    superseded TEXT NOT NULL,       -- JSON array of pairs, as the bank was then
    PRIMARY KEY (bank_id, source_id, version)
) WITHOUT ROWID;

CREATE INDEX statement_by_fact ON statement (bank_id, fact_id);

-- Holds a row while bytes of what was deleted may stand in unused parts of the file.
CREATE TABLE unfolded (
    one INTEGER PRIMARY KEY
);

-- What is left of statements that were forgotten: enough to know them if they come in again.
CREATE TABLE buried (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    digest TEXT NOT NULL,           -- SHA-256 of the words
    rolling TEXT NOT NULL,          -- a hash of 64 bits, as a number
    length INTEGER NOT NULL,
    PRIMARY KEY (bank_id, source_id, digest)
) WITHOUT ROWID;
