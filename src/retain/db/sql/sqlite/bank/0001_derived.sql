-- What is derived from a bank's sources, so that a write derives again only what it touches.

-- Banks whose derived data is older than these tables; it is derived again before they are used.
CREATE TABLE rebuild_due (
    bank_id TEXT PRIMARY KEY
) WITHOUT ROWID;

INSERT INTO rebuild_due SELECT DISTINCT bank_id FROM source;
