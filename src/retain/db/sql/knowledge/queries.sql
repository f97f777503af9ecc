-- Statements over facts, names and outcomes. Every one looks at one bank.

-- name: put_statement
INSERT INTO statement VALUES (
    :bank_id, :source_id, :section_id, :n, :fact_id, :merged, :type, :text, :quote, :char_start,
    :char_end, :entities, :subject, :slot, :value, :mentioned_at, :occurred_start, :occurred_end,
    :confidence
)

-- name: put_mention
INSERT OR IGNORE INTO mention VALUES (
    :bank_id, :source_id, :section_id, :char_start, :char_end, :name, :kind
)

-- name: put_outcome
INSERT INTO outcome VALUES (
    :bank_id, :source_id, :section_id, :extractor, :said_at, :kind, :facts, :detail
)

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
WHERE bank_id = :bank_id AND merged IS NULL AND (:source_id IS NULL OR source_id = :source_id)
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

-- name: names
-- Every way in which the bank's sources write a name, with how often.
SELECT name, kind, COUNT(*) AS times FROM mention
WHERE bank_id = :bank_id GROUP BY name, kind ORDER BY name, kind

-- name: outcomes
SELECT outcome.* FROM outcome JOIN section USING (bank_id, source_id, section_id)
WHERE bank_id = :bank_id AND source_id = :source_id ORDER BY section.ordinal

-- name: corrections
SELECT kind, name, other FROM correction WHERE bank_id = :bank_id ORDER BY name, other

-- name: put_correction
INSERT OR REPLACE INTO correction VALUES (:bank_id, :kind, :name, :other)
