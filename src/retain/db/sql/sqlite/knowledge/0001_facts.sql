-- What the sections of a bank's sources say: facts, names, and how every section ended. Offsets
-- count from the start of the section, so that a section that only moved leaves them as they are.

-- Every statement as it was extracted. One that was made before stands with `merged` set: its
-- `fact_id` is then that of the fact that it was taken for, and `merged` says why.
CREATE TABLE statement (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    section_id TEXT NOT NULL,
    n INTEGER NOT NULL,             -- its place in the section
    fact_id TEXT NOT NULL,
    merged TEXT,
    type TEXT NOT NULL,
    text TEXT NOT NULL,
    quote TEXT NOT NULL,
    char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL,
    entities TEXT NOT NULL,         -- JSON array of names
    subject TEXT,
    slot TEXT,
    value TEXT,
    mentioned_at TEXT,              -- ISO 8601, UTC, like the other times
    occurred_start TEXT,
    occurred_end TEXT,
    confidence REAL NOT NULL,
    PRIMARY KEY (bank_id, source_id, section_id, n)
) WITHOUT ROWID;

CREATE TABLE mention (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    section_id TEXT NOT NULL,
    char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (bank_id, source_id, section_id, char_start, char_end)
) WITHOUT ROWID;

-- The ledger: how every section of a source's visible version ended, and by which rules.
CREATE TABLE outcome (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    section_id TEXT NOT NULL,
    extractor TEXT NOT NULL,
    said_at TEXT,
    kind TEXT NOT NULL,
    facts INTEGER NOT NULL,
    detail TEXT,
    PRIMARY KEY (bank_id, source_id, section_id)
) WITHOUT ROWID;

-- What a user said of two names: that they are one, or that they are not.
CREATE TABLE correction (
    bank_id TEXT NOT NULL,
    kind TEXT NOT NULL,             -- merge or split
    name TEXT NOT NULL,
    other TEXT NOT NULL,
    PRIMARY KEY (bank_id, name, other)
) WITHOUT ROWID;
