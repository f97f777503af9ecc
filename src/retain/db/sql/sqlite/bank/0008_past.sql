-- The facts that a version of a source no longer states, as one compressed row a version, and the
-- names in them by number. A row and two names as text for each fact took more room than the text
-- that stated it.

CREATE TABLE past (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    until INTEGER NOT NULL,         -- the first version without the facts
    facts BLOB NOT NULL,            -- JSON: [[since, line, fact], ...]; compressed, unless it is text
    UNIQUE (bank_id, source_id, until)
);

INSERT INTO past (bank_id, source_id, until, facts)
SELECT bank_id, source_id, until, json_group_array(json_array(since, line, json(body)))
FROM (SELECT * FROM past_fact ORDER BY bank_id, source_id, until, fact_id)
GROUP BY bank_id, source_id, until;

CREATE TABLE past_name_by_number (
    name INTEGER NOT NULL REFERENCES term (id),
    past INTEGER NOT NULL REFERENCES past (id) ON DELETE CASCADE,
    PRIMARY KEY (name, past)
) WITHOUT ROWID;

INSERT OR IGNORE INTO bank (bank_id, version) SELECT DISTINCT bank_id, 0 FROM past_fact;
INSERT OR IGNORE INTO term (bank, text)
SELECT DISTINCT bank.id, name FROM past_name JOIN bank USING (bank_id);

INSERT OR IGNORE INTO past_name_by_number (name, past)
SELECT term.id, past.id
FROM past_name
JOIN past_fact USING (bank_id, source_id, fact_id, since)
JOIN past USING (bank_id, source_id, until)
JOIN bank USING (bank_id)
JOIN term ON term.bank = bank.id AND term.text = past_name.name;

DROP TABLE past_name;
DROP TABLE past_fact;
ALTER TABLE past_name_by_number RENAME TO past_name;
CREATE INDEX past_name_of_past ON past_name (past);

-- What is inserted here has its name made a term.
CREATE VIEW past_named AS
SELECT bank_id, source_id, until, term.text AS name
FROM past_name
JOIN past ON past.id = past_name.past
JOIN term ON term.id = past_name.name;

CREATE TRIGGER put_past_named INSTEAD OF INSERT ON past_named BEGIN
    INSERT OR IGNORE INTO term (bank, text)
    SELECT id, new.name FROM bank WHERE bank_id = new.bank_id;
    INSERT OR IGNORE INTO past_name (name, past)
    SELECT term.id, past.id
    FROM bank
    JOIN term ON term.bank = bank.id AND term.text = new.name
    JOIN past USING (bank_id)
    WHERE bank_id = new.bank_id AND source_id = new.source_id AND until = new.until;
END;

DROP VIEW term_use;
CREATE VIEW term_use AS
SELECT name AS term FROM mention
UNION ALL SELECT name FROM fact_name
UNION ALL SELECT name FROM fact_lookup
UNION ALL SELECT series FROM claim
UNION ALL SELECT subject FROM fact_reading WHERE subject IS NOT NULL
UNION ALL SELECT name FROM past_name;

CREATE TRIGGER term_of_past_name AFTER DELETE ON past_name BEGIN
    DELETE FROM term
    WHERE id = old.name AND NOT EXISTS (SELECT 1 FROM term_use WHERE term = old.name);
END;
