-- What of a bank each of its last versions changed, so that what is kept of it in memory is brought
-- up to date; a version follows the one before it.
CREATE TABLE bank_change (
    bank_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    rows TEXT,                      -- JSON array: the ids of sections; NULL: it may be any
    PRIMARY KEY (bank_id, version)
) WITHOUT ROWID;

ALTER TABLE bank RENAME COLUMN generation TO version;
DROP TABLE clock;

-- Without the reference to `section (id)`: for each section that went, SQLite looked through the
-- vectors of all banks for one that referred to it.
CREATE TABLE vector_of_section (
    bank_id TEXT NOT NULL,
    id INTEGER NOT NULL,            -- the row of the section
    model TEXT NOT NULL,
    vector BLOB NOT NULL,           -- float16, little-endian, L2-normalised
    passages INTEGER NOT NULL,      -- how many: that of the whole section, then one of each passage
    PRIMARY KEY (bank_id, id, model)
) WITHOUT ROWID;

INSERT INTO vector_of_section SELECT bank_id, id, model, vector, passages FROM vector;
DROP TABLE vector;
ALTER TABLE vector_of_section RENAME TO vector;
