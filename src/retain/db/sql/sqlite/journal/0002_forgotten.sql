-- When sources were forgotten, while requests with their words may be under way.
CREATE TABLE forgotten (
    source TEXT PRIMARY KEY,        -- SHA-256 of the bank's id and the source's
    at TEXT NOT NULL                -- ISO 8601, UTC
) WITHOUT ROWID;
