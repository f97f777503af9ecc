-- Statements over facts, names and outcomes. Every one looks at one bank.

-- name: put_statement
-- What can be read from the section is not kept; see the table.
INSERT INTO statement (
    bank_id, section, n, fact_id, merged, type, text, otherwise, char_start, char_end, entities,
    named, subject, slot, value, mentioned_at, occurred_start, occurred_end, confidence
)
SELECT
    section.bank_id, section.id, given.n, given.fact_id, given.merged, given.type,
    nullif(given.text, rtrim(given.quote, '.')),
    nullif(
        given.quote,
        substr(section.text, given.char_start + 1, given.char_end - given.char_start)
    ),
    given.char_start, given.char_end, given.entities, given.named, given.subject, given.slot,
    given.value, given.mentioned_at, given.occurred_start, given.occurred_end, given.confidence
FROM :rows (
    source_id text, section_id text, n int, fact_id text, merged text, type text, text text,
    quote text, char_start int, char_end int, entities text, named text, subject text, slot text,
    value text, mentioned_at text, occurred_start text, occurred_end text, confidence float8
)
JOIN section
    ON section.bank_id = :bank_id AND section.source_id = given.source_id
    AND section.section_id = given.section_id

-- name: drop_statements
DELETE FROM statement
WHERE section IN (SELECT id FROM section WHERE bank_id = :bank_id AND source_id = :source_id)
AND bank_id = :bank_id AND fact_id = :fact_id

-- name: put_mention
INSERT INTO mention (bank_id, section, char_start, char_end, name, kind)
SELECT section.bank_id, section.id, given.char_start, given.char_end, given.name, given.kind
FROM :rows (source_id text, section_id text, char_start bigint, char_end bigint, name text, kind text)
JOIN section
    ON section.bank_id = :bank_id AND section.source_id = given.source_id
    AND section.section_id = given.section_id
ON CONFLICT DO NOTHING

-- name: put_outcome
INSERT INTO outcome (bank_id, section, extractor, said_at, kind, facts, detail)
SELECT
    section.bank_id, section.id, given.extractor, given.said_at, given.kind, given.facts,
    given.detail
FROM :rows (
    source_id text, section_id text, extractor text, said_at text, kind text, facts bigint,
    detail text
)
JOIN section
    ON section.bank_id = :bank_id AND section.source_id = given.source_id
    AND section.section_id = given.section_id

-- name: stored_statements
SELECT
    source_id, section_id, n, fact_id, merged, type, text, quote, char_start, char_end, entities,
    subject, slot, value, mentioned_at, occurred_start, occurred_end, confidence, named
FROM stated WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY section, n

-- name: stored_mentions
SELECT source_id, section_id, mention.char_start, mention.char_end, name, mention.kind
FROM section JOIN mention ON mention.section = section.id
WHERE section.bank_id = :bank_id AND source_id = :source_id
ORDER BY section.id, mention.char_start, mention.char_end

-- name: stored_outcomes
SELECT source_id, section_id, extractor, outcome.said_at, outcome.kind, facts, detail
FROM outcome JOIN section ON section.id = outcome.section
WHERE section.bank_id = :bank_id AND source_id = :source_id
ORDER BY section.id

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
WHERE bank_id = :bank_id AND merged IS NULL
AND source_id BETWEEN coalesce(:source_id::text, '') AND coalesce(:source_id::text, chr(1114111))
ORDER BY source_id, ordinal, n

-- name: statements
-- All that was extracted from a source, the merged statements too.
SELECT * FROM stated
WHERE bank_id = :bank_id AND source_id = :source_id
ORDER BY ordinal, n

-- name: mentions
SELECT section_id, mention.char_start, mention.char_end, name, mention.kind
FROM section JOIN mention ON mention.section = section.id
WHERE section.bank_id = :bank_id AND source_id = :source_id
ORDER BY section.ordinal, mention.char_start, mention.char_end

-- name: mentions_by_name
-- How often a source writes each name as what.
SELECT name, mention.kind, count(*)
FROM section JOIN mention ON mention.section = section.id
WHERE section.bank_id = :bank_id AND source_id = :source_id
GROUP BY name, mention.kind ORDER BY name, mention.kind

-- name: writers
-- The sources that write some names.
SELECT DISTINCT name, source_id
FROM mention JOIN section ON section.id = mention.section
WHERE mention.bank_id = :bank_id AND name = ANY(:names::text[])
ORDER BY name, source_id

-- name: outcomes
SELECT section_id, extractor, outcome.said_at, outcome.kind, facts, detail
FROM outcome JOIN section ON section.id = outcome.section
WHERE section.bank_id = :bank_id AND source_id = :source_id ORDER BY section.ordinal

-- name: outcome_details
SELECT source_id, detail, count(*)
FROM section JOIN outcome ON outcome.section = section.id
WHERE section.bank_id = :bank_id AND source_id = ANY(:sources::text[]) AND detail IS NOT NULL
GROUP BY source_id, detail ORDER BY source_id, min(section.ordinal)

-- name: corrections
SELECT kind, name, other FROM correction WHERE bank_id = :bank_id ORDER BY name, other

-- name: put_correction
INSERT INTO correction (bank_id, name, other, kind)
VALUES (:bank_id, :name, :other, :kind)
ON CONFLICT (bank_id, name, other) DO UPDATE SET kind = excluded.kind

-- name: judgements
SELECT name, other, verdict FROM judgement WHERE bank_id = :bank_id ORDER BY name, other

-- name: put_judgement
INSERT INTO judgement VALUES (:bank_id, :name, :other, :verdict)
ON CONFLICT DO NOTHING

-- name: verdicts
SELECT older, newer, verdict FROM verdict WHERE bank_id = :bank_id ORDER BY older, newer

-- name: put_verdict
INSERT INTO verdict VALUES (:bank_id, :older, :newer, :verdict)
ON CONFLICT DO NOTHING

-- name: drop_verdicts_on
DELETE FROM verdict WHERE bank_id = :bank_id AND older = :fact_id

-- name: drop_verdicts_for
DELETE FROM verdict WHERE bank_id = :bank_id AND newer = :fact_id

-- name: indexed_facts
-- What the index is made of, for the facts of a source.
SELECT
    section << 20 | n AS id, text, entities, subject, occurred_start, occurred_end, path
FROM stated
WHERE bank_id = :bank_id AND source_id = :source_id AND merged IS NULL
ORDER BY section, n

-- name: indexed_facts_in
-- The same for the facts of some sections of a source.
SELECT
    section << 20 | n AS id, text, entities, subject, occurred_start, occurred_end, path
FROM stated
WHERE bank_id = :bank_id AND source_id = :source_id AND section_id = ANY(:sections::text[])
AND merged IS NULL
ORDER BY section, n

-- name: kinds_of_names
-- Those of some names that the last sections of a source write.
SELECT DISTINCT name, mention.kind
FROM section JOIN mention ON mention.section = section.id
WHERE section.bank_id = :bank_id AND source_id = :source_id AND ordinal > (
    SELECT max(ordinal) - :sections FROM section
    WHERE bank_id = :bank_id AND source_id = :source_id
)
AND name = ANY(:names::text[])
ORDER BY name, mention.kind

-- name: facts_at
-- The facts of rows of the index, each with its section's row. No index serves IS NOT DISTINCT FROM,
-- so none of the bank is walked through.
SELECT
    wanted.value AS id, stated.*, stated.section AS section_row,
    (
        SELECT max(edge.newer) FROM edge
        WHERE edge.bank_id = stated.bank_id AND edge.older = stated.fact_id
    ) AS superseded_by
FROM unnest(:ids::bigint[]) WITH ORDINALITY AS wanted (value, place)
JOIN stated ON
    stated.section = wanted.value >> 20
    AND n = wanted.value & 1048575
    AND stated.bank_id IS NOT DISTINCT FROM :bank_id
ORDER BY wanted.place
