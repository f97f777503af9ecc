-- A bank's sources, each with the sections of its visible version, and the index of their words.

CREATE TABLE source (
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    title TEXT,
    meta TEXT NOT NULL,             -- JSON object
    characters INTEGER NOT NULL,
    sections INTEGER NOT NULL,
    retained_at TEXT NOT NULL,      -- ISO 8601, UTC
    PRIMARY KEY (bank_id, source_id)
);

CREATE TABLE section (
    id INTEGER PRIMARY KEY,         -- the index's rowid
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    section_id TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    level INTEGER NOT NULL,
    path TEXT NOT NULL,             -- JSON array of headings, outermost first
    char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL,
    line_start INTEGER NOT NULL,
    line_end INTEGER NOT NULL,
    speaker TEXT,
    said_at TEXT,                   -- ISO 8601, UTC
    text TEXT NOT NULL,
    UNIQUE (bank_id, source_id, section_id),
    FOREIGN KEY (bank_id, source_id) REFERENCES source (bank_id, source_id)
);

-- What a bank's vectors are of. A row's generation is new with every change to the bank's content.
CREATE TABLE bank (
    bank_id TEXT PRIMARY KEY,
    model TEXT,                     -- whose vectors are searched; NULL before the first
    generation INTEGER NOT NULL
);

-- Where generations come from: a bank that is emptied and filled again gets one it never had.
CREATE TABLE clock (
    tick INTEGER NOT NULL
);

INSERT INTO clock VALUES (0);

CREATE TABLE vector (
    bank_id TEXT NOT NULL,
    id INTEGER NOT NULL REFERENCES section (id),
    model TEXT NOT NULL,
    vector BLOB NOT NULL,           -- float16, little-endian, L2-normalised
    PRIMARY KEY (bank_id, id, model)
) WITHOUT ROWID;

-- Contentless: the texts stand in `section` once. `bank` holds one word made of the bank's id, so
-- that a small bank is searched without a walk through the entries of the large ones beside it.
-- The last four hold the texts of a turn's neighbours: the one before it, the one before that, and
-- the two after it.
CREATE VIRTUAL TABLE section_index USING fts5 (
    bank,
    speaker,
    heading,
    said_on,
    title,
    text,
    previous,
    earlier,
    next,
    later,
    content = '',
    tokenize = 'porter unicode61 remove_diacritics 2'
);
