-- Statements over facts, names and outcomes. Every one looks at one bank.

-- name: put_statement
-- What can be read from the section is not kept; see the table.
INSERT INTO statement (
    section, n, bank, fact, merged, type, text, otherwise, char_start, char_end, entities, named,
    subject, slot, value, mentioned, started, ended, sure
)
SELECT
    id, :n, (SELECT id FROM bank WHERE bank_id = :bank_id), packed_id(:fact_id), :merged,
    coalesce((SELECT id FROM label WHERE label.text = :type), :type),
    nullif(:text, rtrim(:quote, '.')),
    nullif(:quote, substr(text, :char_start + 1, :char_end - :char_start)), :char_start, :char_end,
    :entities, :named, :subject, :slot, :value,
    CASE
        WHEN :mentioned_at LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', :mentioned_at) AS INTEGER) / 86400
        ELSE :mentioned_at
    END,
    CASE
        WHEN :occurred_start LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', :occurred_start) AS INTEGER) / 86400
        ELSE :occurred_start
    END,
    CASE
        WHEN :occurred_end LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', :occurred_end) AS INTEGER) / 86400
        ELSE :occurred_end
    END,
    CASE
        WHEN round(:confidence * 1000) / 1000 = :confidence
            THEN CAST(round(:confidence * 1000) AS INTEGER)
        ELSE :confidence
    END
FROM section
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id

-- name: drop_statements
DELETE FROM statement
WHERE section IN (SELECT id FROM section WHERE bank_id = :bank_id AND source_id = :source_id)
AND bank = (SELECT id FROM bank WHERE bank_id = :bank_id) AND fact = packed_id(:fact_id)

-- name: put_mention
INSERT INTO mentioned (section, char_start, char_end, bank, name, kind)
SELECT id, :char_start, :char_end, (SELECT id FROM bank WHERE bank_id = :bank_id), :name, :kind
FROM section
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id

-- name: put_outcome
INSERT INTO outcome (section, extractor, said, kind, facts, detail)
SELECT
    id, :extractor,
    CASE
        WHEN :said_at LIKE '____-__-__T00:00:00+00:00'
            THEN CAST(strftime('%s', :said_at) AS INTEGER) / 86400
        ELSE :said_at
    END,
    :kind, :facts, :detail
FROM section
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id

-- name: stored_statements
SELECT
    source_id, section_id, n, fact_id, merged, type, text, quote, char_start, char_end, entities,
    subject, slot, value, mentioned_at, occurred_start, occurred_end, confidence, named
FROM stated WHERE bank_id = :bank_id AND source_id = :source_id

-- name: stored_mentions
SELECT source_id, section_id, mentioned.char_start, mentioned.char_end, name, mentioned.kind
FROM section JOIN mentioned ON mentioned.section = section.id
WHERE bank_id = :bank_id AND source_id = :source_id

-- name: stored_outcomes
SELECT source_id, section_id, extractor, outcome.said_at, outcome.kind, facts, detail
FROM outcome JOIN section ON section.id = outcome.section
WHERE bank_id = :bank_id AND source_id = :source_id

-- name: drop_statement
DELETE FROM statement
WHERE section = (
    SELECT id FROM section
    WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id
)
AND n = :n

-- name: drop_mention
DELETE FROM mention
WHERE section = (
    SELECT id FROM section
    WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id
)
AND char_start = :char_start AND char_end = :char_end

-- name: drop_outcome
DELETE FROM outcome
WHERE section = (
    SELECT id FROM section
    WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = :section_id
)

-- name: clear_statements
DELETE FROM statement
WHERE section IN (SELECT id FROM section WHERE bank_id = :bank_id AND source_id = :source_id)

-- name: clear_mentions
DELETE FROM mention
WHERE section IN (SELECT id FROM section WHERE bank_id = :bank_id AND source_id = :source_id)

-- name: clear_outcomes
DELETE FROM outcome
WHERE section IN (SELECT id FROM section WHERE bank_id = :bank_id AND source_id = :source_id)

-- name: facts
-- The facts of a bank in the order of their sources, or of one source.
SELECT * FROM stated
WHERE bank_id = :bank_id AND merged IS NULL AND source_id BETWEEN coalesce(:source_id, '') AND coalesce(:source_id, char(1114111))
ORDER BY source_id, ordinal, n

-- name: statements
-- All that was extracted from a source, the merged statements too.
SELECT * FROM stated
WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY ordinal, n

-- name: mentions
SELECT section_id, mentioned.char_start, mentioned.char_end, name, mentioned.kind
FROM section JOIN mentioned ON mentioned.section = section.id
WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY section.ordinal, mentioned.char_start, mentioned.char_end

-- name: mentions_by_name
-- How often a source writes each name as what. In the order of names, all of the bank's were read.
SELECT name, mentioned.kind, count(*)
FROM section JOIN mentioned ON mentioned.section = section.id
WHERE bank_id = :bank_id AND source_id = :source_id GROUP BY +name, +mentioned.kind

-- name: writers
-- The sources that write names, which come as a JSON array.
SELECT DISTINCT term.text AS name, source_id
FROM json_each(:names) AS wanted
CROSS JOIN term ON term.bank = (SELECT id FROM bank WHERE bank_id = :bank_id)
AND term.text = wanted.value
CROSS JOIN mention INDEXED BY mention_by_name ON mention.name = term.id
CROSS JOIN section ON section.id = mention.section
ORDER BY term.text, source_id

-- name: outcomes
SELECT section_id, extractor, outcome.said_at, outcome.kind, facts, detail
FROM outcome JOIN section ON section.id = outcome.section
WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY section.ordinal

-- name: outcome_details
SELECT source_id, detail, COUNT(*)
FROM section JOIN outcome ON outcome.section = section.id
WHERE bank_id = :bank_id AND source_id IN (SELECT value FROM json_each(:sources))
  AND detail IS NOT NULL
GROUP BY source_id, detail ORDER BY source_id, MIN(section.ordinal)

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
    section.id << 20 | n AS id, stated.text, entities, subject, occurred_start, occurred_end, path
FROM stated CROSS JOIN section ON section.id = stated.section
WHERE stated.bank_id = :bank_id AND stated.source_id = :source_id AND merged IS NULL

-- name: indexed_facts_in
-- The same for the facts of some sections of a source.
SELECT
    section.id << 20 | n AS id, stated.text, entities, subject, occurred_start, occurred_end,
    section.path
FROM json_each(:sections) AS wanted
CROSS JOIN section
    ON section.bank_id = :bank_id AND section.source_id = :source_id
    AND section.section_id = wanted.value
CROSS JOIN stated ON stated.section = section.id AND merged IS NULL

-- name: kinds_of_names
-- Those of some names, which come as a JSON array, that the last sections of a source write.
SELECT DISTINCT name, mentioned.kind
FROM section CROSS JOIN mentioned ON mentioned.section = section.id
WHERE bank_id = :bank_id AND source_id = :source_id AND ordinal > (
    SELECT max(ordinal) - :sections FROM section
    WHERE bank_id = :bank_id AND source_id = :source_id
)
AND name IN (SELECT value FROM json_each(:names))

-- name: facts_at
-- The facts of rows of the index, each with its section's row. The order of the joins, and the plus
-- that keeps an index from being used, spare a walk through the bank.
SELECT
    wanted.value AS id, stated.*, stated.section AS section_row,
    (
        SELECT max(edge.newer) FROM edge
        WHERE edge.bank = stated.bank AND edge.old = stated.fact
    ) AS superseded_by
FROM json_each(:ids) AS wanted
CROSS JOIN stated ON
    stated.section = wanted.value >> 20
    AND n = wanted.value & 1048575
    AND +stated.bank_id = :bank_id
