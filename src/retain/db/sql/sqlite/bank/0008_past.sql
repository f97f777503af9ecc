-- Facts of earlier versions, and the names in them by number. Their ids as text and the names, twice
-- for each fact, took as much room as the facts, and those more than the text that stated them.

ALTER TABLE past_fact RENAME TO past_fact_by_text;
ALTER TABLE past_name RENAME TO past_name_by_text;
DROP INDEX past_name_of_source;

CREATE TABLE past_fact (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    fact BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,         -- the first version without it
    line INTEGER NOT NULL,
    body BLOB NOT NULL,             -- the fact, compressed; of earlier releases, its JSON
    fact_id TEXT AS (CASE typeof(fact) WHEN 'blob' THEN lower(hex(fact)) ELSE fact END),
    UNIQUE (bank_id, source_id, fact, since)
);

INSERT INTO past_fact (bank_id, source_id, fact, since, until, line, body)
SELECT bank_id, source_id, packed_id(fact_id), since, until, line, body FROM past_fact_by_text
ORDER BY bank_id, source_id, fact_id, since;

INSERT OR IGNORE INTO bank (bank_id, version) SELECT DISTINCT bank_id, 0 FROM past_fact_by_text;
INSERT OR IGNORE INTO term (bank, text)
SELECT DISTINCT bank.id, name FROM past_name_by_text JOIN bank USING (bank_id);

CREATE TABLE past_name (
    name INTEGER NOT NULL REFERENCES term (id),
    past INTEGER NOT NULL REFERENCES past_fact (id) ON DELETE CASCADE,
    PRIMARY KEY (name, past)
) WITHOUT ROWID;

INSERT INTO past_name (name, past)
SELECT term.id, past_fact.id
FROM past_name_by_text AS named
JOIN past_fact
    ON past_fact.bank_id = named.bank_id AND past_fact.source_id = named.source_id
    AND past_fact.fact = packed_id(named.fact_id) AND past_fact.since = named.since
JOIN bank ON bank.bank_id = named.bank_id
JOIN term ON term.bank = bank.id AND term.text = named.name;

DROP TABLE past_name_by_text;
DROP TABLE past_fact_by_text;
CREATE INDEX past_name_of_fact ON past_name (past);

-- What is inserted here has its name made a term.
CREATE VIEW past_named AS
SELECT past_fact.*, term.text AS name
FROM past_name
JOIN past_fact ON past_fact.id = past_name.past
JOIN term ON term.id = past_name.name;

CREATE TRIGGER put_past_named INSTEAD OF INSERT ON past_named BEGIN
    INSERT OR IGNORE INTO term (bank, text)
    SELECT id, new.name FROM bank WHERE bank_id = new.bank_id;
    INSERT OR IGNORE INTO past_name (name, past)
    SELECT term.id, past_fact.id
    FROM bank
    JOIN term ON term.bank = bank.id AND term.text = new.name
    JOIN past_fact
        ON past_fact.bank_id = new.bank_id AND past_fact.source_id = new.source_id
        AND past_fact.fact = packed_id(new.fact_id) AND past_fact.since = new.since
    WHERE bank.bank_id = new.bank_id;
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
