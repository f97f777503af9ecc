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

-- Most facts came with the first version of their source; only the others are kept.
DELETE FROM fact_life WHERE since = 1;

-- The columns of the key come first: SQLite 3.40 takes another order for damage.
CREATE TABLE correction_of_names (
    bank_id TEXT NOT NULL,
    name TEXT NOT NULL,
    other TEXT NOT NULL,
    kind TEXT NOT NULL,             -- merge or split
    PRIMARY KEY (bank_id, name, other)
) WITHOUT ROWID;

INSERT INTO correction_of_names SELECT bank_id, name, other, kind FROM correction;
DROP TABLE correction;
ALTER TABLE correction_of_names RENAME TO correction;
