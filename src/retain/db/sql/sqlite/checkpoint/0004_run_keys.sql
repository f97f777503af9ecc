-- A run is named by a key of one string or more, as one text: each string ends with char(1), which
-- is escaped by char(2) within a string. Texts are in the order of their keys, and a key that
-- begins with another one has a text that begins with the text of that one.
CREATE TABLE keyed_run (
    id INTEGER PRIMARY KEY,
    run_key TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    status TEXT NOT NULL,       -- these three are read from `head`: to list runs without decoding
    last_state TEXT NOT NULL,   -- where it was when its status last changed
    started_at REAL NOT NULL,   -- seconds since 1970
    head BLOB NOT NULL,
    body BLOB                   -- compressed; NULL: the run's fields and steps are rows
);

INSERT INTO keyed_run (id, run_key, version, revision, status, last_state, started_at, head, body)
SELECT
    id,
    replace(replace(bank_id, char(2), char(2) || char(2)), char(1), char(2) || char(1)) || char(1)
    || replace(replace(source_id, char(2), char(2) || char(2)), char(1), char(2) || char(1))
    || char(1),
    version,
    revision,
    coalesce(msgpack_value(head, 'status'), 'failed'),   -- a damaged head
    coalesce(msgpack_value(head, 'last_state'), ''),
    coalesce(msgpack_value(head, 'started_at'), 0.0),
    head,
    body
FROM run;

-- The rows that refer to runs go first: else they would be deleted with the table.
CREATE TABLE keyed_run_field (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES keyed_run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (run_id, name)
);

INSERT INTO keyed_run_field SELECT id, run_id, name, body FROM run_field;

CREATE TABLE keyed_run_step (
    run_id INTEGER NOT NULL REFERENCES keyed_run (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (run_id, n)
) WITHOUT ROWID;

INSERT INTO keyed_run_step SELECT run_id, n, body FROM run_step;

DROP TABLE run_step;
DROP TABLE run_field;
DROP TABLE run;   -- with its trigger
ALTER TABLE keyed_run RENAME TO run;
ALTER TABLE keyed_run_field RENAME TO run_field;
ALTER TABLE keyed_run_step RENAME TO run_step;

CREATE INDEX run_by_status ON run (status, run_key, last_state);
CREATE INDEX run_by_start ON run (started_at);

CREATE TRIGGER delete_run_added AFTER DELETE ON run BEGIN
    DELETE FROM run_added WHERE id >= OLD.id << 32 AND id < (OLD.id + 1) << 32;
END;

-- Nobody holds a lease from here on but who asks for one: all leases are of earlier releases.
DROP TABLE lease;

CREATE TABLE lease (
    run_key TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    holder TEXT NOT NULL,
    expires_at REAL NOT NULL
) WITHOUT ROWID;
