-- Statements over facts, names and outcomes. Every one looks at one bank.

-- name: put_statement
INSERT INTO statement VALUES (
    :bank_id, :source_id, :section_id, :n, :fact_id, :merged, :type, :text, :quote, :char_start,
    :char_end, :entities, :subject, :slot, :value, :mentioned_at, :occurred_start, :occurred_end,
    :confidence, :named
)

-- name: drop_statements
DELETE FROM statement
WHERE bank_id = :bank_id AND source_id = :source_id AND fact_id = :fact_id

-- name: put_mention
INSERT OR IGNORE INTO mention VALUES (
    :bank_id, :source_id, :section_id, :char_start, :char_end, :name, :kind
)

-- name: put_outcome
INSERT INTO outcome VALUES (
    :bank_id, :source_id, :section_id, :extractor, :said_at, :kind, :facts, :detail
)

-- name: stored_statements
SELECT * FROM statement WHERE bank_id = :bank_id AND source_id = :source_id

-- name: stored_mentions
SELECT * FROM mention WHERE bank_id = :bank_id AND source_id = :source_id

-- name: stored_outcomes
SELECT * FROM outcome WHERE bank_id = :bank_id AND source_id = :source_id

-- name: drop_statement
DELETE FROM statement
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id AND n = :n

-- name: drop_mention
DELETE FROM mention
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id
AND char_start = :char_start AND char_end = :char_end

-- name: drop_outcome
DELETE FROM outcome
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id

-- name: clear_statements
DELETE FROM statement WHERE bank_id = :bank_id AND source_id = :source_id

-- name: clear_mentions
DELETE FROM mention WHERE bank_id = :bank_id AND source_id = :source_id

-- name: clear_outcomes
DELETE FROM outcome WHERE bank_id = :bank_id AND source_id = :source_id

-- name: facts
-- The facts of a bank in the order of their sources, or of one source.
SELECT statement.*, section.char_start AS base
FROM statement JOIN section USING (bank_id, source_id, section_id)
WHERE bank_id = :bank_id AND merged IS NULL AND source_id BETWEEN coalesce(:source_id, '') AND coalesce(:source_id, char(1114111))
ORDER BY source_id, section.ordinal, n

-- name: statements
-- All that was extracted from a source, the merged statements too.
SELECT statement.*
FROM statement JOIN section USING (bank_id, source_id, section_id)
WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY section.ordinal, n

-- name: mentions
SELECT mention.*
FROM mention JOIN section USING (bank_id, source_id, section_id)
WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY section.ordinal, mention.char_start, mention.char_end

-- name: mentions_by_name
-- How often a source writes each name as what. In the order of names, all of the bank's were read.
SELECT name, kind, count(*) FROM mention
WHERE bank_id = :bank_id AND source_id = :source_id GROUP BY +name, +kind

-- name: writers
-- The sources that write names, which come as a JSON array.
SELECT DISTINCT name, source_id FROM mention
WHERE bank_id = :bank_id AND name IN (SELECT value FROM json_each(:names))
ORDER BY name, source_id

-- name: outcomes
SELECT outcome.* FROM outcome JOIN section USING (bank_id, source_id, section_id)
WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY section.ordinal

-- name: corrections
SELECT kind, name, other FROM correction WHERE bank_id = :bank_id ORDER BY name, other

-- name: put_correction
INSERT OR REPLACE INTO correction VALUES (:bank_id, :name, :other, :kind)

-- name: judgements
SELECT name, other, verdict FROM judgement WHERE bank_id = :bank_id ORDER BY name, other

-- name: put_judgement
INSERT OR IGNORE INTO judgement VALUES (:bank_id, :name, :other, :verdict)

-- name: verdicts
SELECT older, newer, verdict FROM verdict WHERE bank_id = :bank_id ORDER BY older, newer

-- name: put_verdict
INSERT OR IGNORE INTO verdict VALUES (:bank_id, :older, :newer, :verdict)

-- name: drop_verdicts_on
DELETE FROM verdict WHERE bank_id = :bank_id AND older = :fact_id

-- name: drop_verdicts_for
DELETE FROM verdict WHERE bank_id = :bank_id AND newer = :fact_id

-- name: indexed_facts
-- What the index is made of, for the facts of a source.
SELECT
    section.id << 20 | statement.n AS id, statement.text, entities, subject, occurred_start,
    occurred_end, path
FROM statement JOIN section USING (bank_id, source_id, section_id)
WHERE bank_id = :bank_id AND source_id = :source_id AND merged IS NULL

-- name: indexed_facts_in
-- The same for the facts of some sections of a source.
SELECT
    section.id << 20 | statement.n AS id, statement.text, entities, subject, occurred_start,
    occurred_end, section.path
FROM json_each(:sections) AS wanted
CROSS JOIN section
    ON section.bank_id = :bank_id AND section.source_id = :source_id
    AND section.section_id = wanted.value
CROSS JOIN statement
    ON statement.bank_id = :bank_id AND statement.source_id = :source_id
    AND statement.section_id = wanted.value AND merged IS NULL

-- name: kinds_of_names
-- Those of some names, which come as a JSON array, that a source writes.
SELECT name, kind
FROM json_each(:names) AS wanted
CROSS JOIN mention INDEXED BY mention_by_name
    ON bank_id = :bank_id AND name = wanted.value AND source_id = :source_id
GROUP BY name

-- name: facts_at
-- The facts of rows of the index, each with its section's row. The order of the joins, and the plus
-- that keeps an index from being used, spare a walk through the bank.
SELECT
    wanted.value AS id, statement.*, section.id AS section_row, section.char_start AS base,
    (
        SELECT max(edge.newer) FROM edge
        WHERE edge.bank_id = statement.bank_id AND edge.older = statement.fact_id
    ) AS superseded_by
FROM json_each(:ids) AS wanted
CROSS JOIN section ON section.id = wanted.value >> 20 AND +section.bank_id = :bank_id
CROSS JOIN statement ON
    statement.bank_id = :bank_id
    AND statement.source_id = section.source_id
    AND statement.section_id = section.section_id
    AND n = wanted.value & 1048575
