-- Rows name their section and their bank by number, and a fact by the eight bytes that its id is
-- the hex of. The ids as text took more room than what rows say, and every index repeated them.

-- `packed_id`, which the driver gives SQLite, makes `fact` from an id. An id that is no such hex
-- stays text, so `fact` has no affinity.

CREATE TABLE bank_by_number (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL UNIQUE,
    model TEXT,                     -- whose vectors are searched; NULL before the first
    version INTEGER NOT NULL
);

INSERT INTO bank_by_number (bank_id, model, version) SELECT bank_id, model, version FROM bank;
INSERT OR IGNORE INTO bank_by_number (bank_id, version) SELECT DISTINCT bank_id, 0 FROM source;
DROP TABLE bank;
ALTER TABLE bank_by_number RENAME TO bank;

-- The types of facts and the kinds of names. One that is not here is kept as it is.
CREATE TABLE label (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

INSERT INTO label (text)
VALUES
    ('world'), ('experience'), ('preference'), ('plan'), ('opinion'), ('assistant_statement'),
    ('person'), ('place'), ('organisation'), ('thing'), ('unknown');

-- The strings that many rows of a bank repeat: names, subjects, and series of claims. A string goes
-- with the last row that has it.
CREATE TABLE term (
    id INTEGER PRIMARY KEY,
    bank INTEGER NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (bank, text)
);

INSERT INTO term (bank, text)
SELECT bank.id, name
FROM (
    SELECT bank_id, name FROM mention
    UNION SELECT bank_id, name FROM fact_name
    UNION SELECT bank_id, name FROM fact_lookup
    UNION SELECT bank_id, series FROM claim
    UNION SELECT bank_id, subject FROM fact_reading WHERE subject IS NOT NULL
)
JOIN bank USING (bank_id);

-- Every statement as it was extracted. One that was made before stands with `merged` set: its
-- `fact` is then that of the fact that it was taken for, and `merged` says why. What can be read from the
-- section is not kept: the quote, nor a text that is the quote without its full stop. A time of
-- midnight is kept as a number of days, and a confidence as one of thousandths.
CREATE TABLE statement_of_section (
    section INTEGER NOT NULL REFERENCES section (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,             -- its place in the section
    bank INTEGER NOT NULL,
    fact BLOB NOT NULL,
    merged TEXT,
    type BLOB NOT NULL,             -- a label
    text TEXT,                      -- NULL: it is the quote without its full stop
    otherwise TEXT,                 -- the quote, where it is not what the section has there
    char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL,
    entities TEXT NOT NULL,         -- JSON array of names
    named TEXT NOT NULL,            -- JSON: [[name, kind], ...]
    subject TEXT,
    slot TEXT,
    value TEXT,
    mentioned BLOB,                 -- days since 1970, or ISO 8601, UTC, like the other times
    started BLOB,
    ended BLOB,
    sure BLOB NOT NULL,
    fact_id TEXT AS (CASE typeof(fact) WHEN 'blob' THEN lower(hex(fact)) ELSE fact END),
    mentioned_at TEXT AS (
        CASE typeof(mentioned)
            WHEN 'integer' THEN date(mentioned * 86400, 'unixepoch') || 'T00:00:00+00:00'
            ELSE mentioned
        END
    ),
    occurred_start TEXT AS (
        CASE typeof(started)
            WHEN 'integer' THEN date(started * 86400, 'unixepoch') || 'T00:00:00+00:00'
            ELSE started
        END
    ),
    occurred_end TEXT AS (
        CASE typeof(ended)
            WHEN 'integer' THEN date(ended * 86400, 'unixepoch') || 'T00:00:00+00:00'
            ELSE ended
        END
    ),
    confidence REAL AS (CASE typeof(sure) WHEN 'integer' THEN sure / 1000.0 ELSE sure END),
    PRIMARY KEY (section, n)
) WITHOUT ROWID;

INSERT INTO statement_of_section (
    section, n, bank, fact, merged, type, text, otherwise, char_start, char_end, entities, named,
    subject, slot, value, mentioned, started, ended, sure
)
SELECT
    section.id, n, bank.id, packed_id(fact_id), merged,
    coalesce((SELECT id FROM label WHERE label.text = type), type),
    nullif(statement.text, rtrim(quote, '.')),
    nullif(
        quote,
        substr(
            section.text, statement.char_start + 1, statement.char_end - statement.char_start
        )
    ),
    statement.char_start, statement.char_end, entities, named, subject, slot, value,
    CASE
        WHEN mentioned_at LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', mentioned_at) AS INTEGER) / 86400
        ELSE mentioned_at
    END,
    CASE
        WHEN occurred_start LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', occurred_start) AS INTEGER) / 86400
        ELSE occurred_start
    END,
    CASE
        WHEN occurred_end LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', occurred_end) AS INTEGER) / 86400
        ELSE occurred_end
    END,
    CASE
        WHEN round(confidence * 1000) / 1000 = confidence
            THEN CAST(round(confidence * 1000) AS INTEGER)
        ELSE confidence
    END
FROM statement
JOIN section USING (bank_id, source_id, section_id)
JOIN bank USING (bank_id);

DROP TABLE statement;
ALTER TABLE statement_of_section RENAME TO statement;
CREATE INDEX statement_by_fact ON statement (bank, fact);

-- Statements with what their section says of them.
CREATE VIEW stated AS
SELECT
    section.bank_id, section.source_id, section.section_id, statement.n, statement.fact_id,
    statement.merged,
    coalesce((SELECT text FROM label WHERE id = statement.type), statement.type) AS type,
    coalesce(
        statement.text,
        rtrim(
            coalesce(
                statement.otherwise,
                substr(
                    section.text, statement.char_start + 1,
                    statement.char_end - statement.char_start
                )
            ),
            '.'
        )
    ) AS text,
    coalesce(
        statement.otherwise,
        substr(
            section.text, statement.char_start + 1, statement.char_end - statement.char_start
        )
    ) AS quote,
    statement.char_start, statement.char_end, statement.entities, statement.subject,
    statement.slot, statement.value, statement.mentioned_at, statement.occurred_start,
    statement.occurred_end, statement.confidence, statement.named,
    statement.bank, statement.fact, statement.section, section.ordinal, section.char_start AS base
FROM statement JOIN section ON section.id = statement.section;

CREATE TABLE mention_of_section (
    section INTEGER NOT NULL REFERENCES section (id) ON DELETE CASCADE,
    char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL,
    name INTEGER NOT NULL REFERENCES term (id),
    kind BLOB NOT NULL,             -- a label
    PRIMARY KEY (section, char_start, char_end)
) WITHOUT ROWID;

INSERT INTO mention_of_section
SELECT
    section.id, mention.char_start, mention.char_end, term.id,
    coalesce((SELECT id FROM label WHERE text = mention.kind), mention.kind)
FROM mention
JOIN section USING (bank_id, source_id, section_id)
JOIN bank USING (bank_id)
JOIN term ON term.bank = bank.id AND term.text = mention.name;

DROP TABLE mention;
ALTER TABLE mention_of_section RENAME TO mention;
CREATE INDEX mention_by_name ON mention (name);

-- The ledger: how every section of a source's visible version ended, and by which rules.
CREATE TABLE outcome_of_section (
    section INTEGER PRIMARY KEY REFERENCES section (id) ON DELETE CASCADE,
    extractor TEXT NOT NULL,
    said BLOB,                      -- as the times of statements
    kind TEXT NOT NULL,
    facts INTEGER NOT NULL,
    detail TEXT,
    said_at TEXT AS (
        CASE typeof(said)
            WHEN 'integer' THEN date(said * 86400, 'unixepoch') || 'T00:00:00+00:00'
            ELSE said
        END
    )
);

INSERT INTO outcome_of_section (section, extractor, said, kind, facts, detail)
SELECT
    section.id, extractor,
    CASE
        WHEN outcome.said_at LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', outcome.said_at) AS INTEGER) / 86400
        ELSE outcome.said_at
    END,
    outcome.kind, facts, detail
FROM outcome JOIN section USING (bank_id, source_id, section_id);

DROP TABLE outcome;
ALTER TABLE outcome_of_section RENAME TO outcome;

-- The names that each fact gives, without case: the newest facts of a name come first.
CREATE TABLE name_in_fact (
    name INTEGER NOT NULL REFERENCES term (id),
    slotted INTEGER NOT NULL,       -- whether the fact fills a slot
    age REAL NOT NULL,              -- seconds before 1970 of the time it is of; infinity for none
    fact BLOB NOT NULL,
    fact_id TEXT AS (CASE typeof(fact) WHEN 'blob' THEN lower(hex(fact)) ELSE fact END),
    PRIMARY KEY (name, slotted, age, fact)
) WITHOUT ROWID;

INSERT INTO name_in_fact (name, slotted, age, fact)
SELECT term.id, slotted, age, packed_id(fact_id)
FROM fact_name
JOIN bank USING (bank_id)
JOIN term ON term.bank = bank.id AND term.text = name;

DROP TABLE fact_name;
ALTER TABLE name_in_fact RENAME TO fact_name;

-- What each fact claims; offsets count from the start of its section. `until` is the time and the
-- source of the fact that supersedes it by rules; infinity while none does.
CREATE TABLE claim_of_fact (
    bank INTEGER NOT NULL,
    fact BLOB NOT NULL,
    n INTEGER NOT NULL,
    source_id TEXT NOT NULL,
    section INTEGER NOT NULL,
    char_start INTEGER NOT NULL,
    char_end INTEGER NOT NULL,
    series INTEGER NOT NULL REFERENCES term (id),   -- the claims that it is compared with
    said REAL NOT NULL,             -- seconds since 1970, like the other times
    reach REAL NOT NULL,
    since REAL NOT NULL,
    changed REAL,
    corrects INTEGER NOT NULL,
    value TEXT NOT NULL,
    detail TEXT NOT NULL,
    assistant INTEGER NOT NULL,
    until_said REAL NOT NULL,
    until_source TEXT NOT NULL,
    fact_id TEXT AS (CASE typeof(fact) WHEN 'blob' THEN lower(hex(fact)) ELSE fact END),
    PRIMARY KEY (bank, fact, n)
) WITHOUT ROWID;

INSERT INTO claim_of_fact (
    bank, fact, n, source_id, section, char_start, char_end, series, said, reach, since, changed,
    corrects, value, detail, assistant, until_said, until_source
)
SELECT
    bank.id, packed_id(fact_id), n, source_id, section.id, claim.char_start, claim.char_end,
    term.id, said, reach, since, changed, corrects, value, detail, assistant, until_said,
    until_source
FROM claim
JOIN section USING (bank_id, source_id, section_id)
JOIN bank USING (bank_id)
JOIN term ON term.bank = bank.id AND term.text = series;

DROP TABLE claim;
ALTER TABLE claim_of_fact RENAME TO claim;
CREATE INDEX claim_by_time ON claim (series, said, source_id);
CREATE INDEX claim_by_end ON claim (series, until_said);

-- What superseding reads in each fact beside its claims.
CREATE TABLE reading_of_fact (
    bank INTEGER NOT NULL,
    fact BLOB NOT NULL,
    subject INTEGER REFERENCES term (id),   -- comparable: the canonical name without case, article
    undoes TEXT,                    -- JSON: the subject and the word of its row in `undoing`
    lookups TEXT NOT NULL,          -- JSON array: the names that were looked up
    fact_id TEXT AS (CASE typeof(fact) WHEN 'blob' THEN lower(hex(fact)) ELSE fact END),
    PRIMARY KEY (bank, fact)
) WITHOUT ROWID;

INSERT INTO reading_of_fact (bank, fact, subject, undoes, lookups)
SELECT bank.id, packed_id(fact_id), term.id, undoes, lookups
FROM fact_reading
JOIN bank USING (bank_id)
LEFT JOIN term ON term.bank = bank.id AND term.text = subject;

DROP TABLE fact_reading;
ALTER TABLE reading_of_fact RENAME TO fact_reading;
CREATE INDEX fact_by_subject ON fact_reading (subject) WHERE subject IS NOT NULL;

CREATE TABLE lookup_of_fact (
    name INTEGER NOT NULL REFERENCES term (id),
    fact BLOB NOT NULL,
    fact_id TEXT AS (CASE typeof(fact) WHEN 'blob' THEN lower(hex(fact)) ELSE fact END),
    PRIMARY KEY (name, fact)
) WITHOUT ROWID;

INSERT INTO lookup_of_fact (name, fact)
SELECT term.id, packed_id(fact_id)
FROM fact_lookup
JOIN bank USING (bank_id)
JOIN term ON term.bank = bank.id AND term.text = name;

DROP TABLE fact_lookup;
ALTER TABLE lookup_of_fact RENAME TO fact_lookup;

-- Which fact replaced which.
CREATE TABLE edge_of_facts (
    bank INTEGER NOT NULL,
    old BLOB NOT NULL,
    new BLOB NOT NULL,
    reason TEXT NOT NULL,
    said BLOB,                      -- when the newer one was said: as the times of statements
    ruled INTEGER NOT NULL,         -- whether rules see what it says, or only a model does
    older TEXT AS (CASE typeof(old) WHEN 'blob' THEN lower(hex(old)) ELSE old END),
    newer TEXT AS (CASE typeof(new) WHEN 'blob' THEN lower(hex(new)) ELSE new END),
    since TEXT AS (
        CASE typeof(said)
            WHEN 'integer' THEN date(said * 86400, 'unixepoch') || 'T00:00:00+00:00'
            ELSE said
        END
    ),
    PRIMARY KEY (bank, old, new)
) WITHOUT ROWID;

INSERT INTO edge_of_facts (bank, old, new, reason, said, ruled)
SELECT
    bank.id, packed_id(older), packed_id(newer), reason,
    CASE
        WHEN since LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', since) AS INTEGER) / 86400
        ELSE since
    END,
    ruled
FROM edge JOIN bank USING (bank_id);

DROP TABLE edge;
ALTER TABLE edge_of_facts RENAME TO edge;
CREATE INDEX edge_by_newer ON edge (bank, new);

-- With a row id: without one, SQLite moves most of a row of more than a kilobyte to a page of its
-- own, most of which stays empty.
CREATE TABLE page_by_number (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL,
    page_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    aliases TEXT NOT NULL,          -- JSON array
    facts INTEGER NOT NULL,
    text BLOB NOT NULL,             -- Markdown, compressed
    owner TEXT NOT NULL,            -- the id of the entity or the topic
    UNIQUE (bank_id, page_id)
);

INSERT INTO page_by_number (bank_id, page_id, kind, title, aliases, facts, text, owner)
SELECT bank_id, page_id, kind, title, aliases, facts, text, owner FROM page;

DROP TABLE page;
ALTER TABLE page_by_number RENAME TO page;
CREATE UNIQUE INDEX page_of_owner ON page (bank_id, kind, owner);

-- Topics keep their ids from one clustering to the next.
CREATE TABLE topic_by_number (
    id INTEGER PRIMARY KEY,
    bank_id TEXT NOT NULL,
    topic_id TEXT NOT NULL,
    title TEXT NOT NULL,
    terms TEXT NOT NULL,            -- JSON array, the most telling first
    sections INTEGER NOT NULL,
    sources INTEGER NOT NULL,
    UNIQUE (bank_id, topic_id)
);

INSERT INTO topic_by_number (bank_id, topic_id, title, terms, sections, sources)
SELECT bank_id, topic_id, title, terms, sections, sources FROM topic;

-- Without a reference to the section: which topics have lost it is asked when it is gone.
CREATE TABLE section_of_topic (
    topic INTEGER NOT NULL REFERENCES topic_by_number (id) ON DELETE CASCADE,
    section INTEGER NOT NULL,
    PRIMARY KEY (topic, section)
) WITHOUT ROWID;

INSERT INTO section_of_topic
SELECT topic_by_number.id, section.id
FROM topic_section
JOIN topic_by_number USING (bank_id, topic_id)
JOIN section USING (bank_id, source_id, section_id);

DROP TABLE topic_section;
DROP TABLE topic;
ALTER TABLE topic_by_number RENAME TO topic;
ALTER TABLE section_of_topic RENAME TO topic_section;
CREATE INDEX topic_of_section ON topic_section (section);

-- The rows with their strings. What is inserted here has its string made a term.

CREATE VIEW mentioned AS
SELECT
    mention.section, mention.char_start, mention.char_end, term.bank, term.text AS name,
    coalesce((SELECT text FROM label WHERE id = mention.kind), mention.kind) AS kind
FROM mention JOIN term ON term.id = mention.name;

CREATE TRIGGER put_mentioned INSTEAD OF INSERT ON mentioned BEGIN
    INSERT OR IGNORE INTO term (bank, text) VALUES (new.bank, new.name);
    INSERT OR IGNORE INTO mention (section, char_start, char_end, name, kind)
    SELECT
        new.section, new.char_start, new.char_end, id,
        coalesce((SELECT id FROM label WHERE label.text = new.kind), new.kind)
    FROM term WHERE bank = new.bank AND text = new.name;
END;

CREATE VIEW fact_named AS
SELECT term.bank, term.text AS name, fact_name.slotted, fact_name.age, fact_name.fact
FROM fact_name JOIN term ON term.id = fact_name.name;

CREATE TRIGGER put_fact_named INSTEAD OF INSERT ON fact_named BEGIN
    INSERT OR IGNORE INTO term (bank, text) VALUES (new.bank, new.name);
    INSERT OR IGNORE INTO fact_name (name, slotted, age, fact)
    SELECT id, new.slotted, new.age, new.fact FROM term WHERE bank = new.bank AND text = new.name;
END;

CREATE VIEW fact_looked_up AS
SELECT term.bank, term.text AS name, fact_lookup.fact
FROM fact_lookup JOIN term ON term.id = fact_lookup.name;

CREATE TRIGGER put_fact_looked_up INSTEAD OF INSERT ON fact_looked_up BEGIN
    INSERT OR IGNORE INTO term (bank, text) VALUES (new.bank, new.name);
    INSERT OR IGNORE INTO fact_lookup (name, fact)
    SELECT id, new.fact FROM term WHERE bank = new.bank AND text = new.name;
END;

CREATE VIEW fact_read AS
SELECT
    fact_reading.bank, fact_reading.fact, fact_reading.fact_id, term.text AS subject,
    fact_reading.undoes, fact_reading.lookups
FROM fact_reading LEFT JOIN term ON term.id = fact_reading.subject;

CREATE TRIGGER put_fact_read INSTEAD OF INSERT ON fact_read BEGIN
    INSERT OR IGNORE INTO term (bank, text)
    SELECT new.bank, new.subject WHERE new.subject IS NOT NULL;
    INSERT INTO fact_reading (bank, fact, subject, undoes, lookups)
    VALUES (
        new.bank, new.fact, (SELECT id FROM term WHERE bank = new.bank AND text = new.subject),
        new.undoes, new.lookups
    );
END;

CREATE VIEW claimed AS
SELECT
    claim.bank, claim.fact, claim.fact_id, claim.n, claim.source_id, claim.section,
    claim.char_start, claim.char_end, term.text AS series, claim.said, claim.reach, claim.since,
    claim.changed, claim.corrects, claim.value, claim.detail, claim.assistant, claim.until_said,
    claim.until_source, section.char_start AS base
FROM claim
JOIN term ON term.id = claim.series
JOIN section ON section.id = claim.section;

CREATE TRIGGER put_claimed INSTEAD OF INSERT ON claimed BEGIN
    INSERT OR IGNORE INTO term (bank, text) VALUES (new.bank, new.series);
    INSERT INTO claim (
        bank, fact, n, source_id, section, char_start, char_end, series, said, reach, since,
        changed, corrects, value, detail, assistant, until_said, until_source
    )
    SELECT
        new.bank, new.fact, new.n, new.source_id, new.section, new.char_start, new.char_end, id,
        new.said, new.reach, new.since, new.changed, new.corrects, new.value, new.detail,
        new.assistant, new.until_said, new.until_source
    FROM term WHERE bank = new.bank AND text = new.series;
END;

-- Every use of a term. A term goes with its last use, which is looked for by an index of each table.

CREATE VIEW term_use AS
SELECT name AS term FROM mention
UNION ALL SELECT name FROM fact_name
UNION ALL SELECT name FROM fact_lookup
UNION ALL SELECT series FROM claim
UNION ALL SELECT subject FROM fact_reading WHERE subject IS NOT NULL;

CREATE TRIGGER term_of_mention AFTER DELETE ON mention BEGIN
    DELETE FROM term
    WHERE id = old.name AND NOT EXISTS (SELECT 1 FROM term_use WHERE term = old.name);
END;

CREATE TRIGGER term_of_fact_name AFTER DELETE ON fact_name BEGIN
    DELETE FROM term
    WHERE id = old.name AND NOT EXISTS (SELECT 1 FROM term_use WHERE term = old.name);
END;

CREATE TRIGGER term_of_fact_lookup AFTER DELETE ON fact_lookup BEGIN
    DELETE FROM term
    WHERE id = old.name AND NOT EXISTS (SELECT 1 FROM term_use WHERE term = old.name);
END;

CREATE TRIGGER term_of_claim AFTER DELETE ON claim BEGIN
    DELETE FROM term
    WHERE id = old.series AND NOT EXISTS (SELECT 1 FROM term_use WHERE term = old.series);
END;

CREATE TRIGGER term_of_fact_reading AFTER DELETE ON fact_reading BEGIN
    DELETE FROM term
    WHERE id = old.subject AND NOT EXISTS (SELECT 1 FROM term_use WHERE term = old.subject);
END;
